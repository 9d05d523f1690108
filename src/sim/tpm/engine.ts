import type { Instant } from '../../units/index.ts';
import type { Random } from '../random.ts';
import type { TpmEngine } from '../tpm-engine.ts';
import { fits, readPasswords } from './authorization.ts';
import { getCapability } from './capability-commands.ts';
import { CLOCK_COMMANDS } from './clock-commands.ts';
import type { Call, Command } from './command.ts';
import { RC, Refusal, session, ST, codeOfHandle } from './codes.ts';
import { HASH_COMMANDS } from './hash-commands.ts';
import { PCR_COMMANDS } from './pcr-commands.ts';
import { RANDOM_COMMANDS } from './random-commands.ts';
import { CommandReader } from './reader.ts';
import { START_COMMANDS } from './start-commands.ts';
import { TpmState } from './state.ts';
import { ResponseWriter } from './writer.ts';

/** [CHIP 5.1] */
const MAX_COMMAND_SIZE = 2048;
const HEADER_SIZE = 10;
const NO_AUTH = new Uint8Array();

const LIBRARY: readonly Command[] = [
  ...START_COMMANDS,
  ...RANDOM_COMMANDS,
  ...PCR_COMMANDS,
  ...HASH_COMMANDS,
  ...CLOCK_COMMANDS,
  getCapability(() => LIBRARY),
].sort((a, b) => a.code - b.code);

const BY_CODE: ReadonlyMap<number, Command> = new Map(LIBRARY.map((command) => [command.code, command]));

export interface EngineOptions {
  readonly random: Random;
  /** The chip's time, for ReadClock. */
  readonly now: () => Instant;
}

/**
 * The TPM 2.0 library of the simulated chip, without keys, sessions and NV: enough for a host that starts a TPM up,
 * measures with it and asks it for random. What it does not know it answers with TPM_RC_COMMAND_CODE.
 */
export class BuiltInTpm implements TpmEngine {
  readonly #state: TpmState;

  constructor(options: EngineOptions) {
    this.#state = new TpmState(options.random, options.now);
  }

  execute(bytes: Uint8Array): Uint8Array {
    try {
      return this.#dispatch(bytes);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const tag = refusal.code === RC.badTag ? ST.rspCommand : ST.noSessions;
      return new ResponseWriter().u16(tag).u32(HEADER_SIZE).u32(refusal.code).done();
    }
  }

  reset(): void {
    this.#state.reset();
  }

  powerCycle(): void {
    this.#state.powerCycle();
  }

  /** In the order of the library: header, handles, authorizations, parameters. [TPM2 Part 3, 5] */
  #dispatch(bytes: Uint8Array): Uint8Array {
    const reader = new CommandReader(bytes);
    const tag = reader.u16();
    if (tag !== ST.noSessions && tag !== ST.sessions) throw new Refusal(RC.badTag);
    if (reader.u32() !== bytes.length || bytes.length > MAX_COMMAND_SIZE) throw new Refusal(RC.commandSize);
    const command = BY_CODE.get(reader.u32());
    if (command === undefined) throw new Refusal(RC.commandCode);
    if (!this.#state.isStarted && command.name !== 'Startup') throw new Refusal(RC.initialize);
    const handles = command.handles.map((check, at) => {
      reader.blame(codeOfHandle(RC.insufficient, at + 1));
      const handle = reader.u32();
      check(this.#state, handle, at + 1);
      return handle;
    });
    const hasSessions = tag === ST.sessions;
    const sessions = this.#authorize(command, handles, hasSessions, reader);
    const call: Call = { state: this.#state, handles, parameters: reader, response: new ResponseWriter() };
    command.run(call);
    if (command.spoilsSavedState === true) this.#state.isSaved = false;
    return respond(call, sessions, hasSessions);
  }

  /** @returns how many sessions the command has. */
  #authorize(
    command: Command,
    handles: readonly number[],
    hasSessions: boolean,
    reader: CommandReader,
  ): number {
    if (!hasSessions) {
      if (command.authorized > 0) throw new Refusal(RC.authMissing);
      return 0;
    }
    if (command.refusesSessions === true) throw new Refusal(RC.authContext);
    const passwords = readPasswords(reader);
    if (passwords.length < command.authorized) throw new Refusal(RC.authMissing);
    passwords.forEach((password, at) => {
      // A password that authorizes nothing has no purpose. [TPM2 Part 1, 18.3]
      if (at >= command.authorized) throw session(RC.handle, at + 1);
      const auth = this.#state.sequences.find(handles[at]!)?.auth ?? NO_AUTH;
      if (!fits(password, auth)) throw session(RC.badAuth, at + 1);
    });
    return passwords.length;
  }
}

function respond({ response, newHandle }: Call, sessions: number, hasSessions: boolean): Uint8Array {
  const parameters = response.done();
  const body = new ResponseWriter();
  if (newHandle !== undefined) body.u32(newHandle);
  if (hasSessions) body.u32(parameters.length);
  body.bytes(parameters);
  // Each password is acknowledged with an empty nonce, continueSession and an empty authorization. [TPM2 Part 1, 18.6]
  for (let at = 0; at < sessions; at++) body.u16(0).u8(1).u16(0);
  return new ResponseWriter()
    .u16(hasSessions ? ST.sessions : ST.noSessions)
    .u32(HEADER_SIZE + body.length)
    .u32(RC.success)
    .bytes(body.done())
    .done();
}
