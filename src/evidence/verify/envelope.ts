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
export function preAuthEncoding(type: string, payload: Buffer): Buffer {
  const typed = Buffer.from(type, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${typed.length} `),
    typed,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

/** The id of a key: SHA-256 of its 32 bytes. */
export const keyIdOf = (key: KeyObject): string => createHash('sha256').update(rawKey(key)).digest('hex');

/** The 32 bytes of an Ed25519 public key, which end its SPKI form. */
const rawKey = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-32);

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads a public key as PEM, or as one line of OpenSSH: `ssh-ed25519 AAAA...`. @throws Error with a sentence */
export function readPublicKey(text: string): KeyObject {
  const line = /^(?:\S+ )?ssh-ed25519 ([A-Za-z0-9+/=]+)/m.exec(text)?.[1];
  const key =
    line === undefined
      ? createPublicKey(text)
      : ed25519Key(new SshReader(Buffer.from(line, 'base64')).skip('ssh-ed25519').string());
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`the key is of kind ${key.asymmetricKeyType ?? 'unknown'}, and Ed25519 is wanted`);
  return key;
}

const ed25519Key = (raw: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' });

/** What a signature may call its key, beside the key's id: the way in which it was made. */
const MADE_BY = ['sshsig', 'command'];

/** Whether the one signature is by this key: plain Ed25519, or a signature of `ssh-keygen -Y sign`. */
export function isSignedBy({ payloadType, payload, signatures }: Envelope, key: KeyObject): boolean {
  const message = preAuthEncoding(payloadType, Buffer.from(payload, 'base64'));
  const [signature, ...more] = signatures;
  if (signature === undefined || more.length > 0) return false;
  const { keyid, sig } = signature;
  if (keyid !== keyIdOf(key) && !MADE_BY.includes(keyid)) return false;
  const bytes = Buffer.from(sig, 'base64');
  if (bytes.length === 64) return verify(null, message, key, bytes);
  return bytes.subarray(0, 6).toString('latin1') === SSH_MAGIC && isSshSignature(bytes, message, key);
}

const SSH_MAGIC = 'SSHSIG';

/** The signature that OpenSSH's PROTOCOL.sshsig describes, without its armour. */
function isSshSignature(bytes: Buffer, message: Buffer, key: KeyObject): boolean {
  try {
    const reader = new SshReader(bytes.subarray(SSH_MAGIC.length + 4));
    const signer = new SshReader(reader.string()).skip('ssh-ed25519').string();
    const [namespace, reserved, hash] = [reader.string(), reader.string(), reader.string().toString()];
    const signature = new SshReader(reader.string()).skip('ssh-ed25519').string();
    if (namespace.toString() !== NAMESPACE || !signer.equals(rawKey(key))) return false;
    if (hash !== 'sha256' && hash !== 'sha512') return false;
    const digest = createHash(hash).update(message).digest();
    const parts = [namespace, reserved, Buffer.from(hash), digest].map(sshString);
    return verify(null, Buffer.concat([Buffer.from(SSH_MAGIC), ...parts]), key, signature);
  } catch {
    return false;
  }
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads the strings of OpenSSH: 4 bytes of length, then the bytes. */
class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  string(): Buffer {
    const end = this.#at + 4 + this.#bytes.readUInt32BE(this.#at);
    if (end > this.#bytes.length) throw new Error('the key or signature of OpenSSH is cut off');
    const bytes = this.#bytes.subarray(this.#at + 4, end);
    this.#at = end;
    return bytes;
  }

  skip(wanted: string): this {
    const seen = this.string().toString('latin1');
    if (seen !== wanted) throw new Error(`the key is of kind ${seen}, and ${wanted} is wanted`);
    return this;
  }
}
