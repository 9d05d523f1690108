import type { CommandReader } from './reader.ts';
import type { TpmState } from './state.ts';
import type { ResponseWriter } from './writer.ts';

/** What a command's code sees of the command. */
export interface Call {
  readonly state: TpmState;
  readonly handles: readonly number[];
  readonly parameters: CommandReader;
  /** Parameters of the response. */
  readonly response: ResponseWriter;
  /** Set by a command that answers with a handle. */
  newHandle?: number;
}

/** One command of the library: GetCapability lists it and the dispatcher runs it from the same row. */
export interface Command {
  readonly name: string;
  readonly code: number;
  /** What each handle may be: refuses by throwing, with its number counted from 1. */
  readonly handles: readonly ((state: TpmState, handle: number, number: number) => void)[];
  /** How many of the handles, from the first, need an authorization. */
  readonly authorized: number;
  readonly answersHandle?: boolean;
  readonly refusesSessions?: boolean;
  /** May change non-volatile memory. */
  readonly touchesNv?: boolean;
  /** Flushes the last of its handles. */
  readonly flushes?: boolean;
  /** It changes what Shutdown(STATE) saved. */
  readonly spoilsSavedState?: boolean;
  /** Reads all parameters, then acts: what is refused has changed nothing. */
  run(call: Call): void;
}

/** TPMA_CC. [TPM2 Part 2, 8.9] */
export const attributesOf = ({ code, handles, answersHandle, touchesNv, flushes }: Command): number =>
  (code |
    (touchesNv === true ? 1 << 22 : 0) |
    (flushes === true ? 1 << 24 : 0) |
    (handles.length << 25) |
    (answersHandle === true ? 1 << 28 : 0)) >>>
  0;
