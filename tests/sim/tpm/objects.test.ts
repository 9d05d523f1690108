import { expect, test } from '@playwright/test';
import { codeOf, command, PASSWORD, refusal, startedLibrary, SUCCESS } from './library.ts';

/** The storage template with P-256 and AES-128. [TPM2 Part 2, 12.2.4] */
const STORAGE = '0023 000b 00030472 0000 0006 0080 0043 0010 0003 0010 0000 0000';
/** CreatePrimary for the owner, without secrets or PCRs. [TPM2 Part 3, 24.1] */
const CREATE_PRIMARY = command(0x131, {
  handles: '40000001',
  sessions: PASSWORD,
  parameters: `0004 0000 0000 001a ${STORAGE} 0000 00000000`,
});

test('a primary key is the same each time, is told by ReadPublic, and goes with FlushContext [TPM2 Part 3, 24.1]', () => {
  const library = startedLibrary();
  const first = library.send(CREATE_PRIMARY);
  expect(first.slice(0, 4) + first.slice(12, 28)).toBe('8002' + '00000000' + '80000000');
  // Public area: 26 bytes of the template and 32 of each coordinate.
  const area = first.slice(36, 36 + 2 * (2 + 0x5a));
  expect(area.slice(0, 52)).toBe('005a' + '0023000b0003047200000006008000430010000300100020');
  expect(library.send(command(0x173, { handles: '80000000' })).slice(20, 20 + area.length)).toBe(area);
  expect(library.send(command(0x165, { parameters: '80000000' }))).toBe(SUCCESS);
  expect(codeOf(library.send(command(0x173, { handles: '80000000' })))).toBe(0x910);
  expect(library.send(CREATE_PRIMARY)).toBe(first);
});

test('three objects are loaded at most: the fourth is TPM_RC_OBJECT_MEMORY [TPM2 Part 3, 5.7]', () => {
  const library = startedLibrary();
  for (let at = 0; at < 3; at++) expect(codeOf(library.send(CREATE_PRIMARY))).toBe(0);
  expect(library.send(CREATE_PRIMARY)).toBe(refusal(0x902));
});
