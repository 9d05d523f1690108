import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { BuiltInTpm, Random } from '../../../src/sim/index.ts';
import type { Instant } from '../../../src/units/index.ts';
import { Library, refusal, startedLibrary } from './library.ts';

/** [CHIP 5.1] for the codes, [TPM2 Part 3, 5.2] for the order in which they are looked for. */
const REFUSED = [
  {
    what: 'a tag that is neither with nor without sessions',
    command: '8003 0000000a 0000017b',
    answer: '00c40000000a0000001e',
  },
  { what: 'a size that is not what was received', command: '8001 0000000b 0000017b', answer: refusal(0x142) },
  { what: 'an unknown command', command: '8001 0000000a 00000199', answer: refusal(0x143) },
  {
    what: 'a vendor command that nobody answers',
    command: '8001 0000000c 20000001 0012',
    answer: refusal(0x143),
  },
  { what: 'parameters that are missing', command: '8001 0000000a 0000017b', answer: refusal(0x09a) },
  { what: 'bytes behind the parameters', command: '8001 0000000d 0000017b 0008 00', answer: refusal(0x095) },
  { what: 'a second Startup', command: '8001 0000000c 00000144 0000', answer: refusal(0x100) },
  {
    what: 'a PCR that does not exist',
    command: '8002 00000022 00000182 00000018 00000009 40000009 0000 00 0000 00000000',
    answer: undefined,
  },
] as const;

for (const { what, command, answer } of REFUSED)
  test(`${what} is refused with a header and nothing else`, () => {
    const response = startedLibrary().send(command);
    expect(response).toHaveLength(20);
    expect(response.slice(12)).not.toBe('00000000');
    if (answer !== undefined) expect(response).toBe(answer);
  });

test('every command but Startup is refused with TPM_RC_INITIALIZE before Startup, and after a reset', () => {
  const library = new Library();
  for (const command of [
    '8001 0000000c 0000017b 0008',
    '8001 0000000b 00000143 01',
    '8001 0000000c 00000145 0000',
  ])
    expect(library.send(command)).toBe(refusal(0x100));
  library.send('8001 0000000c 00000144 0000');
  expect(library.send('8001 0000000c 0000017b 0000')).toBe('80010000000c000000000000');
  library.reset();
  expect(library.send('8001 0000000c 0000017b 0008')).toBe(refusal(0x100));
});

/** A command whose header is right, with whatever behind it. */
const plausible = fc
  .tuple(
    fc.constantFrom(0x8001, 0x8002),
    fc.constantFrom(
      0x144,
      0x143,
      0x145,
      0x17a,
      0x17b,
      0x146,
      0x17e,
      0x182,
      0x13d,
      0x17d,
      0x186,
      0x15c,
      0x13e,
      0x165,
      0x181,
      0x185,
      0x17c,
    ),
    fc.uint8Array({ maxLength: 120 }),
  )
  .map(([tag, code, body]) => {
    const bytes = Buffer.alloc(10 + body.length);
    bytes.writeUInt16BE(tag, 0);
    bytes.writeUInt32BE(bytes.length, 2);
    bytes.writeUInt32BE(code, 6);
    bytes.set(body, 10);
    return Uint8Array.from(bytes);
  });

test('any bytes at all get a whole response: a size that is right, a tag that exists', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(plausible, fc.uint8Array({ maxLength: 64 })), { maxLength: 12 }),
      (commands) => {
        const tpm = new BuiltInTpm({ random: new Random(7), now: () => 0 as Instant });
        tpm.execute(Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0));
        for (const command of commands) {
          const response = Buffer.from(tpm.execute(command));
          expect(response.readUInt32BE(2)).toBe(response.length);
          expect([0x8001, 0x8002, 0x00c4]).toContain(response.readUInt16BE(0));
          expect(response.length).toBeLessThanOrEqual(2048);
        }
      },
    ),
    { numRuns: 300 },
  );
});
