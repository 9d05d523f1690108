import type { Command } from './command.ts';
import { RC, codeOfParameter } from './codes.ts';
import { readBuffer } from './parameters.ts';

/** The most random bytes of one answer: the largest digest of the library. [TPM2 Part 3, 16.1] */
const MOST = 32;
/** TPM2B_SENSITIVE_DATA. [TPM2 Part 2, 11.1.14] */
const MOST_STIRRED = 128;

/** [TPM2 Part 3, 16] */
export const RANDOM_COMMANDS: readonly Command[] = [
  {
    name: 'StirRandom',
    code: 0x146,
    handles: [],
    authorized: 0,
    touchesNv: true,
    run: ({ parameters }) => {
      readBuffer(parameters, 1, MOST_STIRRED);
      parameters.finish();
    },
  },
  {
    name: 'GetRandom',
    code: 0x17b,
    handles: [],
    authorized: 0,
    run: ({ state, parameters, response }) => {
      parameters.blame(codeOfParameter(RC.insufficient, 1));
      const wanted = parameters.u16();
      parameters.finish();
      response.sized(state.random.bytes(Math.min(wanted, MOST)));
    },
  },
];
