import type { Command } from './command.ts';
import { MAX_DIGEST } from './hashes.ts';
import { MAX_SYM_DATA } from './types.ts';

/** [TPM2 Part 3, 16] [CHIP 5.5] */
export const RANDOM_COMMANDS: readonly Command[] = [
  {
    name: 'StirRandom',
    code: 0x146,
    handles: [],
    roles: [],
    takesEncrypted: true,
    touchesNv: true,
    run: ({ parameters }) => {
      parameters.sized(MAX_SYM_DATA);
      parameters.finish();
    },
  },
  {
    name: 'GetRandom',
    code: 0x17b,
    handles: [],
    roles: [],
    answersEncrypted: true,
    run: ({ state, parameters, response }) => {
      const wanted = parameters.u16();
      parameters.finish();
      response.sized(state.random.bytes(Math.min(wanted, MAX_DIGEST)));
    },
  },
];
