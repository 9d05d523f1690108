import { UsageError } from '../units/index.ts';

/** @throws UsageError */
export function positiveCount(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new UsageError(`A number from 1 to 9999999999 is wanted, and "${text}" is none.`);
  return Number(text);
}
