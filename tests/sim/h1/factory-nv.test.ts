import { expect, test } from '@playwright/test';
import { factoryNv } from '../../../src/sim/h1/vendor/factory-nv.ts';
import { BoardId } from '../../../src/sim/h1/vendor/board-id.ts';
import { NonVolatile } from '../../../src/sim/h1/vendor/non-volatile.ts';
import { traitsOf } from '../../../src/sim/h1/versions.ts';
import { DEFAULT_PROFILE, parseVersion } from '../../../src/sim/index.ts';
import type { Library } from '../tpm/library.ts';
import { codeOf, command, PASSWORD, startedLibrary } from '../tpm/library.ts';

/** The library of a chip with this board ID and serial number. */
function chip(boardId = new BoardId(), kept = new NonVolatile()): Library {
  return startedLibrary({ ...DEFAULT_PROFILE, factoryNv: factoryNv(boardId, kept) });
}

const readIndex = (index: string, size: string): string =>
  command(0x14e, { handles: index + index, sessions: PASSWORD, parameters: `${size} 0000` });
/** The data of NV_Read: behind header, size of the parameters and size of the data. */
const dataOf = (answer: string): string => answer.slice(32, -10);

test('the board ID is an NV index, blank until it is set, in the byte order of the core [CHIP 5.6]', () => {
  const boardId = new BoardId();
  const library = chip(boardId);
  expect(dataOf(library.send(readIndex('013fff00', '000c')))).toBe('ff'.repeat(12));
  boardId.set(0x5a5a4352, 0x7f80);
  expect(dataOf(library.send(readIndex('013fff00', '000c')))).toBe('52435a5a' + 'adbca5a5' + '807f0000');
});

test('the serial number is one too, with 4 bytes before its hash [CHIP 5.6]', () => {
  const kept = new NonVolatile();
  const library = chip(new BoardId(), kept);
  expect(dataOf(library.send(readIndex('013fff01', '0010')))).toBe('ff'.repeat(16));
  kept.serialNumberHash = Uint8Array.from({ length: 12 }, (_, at) => at);
  expect(dataOf(library.send(readIndex('013fff01', '0010')))).toBe('0fffffff' + '000102030405060708090a0b');
});

test('NV_ReadPublic tells their sizes and attributes; those behind the last are empty [CHIP 5.6]', () => {
  const library = chip();
  const publicOf = (index: string): string => library.send(command(0x169, { handles: index })).slice(20, 52);
  expect(publicOf('013fff00')).toBe('000e' + '013fff00' + '000b' + '20042c00' + '0000' + '000c');
  expect(publicOf('013fff01').slice(-4)).toBe('0010');
  expect(publicOf('013fff02').slice(-4)).toBe('013b');
  expect(publicOf('013fff03').slice(-4)).toBe('0020');
  expect(publicOf('013fff04').slice(-4)).toBe('0000');
  expect(codeOf(library.send(command(0x169, { handles: '013ffeff' })))).toBe(0x18b);
  expect(codeOf(library.send(command(0x169, { handles: '01400000' })))).toBe(0x18b);
});

const INDEX = '013fff00';
const NOT_ALLOWED: readonly (readonly [what: string, request: string, code: number])[] = [
  [
    'a read by the owner',
    command(0x14e, { handles: `40000001 ${INDEX}`, sessions: PASSWORD, parameters: '0004 0000' }),
    0x149,
  ],
  ['a read beyond the end', readIndex(INDEX, '000d'), 0x146],
  [
    'a write',
    command(0x137, { handles: `40000001 ${INDEX}`, sessions: PASSWORD, parameters: '0001 00 0000' }),
    0x148,
  ],
  ['NV_UndefineSpace', command(0x122, { handles: `40000001 ${INDEX}`, sessions: PASSWORD }), 0x082],
  [
    'NV_DefineSpace',
    command(0x12a, {
      handles: '40000001',
      sessions: PASSWORD,
      parameters: `0000 000e ${INDEX} 000b 00020002 0000 0008`,
    }),
    0x14c,
  ],
];

for (const [what, request, code] of NOT_ALLOWED)
  test(`${what} of one is 0x${code.toString(16).padStart(3, '0')} [CHIP 5.6]`, () => {
    expect(codeOf(chip().send(request)).toString(16)).toBe(code.toString(16));
  });

test('GetCapability does not list them [CHIP 5.6]', () => {
  const query = command(0x17a, { parameters: '00000001 01000000 00000010' });
  expect(chip().send(query)).toBe('8001000000130000000000' + '00000001' + '00000000');
});

test('releases before 0.5 do not tell them [CHIP 5.6]', () => {
  const tells = ['0.3.28', '0.5.1', '0.5.4', '0.5.280'].map(
    (text) => traitsOf(parseVersion(text)).tellsFactoryNv,
  );
  expect(tells).toEqual([false, true, true, true]);
});
