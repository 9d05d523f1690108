import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isBuilt } from './is-built.ts';

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Why tests that run these programs are skipped; undefined when they are not. With CI=true in the environment they
 * never are: there the packages have to be installed, and without them the tests fail.
 */
export function skippedWithout(packages: string, ...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length === 0 || process.env['CI'] === 'true') return undefined;
  return `Needs from Debian ${packages}: no ${missing.join(', ')} here.`;
}

/** Why tests of a serial port, which is a pseudo-terminal, are skipped; undefined when they are not. */
export function skippedWithoutSerialPort(): string | undefined {
  const reason = skippedWithout('gcc libc6-dev', 'cc');
  if (reason !== undefined || isBuilt('serialport') || process.env['CI'] === 'true') return reason;
  return 'The package serialport is not installed here.';
}
