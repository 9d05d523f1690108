import type { Command } from './command.ts';
import { demand, RC } from './codes.ts';
import type { TpmState } from './state.ts';
import { HANDLE } from './types.ts';
import type { ResponseWriter } from './writer.ts';

/** A clock is never set beyond this. [TPM2 Part 3, 29.2] */
const LAST_CLOCK = 0xffff000000000000n;
const MAX_ADJUST = 3;

/** TPMS_CLOCK_INFO. [TPM2 Part 2, 10.11.1] */
export function writeClock(response: ResponseWriter, state: TpmState): void {
  response
    .u64(state.clock)
    .u32(state.resetCount)
    .u32(state.restartCount)
    .u8(state.clockIsSafe ? 1 : 0);
}

/** TPMS_TIME_INFO. [TPM2 Part 2, 10.11.2] */
export function writeTime(response: ResponseWriter, state: TpmState): void {
  response.u64(state.time);
  writeClock(response, state);
}

/** [TPM2 Part 3, 29] */
export const CLOCK_COMMANDS: readonly Command[] = [
  {
    name: 'ClockSet',
    code: 0x128,
    handles: [HANDLE.provision],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, parameters }) => {
      const time = parameters.u64();
      parameters.finish();
      demand(time <= LAST_CLOCK && time >= state.clock, RC.value);
      state.clock = time;
    },
  },
  {
    name: 'ClockRateAdjust',
    code: 0x130,
    handles: [HANDLE.provision],
    roles: ['user'],
    run: ({ parameters }) => {
      const rate = (parameters.u8() << 24) >> 24;
      demand(Math.abs(rate) <= MAX_ADJUST, RC.value);
      parameters.finish();
    },
  },
  {
    name: 'ReadClock',
    code: 0x181,
    handles: [],
    roles: [],
    refusesSessions: true,
    run: ({ state, response }) => {
      writeTime(response, state);
    },
  },
];
