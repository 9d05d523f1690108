import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import type { HostDriver } from '../../fixtures/index.ts';
import { plainCode } from './script.ts';

/** Hashes of sessions and keys: TPM_ALG_ID and what others call them. [TPM2 Part 2, 6.3] */
export const SESSION_HASHES = [
  { alg: '0004', name: 'sha1', size: 20 },
  { alg: '000b', name: 'sha256', size: 32 },
  { alg: '000c', name: 'sha384', size: 48 },
  { alg: '000d', name: 'sha512', size: 64 },
] as const;
export type SessionHash = (typeof SESSION_HASHES)[number];
export const [, SHA256] = SESSION_HASHES;

/** TPMA_SESSION. [TPM2 Part 2, 8.4] */
export const GOES_ON = 0x01;
export const TAKES_ENCRYPTED = 0x20;
export const ANSWERS_ENCRYPTED = 0x40;
export const AUDITS = 0x80;

/** The bytes of pairs of hexadecimal digits; spaces between them count for nothing. */
export const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A number of 32 bits as eight hexadecimal digits, most significant first. */
export const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
/** A size of two bytes, and the bytes. */
export const sized = (data: Uint8Array | string): string => {
  const text = typeof data === 'string' ? data.replaceAll(' ', '') : Buffer.from(data).toString('hex');
  return (text.length / 2).toString(16).padStart(4, '0') + text;
};

/** The hash of all parts, one behind the other; a text is hexadecimal digits. */
export const digest = ({ name }: SessionHash, ...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash(name);
  for (const part of parts) hash.update(typeof part === 'string' ? bytes(part) : part);
  return hash.digest();
};

/** KDFa. [TPM2 Part 1, 11.4.9.2] */
export function kdfA(
  hash: SessionHash,
  key: Uint8Array,
  [label, ...parties]: readonly [string, ...Uint8Array[]],
  bits: number,
): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 1; (block - 1) * hash.size * 8 < bits; block++) {
    const mac = createHmac(hash.name, key)
      .update(bytes(word(block)))
      .update(`${label}\0`);
    for (const party of parties) mac.update(party);
    blocks.push(mac.update(bytes(word(bits))).digest());
  }
  return Buffer.concat(blocks).subarray(0, bits / 8);
}

/** How a session hides parameters, as StartAuthSession takes it. [TPM2 Part 2, 11.1.7] */
export type Hiding = 'nothing' | 'AES-128 CFB' | 'AES-256 CFB' | 'XOR';
const SYMMETRIC = (hiding: Hiding, { alg }: SessionHash): string =>
  ({ nothing: '0010', 'AES-128 CFB': '0006 0080 0043', 'AES-256 CFB': '0006 0100 0043', XOR: `000a ${alg}` })[
    hiding
  ];

/** What a command carries behind its header. Names of handles are those of TPM2 Part 1, 16. */
export interface Asked {
  readonly code: number;
  readonly handles?: readonly string[];
  readonly names?: readonly string[];
  readonly parameters?: string;
}

/** A response: its code, and what stands behind the header and behind a handle of its own. */
export interface Answer {
  readonly code: string;
  readonly rest: Buffer;
}

/** Sends a command with this authorization area. */
export async function send(
  driver: HostDriver,
  { code, handles = [], parameters = '' }: Asked,
  area = '',
): Promise<Answer> {
  const sessions = area === '' ? '' : word(area.replaceAll(' ', '').length / 2) + area;
  const body = bytes(handles.join('') + sessions + parameters);
  const head = bytes(`${area === '' ? '8001' : '8002'} ${word(10 + body.length)} ${word(code)}`);
  const answer = Buffer.from(await driver.transmit(Uint8Array.from(Buffer.concat([head, body]))));
  return { code: plainCode(answer.readUInt32BE(6)), rest: answer.subarray(10) };
}

/** How a session is begun: bound to something with an authorization, salted with a secret, or neither. */
export interface Beginning {
  readonly type?: 'hmac' | 'policy' | 'trial';
  readonly hash?: SessionHash;
  readonly hiding?: Hiding;
  readonly bound?: { readonly handle: string; readonly name: string; readonly auth: string };
  readonly salt?: { readonly key: string; readonly sent: string; readonly secret: Uint8Array };
}

const TYPES = { hmac: '00', policy: '01', trial: '03' } as const;
const NULL = '40000007';

/** What a command of a session is authorized with: the value of the first handle, and what the session does. */
export interface Use {
  readonly auth?: string;
  readonly attributes?: number;
  /** A policy session asks for the HMAC, for the plain value, or for neither. */
  readonly proves?: 'hmac' | 'password' | 'nothing';
  /** Changes the HMAC before it is sent. */
  readonly spoils?: (mac: Buffer) => Buffer;
}

/** What came of a command in a session: its parameters in the plain, and whether the TPM's HMAC is right. */
export interface Held {
  readonly code: string;
  readonly parameters: string;
  readonly isProven: boolean;
}

/** A session of the host, with its own idea of keys, nonces and HMACs. [TPM2 Part 1, 19] */
export class Session {
  handle = '';
  nonceTpm: Buffer = Buffer.alloc(0);
  #nonce: Buffer;
  #key: Buffer = Buffer.alloc(0);
  #turn = 0;
  readonly hash: SessionHash;
  readonly #hiding: Hiding;

  constructor(
    private readonly driver: HostDriver,
    private readonly beginning: Beginning = {},
  ) {
    this.hash = beginning.hash ?? SHA256;
    this.#hiding = beginning.hiding ?? 'nothing';
    this.#nonce = this.#newNonce();
  }

  /** Nonces need only differ. A digest of a count is as good as chance, and the same in every run. */
  #newNonce = (): Buffer => digest(this.hash, word(++this.#turn));

  /** StartAuthSession. Returns the response code. [TPM2 Part 3, 11.1] */
  async begin(): Promise<string> {
    const { type = 'hmac', bound, salt } = this.beginning;
    const { code, rest } = await send(this.driver, {
      code: 0x176,
      handles: [salt?.key ?? NULL, bound?.handle ?? NULL],
      parameters: `${sized(this.#nonce)}${sized(salt?.sent ?? '')}${TYPES[type]}${SYMMETRIC(this.#hiding, this.hash)}${this.hash.alg}`,
    });
    if (code !== '000') return code;
    this.handle = rest.subarray(0, 4).toString('hex');
    this.nonceTpm = rest.subarray(6);
    if (bound !== undefined || salt !== undefined)
      this.#key = kdfA(
        this.hash,
        Buffer.concat([bytes(bound?.auth ?? ''), salt?.secret ?? Buffer.alloc(0)]),
        ['ATH', this.nonceTpm, this.#nonce],
        this.hash.size * 8,
      );
    return code;
  }

  /** Sends a command that this session alone authorizes, audits or hides. */
  async use(asked: Asked, { auth = '', attributes = GOES_ON, ...how }: Use = {}): Promise<Held> {
    const { names = [], parameters = '', code } = asked;
    this.#nonce = this.#newNonce();
    const { bound, type = 'hmac' } = this.beginning;
    const isBound = bound !== undefined && bound.name === names[0] && bound.auth === auth;
    const proves = how.proves ?? (type === 'hmac' ? 'hmac' : 'nothing');
    const value = proves === 'hmac' && !(isBound && type === 'hmac') ? bytes(auth) : Buffer.alloc(0);
    const key = Buffer.concat([this.#key, value]);
    const hidden = (attributes & TAKES_ENCRYPTED) === 0 ? parameters : this.#hide(parameters, auth, true);
    const cpHash = digest(this.hash, word(code), ...names, hidden);
    const mac = this.#mac(key, [cpHash, this.#nonce, this.nonceTpm, Buffer.of(attributes)]);
    const plain = proves === 'password' ? bytes(auth) : proves === 'nothing' && key.length === 0 ? '' : mac;
    const proof = how.spoils === undefined || typeof plain === 'string' ? plain : how.spoils(plain);
    const area = `${this.handle}${sized(this.#nonce)}${Buffer.of(attributes).toString('hex')}${sized(proof)}`;
    const answer = await send(this.driver, { ...asked, parameters: hidden }, area);
    if (answer.code !== '000') return { code: answer.code, parameters: '', isProven: false };
    return this.#read(answer.rest, { code, key, auth, attributes, isPlain: proves === 'password' });
  }

  #read(
    rest: Buffer,
    sent: { code: number; key: Buffer; auth: string; attributes: number; isPlain: boolean },
  ): Held {
    const size = rest.readUInt32BE(0);
    const parameters = rest.subarray(4, 4 + size);
    const tail = rest.subarray(4 + size);
    const nonceSize = tail.readUInt16BE(0);
    this.nonceTpm = tail.subarray(2, 2 + nonceSize);
    const answered = tail[2 + nonceSize]!;
    const proof = tail.subarray(5 + nonceSize);
    const rpHash = digest(this.hash, '00000000', word(sent.code), parameters);
    const expected =
      sent.isPlain || sent.key.length === 0
        ? Buffer.alloc(0)
        : this.#mac(sent.key, [rpHash, this.nonceTpm, this.#nonce, Buffer.of(answered)]);
    const text = parameters.toString('hex');
    return {
      code: '000',
      parameters: (sent.attributes & ANSWERS_ENCRYPTED) === 0 ? text : this.#hide(text, sent.auth, false),
      isProven: proof.equals(expected) && nonceSize === this.hash.size,
    };
  }

  #mac(key: Buffer, parts: readonly Buffer[]): Buffer {
    const mac = createHmac(this.hash.name, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  }

  /** Hides the first, sized parameter of a command, or shows that of a response. [TPM2 Part 1, 21] */
  #hide(text: string, auth: string, isCommand: boolean): string {
    const all = bytes(text);
    const size = all.readUInt16BE(0);
    const data = all.subarray(2, 2 + size);
    const key = Buffer.concat([this.#key, bytes(auth)]);
    const [newer, older] = isCommand ? [this.#nonce, this.nonceTpm] : [this.nonceTpm, this.#nonce];
    return Buffer.concat([
      all.subarray(0, 2),
      this.#hiding === 'XOR'
        ? this.#xor(key, newer, older, data)
        : this.#aes(key, [newer, older], data, isCommand),
      all.subarray(2 + size),
    ]).toString('hex');
  }

  #xor(key: Buffer, newer: Buffer, older: Buffer, data: Buffer): Buffer {
    const mask = kdfA(this.hash, key, ['XOR', newer, older], data.length * 8);
    return Buffer.from(data.map((byte, at) => byte ^ mask[at]!));
  }

  #aes(key: Buffer, nonces: readonly Buffer[], data: Buffer, isCommand: boolean): Buffer {
    const bits = this.#hiding === 'AES-256 CFB' ? 256 : 128;
    const material = kdfA(this.hash, key, ['CFB', ...nonces], bits + 128);
    const [secret, iv] = [material.subarray(0, bits / 8), material.subarray(bits / 8)];
    const make = isCommand ? createCipheriv : createDecipheriv;
    return make(`aes-${bits}-cfb`, secret, iv).update(data);
  }
}

/** A public area of an NV index, and what others call it: name algorithm SHA-256. [TPM2 Part 2, 13.5] */
export interface NvIndex {
  readonly handle: string;
  readonly auth: string;
  readonly attributes: number;
  readonly policy: string;
  readonly size: number;
}
const WRITTEN = 0x2000_0000;
const areaOf = ({ handle, attributes, policy, size }: NvIndex): string =>
  `${handle}000b${word(attributes)}${sized(policy)}${size.toString(16).padStart(4, '0')}`;
/** The name of an index before and after its first write. [TPM2 Part 1, 16] */
export const nameOfIndex = (index: NvIndex, isWritten: boolean): string =>
  `000b${digest(SHA256, areaOf({ ...index, attributes: (index.attributes | (isWritten ? WRITTEN : 0)) >>> 0 })).toString('hex')}`;

const OWNER = '40000001';
const EMPTY_PASSWORD = '40000009 0000 00 0000';
/** NV_DefineSpace with the owner's empty password. Returns the response code. [TPM2 Part 3, 31.3] */
export const define = async (driver: HostDriver, index: NvIndex): Promise<string> =>
  (
    await send(
      driver,
      { code: 0x12a, handles: [OWNER], parameters: sized(index.auth) + sized(areaOf(index)) },
      EMPTY_PASSWORD,
    )
  ).code;
/** NV_UndefineSpace. [TPM2 Part 3, 31.4] */
export const undefine = async (driver: HostDriver, { handle }: NvIndex): Promise<string> =>
  (await send(driver, { code: 0x122, handles: [OWNER, handle] }, EMPTY_PASSWORD)).code;
/** FlushContext. [TPM2 Part 3, 28.4] */
export const flush = async (driver: HostDriver, handle: string): Promise<string> =>
  (await send(driver, { code: 0x165, parameters: handle })).code;

/** NV_Read of the whole index with its own authorization. [TPM2 Part 3, 31.13] */
export const readOf = ({ handle, size, ...index }: NvIndex, isWritten = true): Asked => {
  const name = nameOfIndex({ handle, size, ...index }, isWritten);
  const parameters = `${size.toString(16).padStart(4, '0')}0000`;
  return { code: 0x14e, handles: [handle, handle], names: [name, name], parameters };
};
/** NV_Write from its beginning with its own authorization. [TPM2 Part 3, 31.7] */
export const writeOf = (index: NvIndex, text: string, isWritten = true): Asked => {
  const name = nameOfIndex(index, isWritten);
  const { handle } = index;
  return { code: 0x137, handles: [handle, handle], names: [name, name], parameters: `${sized(text)}0000` };
};
