import type { LibraryProfile, TpmEngine } from '../tpm-engine.ts';
import { commandsOf, readQuery, writeProperties, writeStatic } from './capability-commands.ts';
import { RC, Refusal, ST } from './codes.ts';
import type { Command } from './command.ts';
import type { CommandParts } from './command-parts.ts';
import { hasPasswordsOnly, isReadable, partsOf } from './command-parts.ts';
import { COMMANDS } from './commands.ts';
import { readHandles, readHeader } from './engine.ts';
import { DEFAULT_PROFILE } from './library.ts';
import { fixedProperties } from './properties.ts';
import { CommandReader } from './reader.ts';
import { curveRefusal, TAKES_NO_PARAMETERS, unmarshallingRefusal } from './unmarshalling.ts';
import { ResponseWriter } from './writer.ts';

const HEADER_SIZE = 10;
const GET_CAPABILITY = 0x17a;
const STARTUP = 0x144;
const TPM_PROPERTIES = 6;
const LAST_FIXED = 0x1ff;
const LAST_VARIABLE = 0x214;
const NV_WRITE_RECOVERY = 0x212;
/** GetCapability of all properties that change. */
const ALL_VARIABLE = Uint8Array.from(Buffer.from('8001000000160000017a000000060000020000000040', 'hex'));
const AUTH_SIZE = 0x144;
const PASSWORD = 0x40000009;

/** Parts of a format 1 code. [TPM2 Part 2, 6.6.3] */
const FORMAT_ONE = 0x080;
const PARAMETER = 0x040;
const SESSION = 0x800;
const BASE = 0x0bf;
/** A fourth session: the library counts it as the fifth. [CHIP 5.5] */
const FOURTH = 0xc95;
const FIFTH = 0xd95;

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
    const response = this.behind.execute(this.#checked(bytes, tag, command));
    const code = codeOf(response);
    if (code === RC.success && command.code === STARTUP) this.#isStarted = true;
    return code === RC.success ? response : answer(ST.noSessions, translate(code, command, bytes));
  }

  /** What goes to the TPM behind: the command, without what stands in the place of parameters that it does not take. */
  #checked(bytes: Uint8Array, tag: number, command: Command): Uint8Array {
    const parts = partsOf(bytes, tag, command.handles.length);
    if (parts === undefined || !isReadable(parts)) return bytes;
    // Where there are handles, the TPM behind looks at them first.
    if (parts.sessions.length > 0 && command.refusesSessions === true && command.handles.length === 0)
      throw new Refusal(RC.authContext);
    if (TAKES_NO_PARAMETERS.has(command.code)) return parts.bare;
    const refusal = unmarshallingRefusal(command, parts.parameters, this.#profile);
    const refused = refusal ?? curveRefusal(command, parts.parameters);
    if (refused !== undefined) throw new Refusal(this.#beforeParameters(command, parts) ?? refused);
    return bytes;
  }

  /** What is refused before the parameters are looked at: handles and authorizations. */
  #beforeParameters(command: Command, parts: CommandParts): number | undefined {
    if (command.handles.length === 0 && parts.sessions.length === 0) return undefined;
    if (!hasPasswordsOnly(parts)) return undefined;
    const code = codeOf(this.behind.execute(parts.bare));
    return isOfParameters(code) ? undefined : translate(code, command, parts.bare);
  }

  /** What depends on the release, without sessions: all but handles and banks. */
  #ownCapability(tag: number, command: Command, reader: CommandReader): Uint8Array | undefined {
    if (command.code !== GET_CAPABILITY || tag !== ST.noSessions) return undefined;
    const body = new ResponseWriter();
    const query = readQuery(reader);
    if (query.capability === TPM_PROPERTIES)
      writeProperties(body, query, [...fixedProperties(this.#profile.commands), ...this.#variable()]);
    else if (!writeStatic(body, query, commandsOf(COMMANDS, this.#profile))) return undefined;
    return answer(ST.noSessions, RC.success, body.done());
  }

  /** The properties of the TPM behind that change, as far as the library has them. */
  #variable(): readonly (readonly [number, number])[] {
    const reader = new CommandReader(this.behind.execute(ALL_VARIABLE).subarray(HEADER_SIZE + 5));
    return Array.from({ length: reader.u32() }, () => [reader.u32(), reader.u32()] as const).filter(
      ([id]) => id > LAST_FIXED && id <= LAST_VARIABLE && id !== NV_WRITE_RECOVERY,
    );
  }
}

const answer = (tag: number, code: number, body: Uint8Array = new Uint8Array()): Uint8Array =>
  new ResponseWriter()
    .u16(tag)
    .u32(HEADER_SIZE + body.length)
    .u32(code)
    .bytes(body)
    .done();

/** A refusal of parameters, or of their lack. */
const isOfParameters = (code: number): boolean =>
  code === RC.insufficient || (code & (FORMAT_ONE | PARAMETER)) === (FORMAT_ONE | PARAMETER);

const codeOf = (response: Uint8Array): number => new CommandReader(response.subarray(6)).u32();

/** The code of the release for a refusal of the TPM behind it. [CHIP 5.5] */
function translate(code: number, { code: command, handles }: Command, bytes: Uint8Array): number {
  if (code === AUTH_SIZE) return RC.size;
  if (code === FOURTH) return FIFTH;
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
