import { RH, ST } from './codes.ts';
import { CommandReader } from './reader.ts';
import { SESSION } from './session-area.ts';
import { ResponseWriter } from './writer.ts';

const HEADER_SIZE = 10;
const LEAST_SESSIONS = 9;

/** A command taken apart behind its handles. */
export interface CommandParts {
  readonly sessions: readonly { readonly handle: number; readonly attributes: number }[];
  readonly parameters: Uint8Array;
  /** The same command without parameters. */
  readonly bare: Uint8Array;
}

/** @throws Refusal TPM_RC_INSUFFICIENT when the sessions do not fill their area. */
function readSessions(area: CommandReader): CommandParts['sessions'] {
  const sessions: { handle: number; attributes: number }[] = [];
  while (area.rest > 0) {
    const handle = area.u32();
    area.take(area.u16());
    sessions.push({ handle, attributes: area.u8() });
    area.take(area.u16());
  }
  return sessions;
}

/** The command cut off at `end`, with the size that it has then. */
function cut(bytes: Uint8Array, end: number): Uint8Array {
  const size = new ResponseWriter().u32(end).done();
  return Buffer.concat([bytes.subarray(0, 2), size, bytes.subarray(6, end)]);
}

/** Sessions and parameters of a command with this many handles; undefined when its sessions cannot be told apart. */
export function partsOf(bytes: Uint8Array, tag: number, handles: number): CommandParts | undefined {
  const begin = HEADER_SIZE + 4 * handles;
  if (tag === ST.noSessions)
    return { sessions: [], parameters: bytes.subarray(begin), bare: cut(bytes, begin) };
  try {
    const reader = new CommandReader(bytes.subarray(begin));
    const size = reader.u32();
    if (size < LEAST_SESSIONS) return undefined;
    const sessions = readSessions(reader.part(size));
    return { sessions, parameters: reader.peek(), bare: cut(bytes, begin + 4 + size) };
  } catch {
    return undefined;
  }
}

/** Its parameters can be read: no session encrypted them. */
export const isReadable = ({ sessions }: CommandParts): boolean =>
  sessions.every(({ attributes }) => (attributes & SESSION.decrypt) === 0);

/** All authorizations are passwords, which do not depend on the parameters. */
export const hasPasswordsOnly = ({ sessions }: CommandParts): boolean =>
  sessions.every(({ handle }) => handle === RH.password);
