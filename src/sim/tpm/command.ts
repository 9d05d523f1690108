import type { CommandReader } from './reader.ts';
import type { TpmState } from './state.ts';
import type { HandleKind } from './types.ts';
import type { ResponseWriter } from './writer.ts';

/** What a command's code sees of the command. */
export interface Call {
  readonly state: TpmState;
  readonly command: Command;
  readonly handles: readonly number[];
  readonly parameters: CommandReader;
  /** Parameters of the response. */
  readonly response: ResponseWriter;
  /** Set by a command that answers with a handle. */
  newHandle?: number;
}

/** What an authorization has to prove: use, administration or duplication. [TPM2 Part 1, 19.2] */
export type Role = 'user' | 'admin' | 'dup';

/** One command of the library: GetCapability lists it and the dispatcher runs it from the same row. */
export interface Command {
  readonly name: string;
  readonly code: number;
  /** What each handle may be. */
  readonly handles: readonly HandleKind[];
  /** The role that each of the first handles has to be authorized for. */
  readonly roles: readonly Role[];
  readonly answersHandle?: boolean;
  readonly refusesSessions?: boolean;
  /** Its first parameter may be encrypted. */
  readonly takesEncrypted?: boolean;
  /** The first parameter of its response may be encrypted. */
  readonly answersEncrypted?: boolean;
  /** May change non-volatile memory. */
  readonly touchesNv?: boolean;
  /** May flush many objects. */
  readonly isExtensive?: boolean;
  /** Flushes the last of its handles. */
  readonly flushes?: boolean;
  /** Reads all parameters, then acts: what is refused has changed nothing. */
  run(call: Call): void;
}

const at = (bit: number, holds: boolean | undefined): number => (holds === true ? 1 << bit : 0);

/** TPMA_CC: extended commands go by their low 16 bits. [TPM2 Part 2, 8.9] [TPM2 CommandAttributeData.c] */
export const attributesOf = (command: Command): number =>
  ((command.code & 0xffff) |
    at(22, command.touchesNv) |
    at(23, command.isExtensive) |
    at(24, command.flushes) |
    (command.handles.length << 25) |
    at(28, command.answersHandle)) >>>
  0;
