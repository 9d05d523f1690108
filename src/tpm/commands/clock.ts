import { TPM_CC } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command } from './command.ts';

/** TPMS_TIME_INFO. [TPM2 Part 2, 10.11.6] */
export interface TimeInfo {
  /** Milliseconds since the TPM had power. */
  readonly timeMs: bigint;
  /** Milliseconds of the TPM's own clock, which outlives power. */
  readonly clockMs: bigint;
  readonly resetCount: number;
  readonly restartCount: number;
  readonly isSafe: boolean;
}

/** ReadClock: the time since power and the clock of the TPM, both in milliseconds. [TPM2 Part 3, 29.1] */
export const readClock = (): TpmCommand<TimeInfo> =>
  command({
    name: 'ReadClock',
    code: TPM_CC.ReadClock,
    decode: (from) => ({
      timeMs: from.u64(),
      clockMs: from.u64(),
      resetCount: from.u32(),
      restartCount: from.u32(),
      isSafe: from.u8() === 1,
    }),
  });
