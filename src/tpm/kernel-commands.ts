/** The commands a driver sends on its own account, and the fields it reads from their answers. [DRIVER 3.2] */

const NO_SESSIONS = 0x8001;
const SESSIONS = 0x8002;

type Field = readonly [width: 1 | 2 | 4, value: number] | Uint8Array;

const u8 = (value: number): Field => [1, value];
const u16 = (value: number): Field => [2, value];
const u32 = (value: number): Field => [4, value];

function command(tag: number, code: number, fields: readonly Field[]): Uint8Array {
  const size = fields.reduce((sum, field) => sum + widthOf(field), 10);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const field of [u16(tag), u32(size), u32(code), ...fields]) {
    if (field instanceof Uint8Array) bytes.set(field, at);
    else for (let i = 0; i < field[0]; i++) bytes[at + i] = (field[1] >>> (8 * (field[0] - 1 - i))) & 0xff;
    at += widthOf(field);
  }
  return bytes;
}

const widthOf = (field: Field): number => (field instanceof Uint8Array ? field.length : field[0]);

export type StartupType = 'clear' | 'state';
const typeOf = (type: StartupType): Field => u16(type === 'clear' ? 0 : 1);

export const startup = (type: StartupType): Uint8Array => command(NO_SESSIONS, 0x144, [typeOf(type)]);
export const shutdown = (type: StartupType): Uint8Array => command(NO_SESSIONS, 0x145, [typeOf(type)]);
export const selfTest = (full: boolean): Uint8Array => command(NO_SESSIONS, 0x143, [u8(full ? 1 : 0)]);
export const getRandom = (count: number): Uint8Array => command(NO_SESSIONS, 0x17b, [u16(count)]);

export const CAPABILITY = { commands: 2, pcrs: 5, properties: 6 } as const;

export const getCapability = (capability: number, property: number, count: number): Uint8Array =>
  command(NO_SESSIONS, 0x17a, [u32(capability), u32(property), u32(count)]);

export function pcrRead(index: number, hash: number): Uint8Array {
  const select = new Uint8Array(3);
  select[index >> 3] = 1 << (index & 7);
  return command(NO_SESSIONS, 0x17e, [u32(1), u16(hash), u8(select.length), select]);
}

export interface BankDigest {
  readonly hash: number;
  readonly digest: Uint8Array;
}

/** With an empty password session. */
export const pcrExtend = (index: number, digests: readonly BankDigest[]): Uint8Array =>
  command(SESSIONS, 0x182, [
    u32(index),
    u32(9),
    u32(0x40000009),
    u16(0),
    u8(0),
    u16(0),
    u32(digests.length),
    ...digests.flatMap(({ hash, digest }) => [u16(hash), digest]),
  ]);

/** TPM2_Hash in the null hierarchy. */
export const hash = (data: Uint8Array, algorithm: number): Uint8Array =>
  command(NO_SESSIONS, 0x17d, [u16(data.length), data, u16(algorithm), u32(0x40000007)]);

/** GetCapability of a TPM 1.2 for its TIS timeouts: the first command of a 1.2 start-up. */
export const getTimeouts12 = (): Uint8Array => command(0x00c1, 0x65, [u32(5), u32(4), u32(0x115)]);

export const codeOf = (bytes: Uint8Array): number => readU32(bytes, 6);
export const tagOf = (bytes: Uint8Array): number => readU16(bytes, 0);
export const readU16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
export const readU32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
