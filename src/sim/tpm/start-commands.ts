import type { Command } from './command.ts';
import { demand, parameterNumber, RC } from './codes.ts';
import type { CommandReader } from './reader.ts';
import type { TpmState } from './state.ts';
import { isImplemented } from './properties.ts';
import { readYesNo } from './types.ts';

const CLEAR = 0;
const STATE = 1;
const MAX_ALGORITHMS = 64;

function readType(reader: CommandReader): number {
  const type = reader.u16();
  demand(type === CLEAR || type === STATE, RC.value);
  reader.finish();
  return type;
}

/** TPM Resume: what Shutdown(STATE) saved comes back. */
function resume(state: TpmState): void {
  state.pcrs.restore();
  state.restartCount++;
}

/** TPM Restart, or TPM Reset where nothing was saved. [TPM2 Part 1, 12.2.3] */
function startClear(state: TpmState): void {
  state.pcrs.clear();
  state.pcrs.forgetSaved();
  state.hierarchies.startClear();
  state.nv.startClear();
  if (state.isSaved) {
    state.restartCount++;
    return;
  }
  state.resetCount++;
  state.restartCount = 0;
  state.sessions.clear(false);
}

/** [TPM2 Part 3, 9] [TPM2 Part 3, 10] [CHIP 6] */
export const START_COMMANDS: readonly Command[] = [
  {
    name: 'IncrementalSelfTest',
    code: 0x142,
    handles: [],
    roles: [],
    touchesNv: true,
    run: ({ parameters, response }) => {
      const count = parameters.u32();
      demand(count <= MAX_ALGORITHMS, RC.size);
      const algorithms = Array.from({ length: count }, () => {
        const alg = parameters.u16();
        demand(alg === 0 || isImplemented(alg), RC.value);
        return alg;
      });
      parameters.finish();
      demand(!algorithms.includes(0), RC.value + parameterNumber(0));
      response.u32(0);
    },
  },
  {
    name: 'SelfTest',
    code: 0x143,
    handles: [],
    roles: [],
    touchesNv: true,
    run: ({ parameters }) => {
      readYesNo(parameters);
      parameters.finish();
    },
  },
  {
    name: 'Startup',
    code: 0x144,
    handles: [],
    roles: [],
    refusesSessions: true,
    touchesNv: true,
    run: ({ state, parameters }) => {
      const type = readType(parameters);
      demand(type === CLEAR || state.isSaved, RC.value);
      if (type === STATE) resume(state);
      else startClear(state);
      state.hierarchies.isPlatformOn = true;
      state.wasOrderly = state.isOrderly;
      state.lockout.start();
      state.startClock(state.isOrderly);
      state.isOrderly = false;
      state.isSaved = false;
      state.isStarted = true;
    },
  },
  {
    name: 'Shutdown',
    code: 0x145,
    handles: [],
    roles: [],
    touchesNv: true,
    run: ({ state, parameters }) => {
      const type = readType(parameters);
      demand(type === CLEAR || !state.pcrs.isBeingAllocated, RC.type);
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
    roles: [],
    answersEncrypted: true,
    run: ({ response }) => {
      response.sized(new Uint8Array()).u32(RC.success);
    },
  },
];
