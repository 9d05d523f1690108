import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { commandSigner, keySigner, KeyWrong, readPublicKey, verifyFolder } from '../../src/evidence/index.ts';
import type { Signer } from '../../src/evidence/index.ts';
import type { Envelope } from '../../src/evidence/verify/envelope.ts';
import { NAMESPACE, preAuthEncoding } from '../../src/evidence/verify/envelope.ts';
import { skippedWithout } from '../programs.ts';
import { writeMade } from './made.ts';

let root: string;
test.beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'h1-hil-sign-test-'));
});
test.afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const PYTHON = '/usr/bin/python3';
const hasLibrary = (): boolean => spawnSync(PYTHON, ['-c', 'import securesystemslib']).status === 0;
const withoutLibrary =
  process.env['CI'] === 'true' || hasLibrary()
    ? undefined
    : 'Needs from Debian python3-securesystemslib: there is none here.';
const withoutSsh = skippedWithout('openssh-client', 'ssh-keygen');

/** Writes signed evidence. @returns its folder */
function writeSigned(signer: Signer): string {
  const folder = join(root, 'evidence');
  mkdirSync(folder);
  writeMade(folder, undefined, signer);
  return folder;
}

function pemKey(): { readonly file: string; readonly text: string; readonly isPublic: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const file = join(root, 'key.pem');
  writeFileSync(file, text, { mode: 0o600 });
  return { file, text, isPublic: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

function sshKey(): { readonly file: string; readonly line: string } {
  const file = join(root, 'id_ed25519');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', file]);
  return { file, line: readFileSync(`${file}.pub`, 'utf8') };
}

const envelopeIn = (folder: string): Envelope =>
  JSON.parse(readFileSync(join(folder, 'envelope.json'), 'utf8')) as Envelope;

test('a key file in PEM, and its descriptor, sign; our verifier accepts it', () => {
  const { file, isPublic } = pemKey();
  const folder = writeSigned(keySigner(file));
  expect(verifyFolder(folder, readPublicKey(isPublic)).trouble).toEqual([]);
  const descriptor = openSync(file, 'r');
  const message = Buffer.from('x');
  expect(keySigner(`/dev/fd/${descriptor}`)(message)).toEqual(keySigner(file)(message));
});

test("Debian's python3-securesystemslib accepts the signature, and none over other bytes", () => {
  test.skip(withoutLibrary !== undefined, withoutLibrary);
  const { file, isPublic } = pemKey();
  const folder = writeSigned(keySigner(file));
  const raw = createPublicKey(isPublic).export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  const check = (envelope: string) =>
    spawnSync(PYTHON, ['tests/evidence/dsse-verify.py', envelope, raw], { encoding: 'utf8' });
  const { stdout, stderr, status } = check(join(folder, 'envelope.json'));
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toBe('https://in-toto.io/Statement/v1 https://in-toto.io/attestation/test-result/v0.1\n');
  const other = join(root, 'other.json');
  const envelope = envelopeIn(folder);
  const payload = Buffer.from(
    Buffer.from(envelope.payload, 'base64').toString().replace('PASSED', 'FAILED'),
  ).toString('base64');
  writeFileSync(other, JSON.stringify({ ...envelope, payload }));
  expect(check(other).status).not.toBe(0);
});

test('a key of OpenSSH signs, ssh-keygen -Y verify accepts it, and so does our verifier by the public line', () => {
  test.skip(withoutSsh !== undefined, withoutSsh);
  const { file, line } = sshKey();
  const folder = writeSigned(keySigner(file));
  expect(verifyFolder(folder, readPublicKey(line)).trouble).toEqual([]);
  const { payload, payloadType, signatures } = envelopeIn(folder);
  const [begin, end] = ['BEGIN', 'END'].map((word) => `-----${word} SSH SIGNATURE-----`);
  const body = signatures[0]!.sig.match(/.{1,70}/g)!.join('\n');
  writeFileSync(join(root, 'sig'), `${begin}\n${body}\n${end}\n`);
  writeFileSync(join(root, 'signers'), `lab ${line}`);
  const input = preAuthEncoding(payloadType, Buffer.from(payload, 'base64'));
  const words = ['-Y', 'verify', '-f', join(root, 'signers'), '-I', 'lab', '-n', NAMESPACE];
  const verified = spawnSync('ssh-keygen', [...words, '-s', join(root, 'sig')], { input, encoding: 'utf8' });
  expect(verified.stdout).toContain('Good "h1-hil" signature for lab');
});

test('every byte of a signature of OpenSSH is looked at', () => {
  test.skip(withoutSsh !== undefined, withoutSsh);
  const { file, line } = sshKey();
  const folder = writeSigned(keySigner(file));
  const key = readPublicKey(line);
  const envelope = envelopeIn(folder);
  const bytes = Buffer.from(envelope.signatures[0]!.sig, 'base64');
  const unfound = [...bytes.keys()].filter((at) => {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    const sig = changed.toString('base64');
    const text = JSON.stringify({ ...envelope, signatures: [{ keyid: 'sshsig', sig }] }, undefined, 2);
    writeFileSync(join(folder, 'envelope.json'), `${text}\n`);
    return verifyFolder(folder, key).trouble.length === 0;
  });
  expect(unfound).toEqual([]);
});

test('a command signs, as a security module or a service would', () => {
  const { file, isPublic } = pemKey();
  const command = `cat > ${join(root, 'm')} && openssl pkeyutl -sign -rawin -inkey ${file} -in ${join(root, 'm')}`;
  const folder = writeSigned(commandSigner(command));
  expect(envelopeIn(folder).signatures[0]!.keyid).toBe('command');
  expect(verifyFolder(folder, readPublicKey(isPublic)).trouble).toEqual([]);
});

for (const [what, command, says] of [
  ['fails', 'exit 3', 'The command that signs ended with code 3.'],
  ['writes nothing', 'true', 'The command that signs gave 0 bytes, and a signature was expected.'],
  ['is not there', 'no-such-program-here', 'The command that signs ended with code 127.'],
] as const)
  test(`a command that ${what} is told, and signs nothing`, () => {
    expect(() => commandSigner(command)(Buffer.from('x'))).toThrow(says);
  });

test('a wrong key is told by its file, and nothing of its content', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const secret = createHash('sha256').update('secret').digest('hex');
  for (const [name, text] of [
    ['rsa.pem', rsa.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['text.pem', secret],
    ['broken.pem', `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`],
    ['empty.pem', ''],
  ] as const) {
    const file = join(root, name);
    writeFileSync(file, text);
    const told = String(thrownBy(() => keySigner(file)));
    expect(told).toContain(name);
    expect(told).not.toContain(secret);
    expect(told).not.toContain('BEGIN');
  }
  expect(thrownBy(() => keySigner(join(root, 'missing')))).toBeInstanceOf(KeyWrong);
});

test('a key of OpenSSH with a passphrase is told, and asks nobody', () => {
  test.skip(withoutSsh !== undefined, withoutSsh);
  const file = join(root, 'locked');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', file]);
  expect(String(thrownBy(() => keySigner(file)(Buffer.from('x'))))).toContain(
    'A key with a passphrase needs --sign-with',
  );
});

test('no private key is in the evidence', () => {
  const { file, text } = pemKey();
  const folder = writeSigned(keySigner(file));
  const body = text.split('\n')[1]!;
  const found = execFileSync('sh', ['-c', `grep -rlF "${body}" ${folder} || true`], { encoding: 'utf8' });
  expect(found).toBe('');
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (failure) {
    return failure;
  }
}
