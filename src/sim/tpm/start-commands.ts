import type { Command } from './command.ts';
import { parameter, RC, Refusal, codeOfParameter } from './codes.ts';
import type { CommandReader } from './reader.ts';

const CLEAR = 0;
const STATE = 1;

function readType(reader: CommandReader): number {
  reader.blame(codeOfParameter(RC.insufficient, 1));
  const type = reader.u16();
  if (type !== CLEAR && type !== STATE) throw parameter(RC.value, 1);
  reader.finish();
  return type;
}

/** [TPM2 Part 3, 9] [TPM2 Part 3, 10] [CHIP 6] */
export const START_COMMANDS: readonly Command[] = [
  {
    name: 'SelfTest',
    code: 0x143,
    handles: [],
    authorized: 0,
    touchesNv: true,
    run: ({ parameters }) => {
      parameters.blame(codeOfParameter(RC.insufficient, 1));
      if (parameters.u8() > 1) throw parameter(RC.value, 1);
      parameters.finish();
    },
  },
  {
    name: 'Startup',
    code: 0x144,
    handles: [],
    authorized: 0,
    refusesSessions: true,
    touchesNv: true,
    run: ({ state, parameters }) => {
      const type = readType(parameters);
      if (state.isStarted) throw new Refusal(RC.initialize);
      if (type === STATE && !state.isSaved) throw parameter(RC.value, 1);
      if (type === STATE) {
        state.pcrs.restore();
        state.restartCount++;
      } else {
        state.pcrs.clear();
        state.pcrs.forgetSaved();
        // Startup(CLEAR) after Shutdown(STATE) is a restart: only a reset starts the count of restarts anew.
        if (state.isSaved) state.restartCount++;
        else {
          state.resetCount++;
          state.restartCount = 0;
        }
      }
      state.isSaved = false;
      state.isStarted = true;
    },
  },
  {
    name: 'Shutdown',
    code: 0x145,
    handles: [],
    authorized: 0,
    touchesNv: true,
    run: ({ state, parameters }) => {
      const type = readType(parameters);
      state.isOrderly = true;
      state.isSaved = type === STATE;
      if (type === STATE) state.pcrs.save();
      else state.pcrs.forgetSaved();
    },
  },
  {
    name: 'GetTestResult',
    code: 0x17c,
    handles: [],
    authorized: 0,
    run: ({ parameters, response }) => {
      parameters.finish();
      response.sized(new Uint8Array()).u32(RC.success);
    },
  },
];
