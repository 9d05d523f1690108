import { TPM_CC } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command, nothing } from './command.ts';

/** At most `count` random bytes; the TPM may give fewer. [TPM2 Part 3, 16.1] */
export const getRandom = (count: number): TpmCommand<Uint8Array> =>
  command({
    name: 'GetRandom',
    code: TPM_CC.GetRandom,
    parameters: (to) => to.u16(count),
    decode: (from) => from.sized(),
  });

/** StirRandom: adds at most 128 bytes to the TPM's random state. [TPM2 Part 3, 16.2] */
export const stirRandom = (bytes: Uint8Array): TpmCommand<void> =>
  command({
    name: 'StirRandom',
    code: TPM_CC.StirRandom,
    parameters: (to) => to.sized(bytes),
    decode: nothing,
  });
