import { DriverError } from '../units/index.ts';

/** Names an error by its class, the classes of its causes, and its errno where it has one. */
export function errorId(error: unknown): string {
  if (!(error instanceof Error)) return 'thrown';
  const names = [error.name];
  for (let cause = error.cause; cause instanceof Error && names.length < 8; cause = cause.cause)
    names.push(cause.name);
  const number = error instanceof DriverError ? ` ${error.errno}` : '';
  return `${names.join(' < ')}${number}`;
}
