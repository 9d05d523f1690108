import { createCipheriv, createDecipheriv } from 'node:crypto';
import { isXor, xorMask } from './authorization.ts';
import type { Nonces } from './authorization.ts';
import { ALG } from './codes.ts';
import { kdfA } from './hashes.ts';
import type { SessionUse } from './session-area.ts';
import { SESSION } from './session-area.ts';
import type { Session } from './sessions.ts';
import type { TpmState } from './state.ts';

const BLOCK_SIZE = 16;

const CIPHER_MODES: Readonly<Record<number, string>> = {
  [ALG.ctr]: 'ctr',
  [ALG.ofb]: 'ofb',
  [ALG.cbc]: 'cbc',
  [ALG.cfb]: 'cfb',
  [ALG.ecb]: 'ecb',
};

/** AES in one of the library's modes. */
export function aes(isEncrypting: boolean, mode: number, key: Uint8Array, iv: Uint8Array) {
  const name = `aes-${key.length * 8}-${CIPHER_MODES[mode]!}`;
  const make = isEncrypting ? createCipheriv : createDecipheriv;
  const cipher = make(name, key, mode === ALG.ecb ? null : iv);
  cipher.setAutoPadding(false);
  return (data: Uint8Array): Uint8Array => Buffer.concat([cipher.update(data), cipher.final()]);
}

function transform(isEncrypting: boolean, session: Session, key: Uint8Array, nonces: Nonces) {
  return (data: Uint8Array): Uint8Array => {
    if (isXor(session)) return xorMask(session, key, nonces, data);
    const { keyBits, mode } = session.start.symmetric;
    const input = { label: 'CFB', u: nonces.newer, v: nonces.older };
    const material = kdfA(session.start.hash, key, input, keyBits + BLOCK_SIZE * 8);
    const size = keyBits / 8;
    return aes(isEncrypting, mode, material.subarray(0, size), material.subarray(size))(data);
  };
}

function keyOf(state: TpmState, { session, authorizes }: SessionUse): Uint8Array {
  const { sessionKey } = session!.start;
  return authorizes === undefined ? sessionKey : Buffer.concat([sessionKey, state.authOf(authorizes)]);
}

/** The sized first parameter of `parameters` is replaced by what `change` makes of it. */
function changeFirst(parameters: Uint8Array, change: (data: Uint8Array) => Uint8Array): void {
  if (parameters.length < 2) return;
  const size = (parameters[0]! << 8) | parameters[1]!;
  if (size + 2 > parameters.length) return;
  parameters.set(change(parameters.subarray(2, 2 + size)), 2);
}

const findUse = (uses: readonly SessionUse[], bit: number): SessionUse | undefined =>
  uses.find(({ attributes, session }) => session !== undefined && (attributes & bit) !== 0);

/** Decrypts the first parameter of a command in place, when a session asks for it. [TPM2 Part 1, 21] */
export function decryptCommand(state: TpmState, uses: readonly SessionUse[], parameters: Uint8Array): void {
  const use = findUse(uses, SESSION.decrypt);
  if (use === undefined) return;
  const nonces = { newer: use.nonceCaller, older: use.session!.nonceTpm };
  changeFirst(parameters, transform(false, use.session!, keyOf(state, use), nonces));
}

/** Encrypts the first parameter of a response in place, after the nonces were renewed. */
export function encryptResponse(state: TpmState, uses: readonly SessionUse[], parameters: Uint8Array): void {
  const use = findUse(uses, SESSION.encrypt);
  if (use === undefined) return;
  const nonces = { newer: use.session!.nonceTpm, older: use.nonceCaller };
  changeFirst(parameters, transform(true, use.session!, keyOf(state, use), nonces));
}
