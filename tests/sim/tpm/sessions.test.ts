import { expect, test } from '@playwright/test';
import type { Library } from './library.ts';
import { codeOf, command, refusal, startedLibrary, SUCCESS } from './library.ts';

const NULL_HANDLES = '40000007 40000007';

/** StartAuthSession, unbound and unsalted, with SHA-256. [TPM2 Part 3, 11.1] */
const start = (type: '00' | '01' | '03'): string =>
  command(0x176, {
    handles: NULL_HANDLES,
    parameters: `0020 ${'00'.repeat(32)} 0000 ${type} 0010 000b`,
  });

const policyDigest = (library: Library, session: string): string =>
  library.send(command(0x189, { handles: session })).slice(24);

test('an HMAC session and a policy session have handles of their ranges [TPM2 Part 2, 7.4]', () => {
  const library = startedLibrary();
  expect(library.send(start('00'))).toMatch(/^80010000003000000000020000000020[0-9a-f]{64}$/);
  expect(library.send(start('01'))).toMatch(/^80010000003000000000030000010020[0-9a-f]{64}$/);
});

test('three sessions are loaded at most: the fourth is TPM_RC_SESSION_MEMORY [TPM2 Part 3, 11.1]', () => {
  const library = startedLibrary();
  for (let at = 0; at < 3; at++) expect(codeOf(library.send(start('00')))).toBe(0);
  expect(library.send(start('00'))).toBe(refusal(0x903));
  expect(library.send(command(0x165, { parameters: '02000001' }))).toBe(SUCCESS);
  expect(codeOf(library.send(start('00')))).toBe(0);
});

test('policies extend the digest of the session [TPM2 Part 3, 23]', () => {
  const library = startedLibrary();
  library.send(start('03'));
  const session = '03000000';
  expect(policyDigest(library, session)).toBe('00'.repeat(32));
  expect(library.send(command(0x16b, { handles: session }))).toBe(SUCCESS);
  // SHA-256 of 32 bytes 00 and the command code 0000016b.
  expect(policyDigest(library, session)).toBe(
    '8fcd2169ab92694e0c633f1ab772842b8241bbc20288981fc7ac1eddc1fddb0e',
  );
  expect(library.send(command(0x180, { handles: session }))).toBe(SUCCESS);
  expect(policyDigest(library, session)).toBe('00'.repeat(32));
});

test('PolicyCommandCode takes one code, and no other behind it [TPM2 Part 3, 23.11]', () => {
  const library = startedLibrary();
  library.send(start('03'));
  const bind = (code: string): string =>
    library.send(command(0x16c, { handles: '03000000', parameters: code }));
  expect(bind('0000014e')).toBe(SUCCESS);
  // SHA-256 of 32 bytes 00, 0000016c and 0000014e.
  expect(policyDigest(library, '03000000')).toBe(
    '47ce3032d8bad1f3089cb0c09088de43501491d460402b90cd1b7fc0b68ca92f',
  );
  expect(codeOf(bind('0000014f')) & 0x0bf).toBe(0x084);
});

test('PolicyPassword answers on 0.5.4 [CHIP 5.5]', () => {
  const library = startedLibrary();
  library.send(start('01'));
  expect(library.send(command(0x18c, { handles: '03000000' }))).toBe(SUCCESS);
});
