import { inMs } from '../../units/index.ts';
import type { Command } from './command.ts';

/** [TPM2 Part 3, 29.1] [TPM2 Part 2, 10.11] */
export const CLOCK_COMMANDS: readonly Command[] = [
  {
    name: 'ReadClock',
    code: 0x181,
    handles: [],
    authorized: 0,
    run: ({ state, parameters, response }) => {
      parameters.finish();
      const ms = Math.floor(inMs(state.upTime));
      response.u64(ms).u64(ms).u32(state.resetCount).u32(state.restartCount).u8(1);
    },
  },
];
