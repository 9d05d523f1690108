import type { LibraryProfile, TpmEngine } from '../tpm-engine.ts';
import { commandsOf, readQuery, writeStatic } from './capability-commands.ts';
import { RC, Refusal, ST } from './codes.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { readHandles, readHeader } from './engine.ts';
import { DEFAULT_PROFILE } from './library.ts';
import { fixedProperties } from './properties.ts';
import { CommandReader } from './reader.ts';
import { ResponseWriter } from './writer.ts';

const HEADER_SIZE = 10;
const GET_CAPABILITY = 0x17a;
const STARTUP = 0x144;
const TPM_PROPERTIES = 6;
const LAST_FIXED = 0x1ff;
const AUTH_SIZE = 0x144;
const PASSWORD = 0x40000009;

/** Parts of a format 1 code. [TPM2 Part 2, 6.6.3] */
const FORMAT_ONE = 0x080;
const PARAMETER = 0x040;
const SESSION = 0x800;
const BASE = 0x0bf;

/** Commands whose actions name their parameters and handles; unmarshalling never does. [TPM2 TPM_Types.h] */
const NAMES_PARAMETERS: ReadonlySet<number> = new Set([
  0x131, 0x142, 0x153, 0x155, 0x15b, 0x16c, 0x171, 0x174, 0x176, 0x178, 0x17f, 0x18f,
]);
const NAMES_HANDLES: ReadonlySet<number> = new Set([0x153, 0x15b, 0x174, 0x176]);

/**
 * The library of one release in front of another TPM. It decides which commands there are, which handles they take,
 * what the TPM tells of itself, and which response codes it has. The TPM behind it executes the rest.
 */
export class LibraryFront implements TpmEngine {
  #profile: LibraryProfile = DEFAULT_PROFILE;
  #isStarted = false;

  constructor(private readonly behind: TpmEngine) {}

  execute(bytes: Uint8Array): Uint8Array {
    try {
      return this.#execute(bytes);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const tag = refusal.code === RC.badTag ? ST.rspCommand : ST.noSessions;
      return answer(tag, refusal.code);
    }
  }

  reset(): void {
    this.#isStarted = false;
    this.behind.reset();
  }

  powerCycle(profile: LibraryProfile): void {
    this.#profile = profile;
    this.#isStarted = false;
    this.behind.powerCycle(profile);
  }

  #execute(bytes: Uint8Array): Uint8Array {
    const reader = new CommandReader(bytes);
    const { tag, command } = readHeader(reader, bytes.length, this.#profile);
    if (this.#isStarted === (command.code === STARTUP)) throw new Refusal(RC.initialize);
    readHandles(reader, command);
    const own = this.#ownCapability(tag, command, reader);
    if (own !== undefined) return own;
    const response = this.behind.execute(bytes);
    const code = codeOf(response);
    if (code === RC.success && command.code === STARTUP) this.#isStarted = true;
    if (code !== RC.success) return answer(ST.noSessions, translate(code, command, bytes));
    return command.code === GET_CAPABILITY ? this.#withOwnProperties(response) : response;
  }

  /** What depends on the release alone, without sessions. */
  #ownCapability(tag: number, command: Command, reader: CommandReader): Uint8Array | undefined {
    if (command.code !== GET_CAPABILITY || tag !== ST.noSessions) return undefined;
    const body = new ResponseWriter();
    if (!writeStatic(body, readQuery(reader), commandsOf(COMMANDS, this.#profile))) return undefined;
    return answer(ST.noSessions, RC.success, body.done());
  }

  /** Puts in the release's fixed properties, and removes those that the release does not have. */
  #withOwnProperties(response: Uint8Array): Uint8Array {
    const reader = new CommandReader(response.subarray(HEADER_SIZE));
    const more = reader.u8();
    if (reader.u32() !== TPM_PROPERTIES) return response;
    const own = new Map(fixedProperties(this.#profile.commands));
    const pairs = Array.from({ length: reader.u32() }, () => [reader.u32(), reader.u32()] as const)
      .filter(([id]) => id > LAST_FIXED || own.has(id))
      .map(([id, value]) => [id, own.get(id) ?? value] as const);
    const body = new ResponseWriter().u8(more).u32(TPM_PROPERTIES).u32(pairs.length);
    for (const [id, value] of pairs) body.u32(id).u32(value);
    return answer(ST.noSessions, RC.success, body.done());
  }
}

const answer = (tag: number, code: number, body: Uint8Array = new Uint8Array()): Uint8Array =>
  new ResponseWriter()
    .u16(tag)
    .u32(HEADER_SIZE + body.length)
    .u32(code)
    .bytes(body)
    .done();

const codeOf = (response: Uint8Array): number => new CommandReader(response.subarray(6)).u32();

/** The code of the release for a refusal of the TPM behind it. [CHIP 5.5] */
function translate(code: number, { code: command, handles }: Command, bytes: Uint8Array): number {
  if (code === AUTH_SIZE) return RC.size;
  if ((code & FORMAT_ONE) === 0 || code > 0xfff) return code;
  const base = code & BASE;
  if ((code & PARAMETER) !== 0)
    return NAMES_PARAMETERS.has(command) && base !== RC.insufficient ? code : base;
  if ((code & SESSION) !== 0)
    return base === RC.handle && isPassword(bytes, handles.length, (code >> 8) & 7) ? code & ~SESSION : code;
  const isOfEntity = base === RC.handle || base === RC.hierarchy;
  return isOfEntity || NAMES_HANDLES.has(command) ? code : base;
}

/** Whether session `number`, counted from 1, of a command is a password. */
function isPassword(bytes: Uint8Array, handles: number, number: number): boolean {
  const reader = new CommandReader(bytes.subarray(HEADER_SIZE + 4 * handles + 4));
  for (let at = 1; at < number; at++) {
    reader.u32();
    reader.take(reader.u16());
    reader.u8();
    reader.take(reader.u16());
  }
  return reader.u32() === PASSWORD;
}
