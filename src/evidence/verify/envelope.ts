import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What stands in `payloadType` of an in-toto statement. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** Namespace of signatures by `ssh-keygen -Y sign`. */
export const NAMESPACE = 'h1-hil';

/** DSSE envelope, as its specification has it. */
export interface Envelope {
  readonly payloadType: string;
  /** Base64 of the statement. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** The bytes that a DSSE signature is over: `DSSEv1`, then length and bytes of type and payload, in ASCII numbers. */
export const preAuthEncoding = (type: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

/** SHA-256 of bytes or of a text in UTF-8, as hexadecimal digits. */
export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** The 32 bytes of an Ed25519 public key, which end its SPKI form. */
const rawKey = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-32);
/** The id of a key: SHA-256 of its 32 bytes. */
export const keyIdOf = (key: KeyObject): string => sha256(rawKey(key));

/** A string of OpenSSH: 4 bytes of length, then the bytes. */
function sshString(...parts: readonly (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A public key as OpenSSH writes it. */
const sshKey = (raw: Buffer): Buffer => Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]);

/** Reads a public key as PEM, or as one line of OpenSSH: `ssh-ed25519 AAAA...`. @throws Error with a sentence */
export function readPublicKey(text: string): KeyObject {
  const line = /^(?:\S+ )?ssh-ed25519 ([A-Za-z0-9+/=]+)/m.exec(text)?.[1];
  const blob = Buffer.from(line ?? '', 'base64');
  if (line !== undefined && !blob.equals(sshKey(blob.subarray(-32))))
    throw new Error('the key of OpenSSH is not whole');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), blob.subarray(-32)]);
  const key = createPublicKey(line === undefined ? text : { key: spki, format: 'der', type: 'spki' });
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new Error(`the key is of kind ${key.asymmetricKeyType ?? 'unknown'}, and Ed25519 is wanted`);
}

/** Whether the one signature is by this key: plain Ed25519, or as OpenSSH's PROTOCOL.sshsig has it, without armour. */
export function isSignedBy({ payloadType, payload, signatures }: Envelope, key: KeyObject): boolean {
  const message = preAuthEncoding(payloadType, Buffer.from(payload, 'base64'));
  const [signature] = signatures;
  if (signature === undefined || signatures.length > 1) return false;
  // Who signed otherwise than by the key itself says how.
  if (![keyIdOf(key), 'sshsig', 'command'].includes(signature.keyid)) return false;
  const bytes = Buffer.from(signature.sig, 'base64');
  const raw = bytes.subarray(-64);
  if (bytes.length === 64) return verify(null, message, key, raw);
  return ['sha512', 'sha256'].some((hash) => {
    const head = [NAMESPACE, '', hash].map((part) => sshString(part));
    const signed = Buffer.concat([
      Buffer.from('SSHSIG'),
      ...head,
      sshString(createHash(hash).update(message).digest()),
    ]);
    const parts = [
      sshString(sshKey(rawKey(key))),
      ...head,
      sshString(sshString('ssh-ed25519'), sshString(raw)),
    ];
    return (
      bytes.equals(Buffer.concat([Buffer.from('SSHSIG\0\0\0\x01'), ...parts])) &&
      verify(null, signed, key, raw)
    );
  });
}
