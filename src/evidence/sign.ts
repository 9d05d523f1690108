import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../units/index.ts';
import type { Envelope } from './verify/envelope.ts';
import { keyIdOf, NAMESPACE, PAYLOAD_TYPE, preAuthEncoding } from './verify/envelope.ts';
import type { Statement } from './verify/statement.ts';

/** Evidence cannot be signed with what was given. */
export class KeyWrong extends UsageError {}

/** Makes a signature over bytes. */
export type Signer = (message: Buffer) => { readonly keyid: string; readonly sig: string };

/** How long a command that signs may take, in milliseconds: somebody may have to touch a token. */
const SIGNING_MS = 120_000;

/**
 * A signer with a key file: Ed25519 as PEM, or a key of OpenSSH. `/dev/fd/3` is a descriptor.
 * @throws KeyWrong
 */
export function keySigner(file: string): Signer {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KeyWrong(`The key ${file} cannot be read.`, { cause });
  }
  if (text.includes('BEGIN OPENSSH PRIVATE KEY')) return sshSigner(text);
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') {
      const keyid = keyIdOf(createPublicKey(key));
      return (message) => ({ keyid, sig: sign(null, message, key).toString('base64') });
    }
  } catch {
    // What the parser says could quote the key.
  }
  throw new KeyWrong(
    `${file} is no Ed25519 private key that can be used without a passphrase. openssl genpkey -algorithm ed25519 makes one as PEM, ssh-keygen -t ed25519 one of OpenSSH.`,
  );
}

/** The key goes into a file that only this user reads, and that lives as long as one signature. */
function sshSigner(key: string): Signer {
  return (message) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-sign-'));
    try {
      const file = join(folder, 'key');
      writeFileSync(file, key, { mode: 0o600 });
      const armoured = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', NAMESPACE, '-f', file, '-'], {
        input: message,
        stdio: ['pipe', 'pipe', 'ignore'],
        timeout: SIGNING_MS,
      }).toString('latin1');
      return { keyid: 'sshsig', sig: armoured.replace(/-----[^-]+-----/g, '').replace(/\s/g, '') };
    } catch (cause) {
      const reason =
        (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not installed' : 'it ended with an error';
      throw new KeyWrong(
        `ssh-keygen -Y sign could not sign: ${reason}. A key with a passphrase needs --sign-with and an agent.`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/**
 * A signer by a command: it reads what is to be signed on its input and writes 64 bytes of Ed25519, as they are or in
 * base64, or the armour of `ssh-keygen -Y sign`.
 */
export function commandSigner(command: string): Signer {
  return (message) => {
    const { status, stdout, error } = spawnSync('sh', ['-c', command], {
      input: message,
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: SIGNING_MS,
      maxBuffer: 64 * 1024,
    });
    // A command may end without reading what it was given.
    const failure = (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE' ? undefined : error;
    if (failure !== undefined || status !== 0)
      throw new KeyWrong(`The command that signs ended with ${failure?.message ?? `code ${status}`}.`);
    const text = stdout
      .toString('latin1')
      .replace(/-----[^-]+-----/g, '')
      .replace(/\s/g, '');
    const bytes = stdout.length === 64 ? stdout : Buffer.from(text, 'base64');
    if (bytes.length < 64)
      throw new KeyWrong(`The command that signs gave ${stdout.length} bytes, and a signature was expected.`);
    return { keyid: 'command', sig: bytes.toString('base64') };
  };
}

/** Signs a statement. Without a signer the envelope has no signature, and no verifier accepts it. */
export function envelopeOf(statement: Statement, signer: Signer | undefined): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  return {
    payloadType: PAYLOAD_TYPE,
    payload: payload.toString('base64'),
    signatures: signer === undefined ? [] : [signer(preAuthEncoding(PAYLOAD_TYPE, payload))],
  };
}
