import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { decodeHeader, encodeHeader } from '../../src/wire/index.ts';
import type { Direction } from '../../src/wire/index.ts';

/** Headers of a captured board, and of the two lengths at the end of the range. [CHIP 1.2] [CHIP 10.2] */
const HEADERS: readonly [Direction, number, number, readonly number[]][] = [
  ['read', 0x0000, 1, [0x80, 0xd4, 0x00, 0x00]],
  ['write', 0x0018, 1, [0x00, 0xd4, 0x00, 0x18]],
  ['read', 0x0018, 4, [0x83, 0xd4, 0x00, 0x18]],
  ['write', 0x0024, 11, [0x0a, 0xd4, 0x00, 0x24]],
  ['read', 0x0f90, 64, [0xbf, 0xd4, 0x0f, 0x90]],
];

for (const [direction, address, size, bytes] of HEADERS)
  test(`a ${direction} of ${size} bytes at 0x${address.toString(16)} has the header of the captured board`, () => {
    const header = new Uint8Array(4);
    encodeHeader(header, direction, address, size);
    expect([...header]).toEqual(bytes);
    expect(decodeHeader(header)).toEqual({ direction, size, address: 0xd40000 + address });
  });

test('bit 6, which coreboot sets and Linux does not, means nothing', () => {
  expect(decodeHeader(Uint8Array.of(0xc3, 0xd4, 0x0f, 0x00))).toEqual(
    decodeHeader(Uint8Array.of(0x83, 0xd4, 0x0f, 0x00)),
  );
});

test('what is encoded is decoded, and nothing else is encoded', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.nat(0xffff), fc.integer({ min: 1, max: 64 }), (isRead, address, size) => {
      const header = new Uint8Array(4);
      encodeHeader(header, isRead ? 'read' : 'write', address, size);
      expect(decodeHeader(header)).toEqual({
        direction: isRead ? 'read' : 'write',
        size,
        address: 0xd40000 + address,
      });
    }),
  );
  for (const size of [0, 65, -1, 1.5, NaN])
    expect(() => {
      encodeHeader(new Uint8Array(4), 'read', 0, size);
    }).toThrow(RangeError);
  for (const address of [-1, 0x10000, 0.5])
    expect(() => {
      encodeHeader(new Uint8Array(4), 'read', address, 1);
    }).toThrow(RangeError);
});
