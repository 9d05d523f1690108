import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { readPcrSelections, TpmReader, TpmWriter, writePcrSelections } from '../../src/wire/index.ts';
import { ResponseMalformed } from '../../src/wire/response-malformed.ts';

test('numbers are most significant byte first', () => {
  const reader = new TpmReader(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 1, 0));
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([1, 0x0203, 0x04050607, 256n]);
  reader.finish();
});

test('a response that ends too early or too late is misshapen', () => {
  const bytes = Uint8Array.of(0, 5, 1, 2);
  expect(() => new TpmReader(bytes).sized()).toThrow(ResponseMalformed);
  expect(() => new TpmReader(bytes).take(5)).toThrow(ResponseMalformed);
  expect(() => new TpmReader(Uint8Array.of(1)).u16()).toThrow(ResponseMalformed);
  expect(() => {
    new TpmReader(bytes).finish();
  }).toThrow(ResponseMalformed);
});

test('PCRs 0, 7, 8 and 23 of SHA-256 are selected by 81 01 80', () => {
  // [TPM2 Part 2, 10.6.2] [DRIVER 3.2]
  const writer = new TpmWriter();
  writePcrSelections(writer, [{ hash: 0x000b, pcrs: [0, 7, 8, 23] }]);
  const bytes = writer.done();
  expect([...bytes]).toEqual([0, 0, 0, 1, 0, 0x0b, 3, 0x81, 0x01, 0x80]);
  expect(readPcrSelections(new TpmReader(bytes))).toEqual([{ hash: 0x000b, pcrs: [0, 7, 8, 23] }]);
  expect(() => {
    writePcrSelections(new TpmWriter(), [{ hash: 4, pcrs: [24] }]);
  }).toThrow(RangeError);
});

test('any selection comes back as it was', () => {
  const selection = fc.record({
    hash: fc.constantFrom(4, 11, 12, 13),
    pcrs: fc.uniqueArray(fc.nat(23)).map((pcrs) => pcrs.sort((a, b) => a - b)),
  });
  fc.assert(
    fc.property(fc.array(selection, { maxLength: 4 }), (selections) => {
      const writer = new TpmWriter();
      writePcrSelections(writer, selections);
      expect(readPcrSelections(new TpmReader(writer.done()))).toEqual(selections);
    }),
  );
});
