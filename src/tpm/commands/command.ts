import type { TpmReader } from '../../wire/index.ts';
import { TPM_HEADER_SIZE, TPM_RS_PW, TPM_ST, TpmWriter } from '../../wire/index.ts';

/** A command as data, with the meaning of its answer. */
export interface TpmCommand<R> {
  /** As the TCG spells it, without `TPM2_`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Reads the parameters of a successful response, after its header. */
  decode(parameters: TpmReader): R;
}

/** What makes a command, and how its response parameters are decoded. */
export interface CommandParts<R> {
  readonly name: string;
  readonly code: number;
  readonly handles?: readonly number[];
  /** One password for each handle that needs an authorization. */
  readonly passwords?: readonly Uint8Array[];
  readonly parameters?: (writer: TpmWriter) => void;
  readonly decode: (parameters: TpmReader) => R;
}

/** The authorization of an entity that nobody has given a password. */
export const EMPTY_PASSWORD = new Uint8Array();

/** Lays a command out: header, handles, authorization area, parameters. [TPM2 Part 1, 18] */
export function command<R>(parts: CommandParts<R>): TpmCommand<R> {
  const { name, code, handles = [], passwords = [], decode } = parts;
  const body = new TpmWriter();
  for (const handle of handles) body.u32(handle);
  if (passwords.length > 0) body.u32(passwords.reduce((size, password) => size + 9 + password.length, 0));
  for (const password of passwords) body.u32(TPM_RS_PW).u16(0).u8(0).sized(password);
  parts.parameters?.(body);
  const content = body.done();
  const bytes = new TpmWriter()
    .u16(passwords.length > 0 ? TPM_ST.SESSIONS : TPM_ST.NO_SESSIONS)
    .u32(TPM_HEADER_SIZE + content.length)
    .u32(code)
    .bytes(content)
    .done();
  return { name, bytes, decode };
}

/** For commands that answer with nothing. */
export const nothing = (): void => undefined;
