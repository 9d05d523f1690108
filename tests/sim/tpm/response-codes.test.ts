import { expect, test } from '@playwright/test';
import { codeOf, command, PASSWORD, startedLibrary } from './library.ts';

const TWO = '00000012 40000009 0000 00 0000 40000009 0000 00 0000';

/** What unmarshalling refuses: no code names a parameter or a handle. [CHIP 5.5] [TPM2 tpm_generated.c] */
const UNMARSHALLED: readonly (readonly [what: string, request: string, code: number])[] = [
  ['missing parameters', command(0x17b), 0x09a],
  ['missing handles', command(0x169), 0x09a],
  ['a buffer that is too large', command(0x146, { parameters: `0081${'00'.repeat(129)}` }), 0x095],
  ['an unknown hash', command(0x17d, { parameters: '0000 0012 40000007' }), 0x083],
  ['an unknown hierarchy', command(0x17d, { parameters: '0000 000b 4000000a' }), 0x084],
  ['a PCR beyond 23', command(0x13d, { handles: '00000018', sessions: PASSWORD }), 0x084],
  ['a Yes or No of 2', command(0x143, { parameters: '02' }), 0x084],
  ['five selections of PCRs', command(0x17e, { parameters: '00000005' }), 0x095],
  ['a selection of two bytes', command(0x17e, { parameters: '00000001 000b 02 0000' }), 0x084],
  ['reserved bits of an NV index', nvDefine('00060086'), 0x0a1],
  ['bytes behind the parameters', command(0x17b, { parameters: '0008 00' }), 0x095],
  ['AES with 192 bits', command(0x18a, { parameters: '0025 0006 00c0 0043' }), 0x084],
  ['an unknown mode', command(0x18a, { parameters: '0025 0006 0080 0099' }), 0x089],
  ['an unknown curve', command(0x18a, { parameters: '0023 0010 0010 0001 0010' }), 0x0a6],
  ['an unknown type of object', command(0x18a, { parameters: '0007' }), 0x08a],
  ['a policy for a command that there is not', policyCommandCode('00000199'), 0x143],
];

function nvDefine(attributes: string): string {
  return command(0x12a, {
    handles: '40000001',
    sessions: PASSWORD,
    parameters: `0000 000e 01800001 000b ${attributes} 0000 0010`,
  });
}

function policyCommandCode(code: string): string {
  return command(0x16c, { handles: '03000000', parameters: code });
}

const START_POLICY = command(0x176, {
  handles: '40000007 40000007',
  parameters: `0010 ${'00'.repeat(16)} 0000 01 0010 000b`,
});

for (const [what, request, code] of UNMARSHALLED)
  test(`${what}: 0x${code.toString(16).padStart(3, '0')}, without a number [CHIP 5.5]`, () => {
    const library = startedLibrary();
    library.send(START_POLICY);
    expect(codeOf(library.send(request)).toString(16)).toBe(code.toString(16));
  });

/** Handles and sessions do have a number in the codes of what comes behind unmarshalling. [TPM2 ExecCommand.c] */
const NUMBERED: readonly (readonly [what: string, request: string, code: number])[] = [
  ['an NV index that is not there, second', nvRead('40000001'), 0x28b],
  ['an NV index that is not there, first', nvRead('01800001'), 0x18b],
  ['an object that is not there', command(0x173, { handles: '80000000' }), 0x910],
  ['a persistent object that is not there', command(0x173, { handles: '81000001' }), 0x18b],
  ['a session that is not there', extendWith('00000009 02000000 0000 00 0000'), 0x918],
  ['reserved bits of a session', extendWith('00000009 40000009 0000 08 0000'), 0x9a1],
  ['attributes of a password', extendWith('00000009 40000009 0000 80 0000'), 0x982],
  ['a nonce of a password', extendWith('0000000a 40000009 0001 aa 00 0000'), 0x98f],
  ['a wrong password', extendWith('0000000a 40000009 0000 00 0001 aa'), 0x9a2],
  ['four sessions', extendWith(`00000024 ${'40000009 0000 00 0000'.repeat(4)}`), 0xd95],
  ['a password that authorizes nothing', command(0x17b, { sessions: PASSWORD, parameters: '0008' }), 0x18b],
  ['a second one', extendWith(TWO), 0x28b],
  ['an authorization area of 8 bytes', extendWith('00000008 40000009 0000 00 00'), 0x095],
  ['one that is longer than the command', extendWith('00000100 40000009 0000 00 0000'), 0x095],
  ['sessions where none are taken', command(0x181, { sessions: PASSWORD }), 0x145],
  ['no session where one is needed', command(0x182, { handles: '00000000', parameters: '00000000' }), 0x125],
];

function nvRead(auth: string): string {
  return command(0x14e, { handles: `${auth} 01800001`, sessions: PASSWORD, parameters: '0004 0000' });
}

function extendWith(sessions: string): string {
  return command(0x182, { handles: '00000000', sessions, parameters: '00000000' });
}

for (const [what, request, code] of NUMBERED)
  test(`${what}: 0x${code.toString(16).padStart(3, '0')} [TPM2 SessionProcess.c]`, () => {
    expect(codeOf(startedLibrary().send(request)).toString(16)).toBe(code.toString(16));
  });

test('commands without parameters take extra bytes [CHIP 5.5]', () => {
  const library = startedLibrary();
  expect(codeOf(library.send(command(0x181, { parameters: 'aabb' })))).toBe(0);
  expect(codeOf(library.send(command(0x17c, { parameters: 'aabb' })))).toBe(0);
  const reset = command(0x13d, { handles: '00000010', sessions: PASSWORD, parameters: 'aabb' });
  expect(codeOf(library.send(reset))).toBe(0);
});

test('FlushContext of a PCR, a permanent or a persistent handle is 0x084 [CHIP 5.5]', () => {
  const library = startedLibrary();
  for (const handle of ['00000001', '40000001', '81000001'])
    expect(codeOf(library.send(command(0x165, { parameters: handle }))), handle).toBe(0x084);
  for (const handle of ['80000000', '02000000'])
    expect(codeOf(library.send(command(0x165, { parameters: handle }))), handle).toBe(0x08b);
});

test('GetCapability of handles of an unknown type is 0x08b [CHIP 5.5]', () => {
  const query = command(0x17a, { parameters: '00000001 05000000 00000001' });
  expect(codeOf(startedLibrary().send(query))).toBe(0x08b);
});

test('Startup when started is 0x100, before its type is looked at [CHIP 5.5]', () => {
  expect(codeOf(startedLibrary().send(command(0x144, { parameters: '0002' })))).toBe(0x100);
});
