import type { Instant } from '../../units/index.ts';
import type { Random } from '../random.ts';
import type { LibraryProfile, TpmEngine } from '../tpm-engine.ts';
import { authorize } from './authorization.ts';
import { BY_CODE } from './commands.ts';
import type { Call, Command } from './command.ts';
import { demand, RC, Refusal, ST } from './codes.ts';
import { checkLoaded } from './entities.ts';
import { DEFAULT_PROFILE } from './library.ts';
import { decryptCommand } from './parameter-encryption.ts';
import { CommandReader } from './reader.ts';
import { writeResponse } from './response.ts';
import type { SessionUse } from './session-area.ts';
import { readSessions } from './session-area.ts';
import { TpmState } from './state.ts';
import { ResponseWriter } from './writer.ts';

/** [CHIP 5.1] */
const MAX_COMMAND_SIZE = 2048;
const HEADER_SIZE = 10;
const STARTUP = 0x144;

/** Where the library has its chance and its time from. */
export interface EngineOptions {
  readonly random: Random;
  /** The chip's time, for ReadClock. */
  readonly now: () => Instant;
  /** The library of another release than 0.5.4. */
  readonly profile?: LibraryProfile;
}

/**
 * The TPM 2.0 library of the simulated chip, as Cr50 has it: its command set, its response codes, its sizes. What it
 * does not do as the chip does is a table in docs/simulated-chip.md.
 */
export class BuiltInTpm implements TpmEngine {
  readonly #state: TpmState;

  constructor({ random, now, profile = DEFAULT_PROFILE }: EngineOptions) {
    this.#state = new TpmState(random, now, profile);
  }

  execute(bytes: Uint8Array): Uint8Array {
    try {
      return this.#dispatch(bytes.slice());
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const tag = refusal.code === RC.badTag ? ST.rspCommand : ST.noSessions;
      return new ResponseWriter().u16(tag).u32(HEADER_SIZE).u32(refusal.code).done();
    }
  }

  reset(): void {
    this.#state.reset();
  }

  powerCycle(profile: LibraryProfile): void {
    this.#state.powerCycle(profile);
  }

  /** In the order of the library: header, handles, what they stand for, authorizations, parameters. [TPM2 ExecCommand.c] */
  #dispatch(bytes: Uint8Array): Uint8Array {
    const state = this.#state;
    const reader = new CommandReader(bytes);
    const { tag, command } = readHeader(reader, bytes.length, state.profile);
    demand(state.isStarted !== (command.code === STARTUP), RC.initialize);
    const handles = readHandles(reader, command);
    checkLoaded(state, command, handles);
    const sessions = tag === ST.sessions ? readSessions(reader, state, command) : undefined;
    const call: Call = { state, command, handles, parameters: reader, response: new ResponseWriter() };
    const uses = checkSessions(call, sessions);
    decryptCommand(state, uses, reader.peek());
    return writeResponse(call, sessions === undefined ? undefined : uses);
  }
}

/** @throws Refusal as the library does. [TPM2 ExecCommand.c] */
export function readHeader(reader: CommandReader, size: number, profile: LibraryProfile) {
  const tag = reader.u16();
  demand(tag === ST.noSessions || tag === ST.sessions, RC.badTag);
  demand(reader.u32() === size && size <= MAX_COMMAND_SIZE, RC.commandSize);
  const code = reader.u32();
  const command = profile.commands.has(code) ? BY_CODE.get(code) : undefined;
  if (command === undefined) throw new Refusal(RC.commandCode);
  return { tag, command };
}

/** The handles of a command, each of a kind that it takes. @throws TPM_RC_VALUE */
export const readHandles = (reader: CommandReader, { handles }: Command): number[] =>
  handles.map((isAllowed) => {
    const handle = reader.u32();
    demand(isAllowed(handle), RC.value);
    return handle;
  });

function checkSessions(call: Call, sessions: readonly SessionUse[] | undefined): readonly SessionUse[] {
  if (sessions !== undefined) return authorize(call, sessions);
  demand(call.command.roles.length === 0, RC.authMissing);
  return [];
}
