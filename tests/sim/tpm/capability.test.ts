import { expect, test } from '@playwright/test';
import { codeOf, command, startedLibrary } from './library.ts';

const query = (capability: number, first: string, count: string): string =>
  command(0x17a, { parameters: `${capability.toString(16).padStart(8, '0')} ${first} ${count}` });

/** moreData, and how many items an answer has. */
function listed(response: string): { more: number; count: number } {
  expect(codeOf(response)).toBe(0);
  return {
    more: Number.parseInt(response.slice(20, 22), 16),
    count: Number.parseInt(response.slice(30, 38), 16),
  };
}

test('there are 63 properties, and no NV_BUFFER_MAX among them [CHIP 5.5]', () => {
  const library = startedLibrary();
  expect(listed(library.send(query(6, '00000100', '00000080')))).toEqual({ more: 0, count: 63 });
  // The next property behind TPM_PT_VENDOR_COMMANDS is TPM_PT_PERMANENT. [TPM2 PropertyCap.c]
  expect(library.send(query(6, '0000012c', '00000001')).slice(38, 46)).toBe('00000200');
});

test('the largest digest is 64 bytes, and GetRandom gives no more [CHIP 5.5]', () => {
  const library = startedLibrary();
  expect(library.send(query(6, '00000120', '00000001')).slice(38)).toBe('0000012000000040');
  expect(library.send(command(0x17b, { parameters: '0041' })).slice(0, 24)).toBe('80010000004c000000000040');
});

test('PCRS with a count of 0 is an empty list with moreData [CHIP 5.5]', () => {
  expect(startedLibrary().send(query(5, '00000000', '00000000'))).toBe(
    '80010000001300000000010000000500000000',
  );
});

test('PCR_PROPERTIES tells which PCRs locality 0 may extend and reset [CHIP 5.5] [TPM2 PCR.c]', () => {
  const library = startedLibrary();
  expect(listed(library.send(query(7, '00000000', '00000040')))).toEqual({ more: 0, count: 15 });
  expect(library.send(query(7, '00000000', '00000003')).slice(38)).toBe(
    '00000000 03ffff00 00000001 03ffff81 00000002 03000081'.replaceAll(' ', ''),
  );
  // PCR 16 and 21 to 23 move no counter. [CHIP 5.5]
  expect(library.send(query(7, '00000011', '00000001')).slice(38)).toBe('00000011030000e1');
});

test('ECC_CURVES lists three curves, ALGS 24 algorithms [CHIP 5.5] [TPM2 AlgorithmCap.c]', () => {
  const library = startedLibrary();
  expect(library.send(query(8, '00000000', '00000010')).slice(38)).toBe('001000030004');
  expect(listed(library.send(query(0, '00000000', '00000040')))).toEqual({ more: 0, count: 24 });
  expect(library.send(query(0, '00000004', '00000001')).slice(38)).toBe('000400000004');
});

test('a list that is cut says so, and the next query goes on behind it [TPM2 Part 3, 30.2]', () => {
  const library = startedLibrary();
  expect(listed(library.send(query(2, '0000011f', '00000005')))).toEqual({ more: 1, count: 5 });
  expect(listed(library.send(query(2, '0000011f', '00000100')))).toEqual({ more: 0, count: 92 });
  // The extended command PolicyFidoSigned goes by its low 16 bits, with its two handles. [TPM2 CommandAttributeData.c]
  expect(library.send(query(2, '20008001', '00000001')).slice(38)).toBe('04008001');
});

test('the commands of TPM_PT_TOTAL_COMMANDS are those of the list [TPM2 PropertyCap.c]', () => {
  expect(
    startedLibrary()
      .send(query(6, '00000129', '00000002'))
      .slice(38),
  ).toBe('000001290000005c0000012a0000005b');
});
