import { expect, test } from '@playwright/test';

import { instant, seconds } from '../../../src/units/index.ts';
import type { Library } from './library.ts';
import {
  PASSWORD,
  readPcr,
  refusal,
  SHUTDOWN_STATE,
  startedLibrary,
  STARTUP_CLEAR,
  STARTUP_STATE,
  SUCCESS,
} from './library.ts';

/** The digests of the three bytes `abc`. [FIPS 180-4, examples] */
const ABC_SHA1 = 'a9993e364706816aba3e25717850c26c9cd0d89d';
const ABC_SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

/** Of 40 and of 64 zero bytes: what a PCR holds after zeros were extended into zeros. */
const ZEROS_SHA1 = 'b80de5d138758541c5f05265ad144ab9fa86d1db';
const ZEROS_SHA256 = 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b';

const extendZeros = (library: Library, pcr: string): string =>
  library.send(
    `8002 00000057 00000182 000000${pcr} ${PASSWORD} 00000002 0004 ${'00'.repeat(20)} 000b ${'00'.repeat(32)}`,
  );

test('SelfTest succeeds, and GetTestResult says so', () => {
  // [TPM2 Part 3, 10.2 and 10.4]
  const library = startedLibrary();
  expect(library.send('8001 0000000b 00000143 01')).toBe(SUCCESS);
  expect(library.send('8001 0000000b 00000143 02')).toMatch(/^80010000000a/);
  expect(library.send('8001 0000000a 0000017c')).toMatch(/00000000$/);
});

test('GetRandom gives as many bytes as asked for up to the largest digest, and others each time', () => {
  // [TPM2 Part 3, 16.1]
  const library = startedLibrary();
  const first = library.send('8001 0000000c 0000017b 0010');
  expect(first).toMatch(/^80010000001c000000000010[0-9a-f]{32}$/);
  expect(library.send('8001 0000000c 0000017b 0010')).not.toBe(first);
  expect(library.send('8001 0000000c 0000017b 0000')).toBe('80010000000c000000000000');
});

test('StirRandom takes up to 128 bytes', () => {
  // [TPM2 Part 3, 16.2]
  const library = startedLibrary();
  expect(library.send('8001 0000000e 00000146 0002 abcd')).toBe(SUCCESS);
  expect(library.send(`8001 0000008c 00000146 0080 ${'55'.repeat(128)}`)).toBe(SUCCESS);
  expect(library.send(`8001 0000008d 00000146 0081 ${'55'.repeat(129)}`)).toBe(refusal(0x095));
});

test('Hash gives the digests of the standard', () => {
  // [TPM2 Part 3, 15.4]
  const library = startedLibrary();
  const sha256 = library.send('8001 00000015 0000017d 0003 616263 000b 40000007');
  expect(sha256.slice(20)).toMatch(new RegExp(`^0020${ABC_SHA256}8024`));
  const sha1 = library.send('8001 00000015 0000017d 0003 616263 0004 40000007');
  expect(sha1.slice(20)).toMatch(new RegExp(`^0014${ABC_SHA1}8024`));
});

test('a hash sequence of two pieces gives the digest of the whole, and its handle is gone', () => {
  // [TPM2 Part 3, 17.3, 17.4 and 17.5]
  const library = startedLibrary();
  const begun = library.send('8001 0000000e 00000186 0000 000b');
  expect(begun).toMatch(/^80010000000e0000000080[0-9a-f]{6}$/);
  const handle = begun.slice(20);
  const updated = library.send(`8002 0000001f 0000015c ${handle} ${PASSWORD} 0002 6162`);
  expect(updated.slice(12, 20)).toBe('00000000');
  const complete = `8002 00000022 0000013e ${handle} ${PASSWORD} 0001 63 40000007`;
  expect(library.send(complete)).toContain(ABC_SHA256);
  expect(library.send(complete)).toBe(refusal(0x910));
});

test('an extended PCR holds the digest of what it held and what came, in both banks', () => {
  // [TPM2 Part 3, 22.2] [TPM2 Part 1, 17.5]
  const library = startedLibrary();
  expect(extendZeros(library, '05').slice(12, 20)).toBe('00000000');
  expect(readPcr(library, 5, '0004')).toBe(ZEROS_SHA1);
  expect(readPcr(library, 5, '000b')).toBe(ZEROS_SHA256);
  expect(readPcr(library, 6, '000b')).toBe('00'.repeat(32));
});

test('PCR 16 can be reset, PCR 0 cannot', () => {
  // [TPM2 Part 3, 22.8] [CHIP 6]
  const library = startedLibrary();
  extendZeros(library, '10');
  const reset = (pcr: string): string => library.send(`8002 0000001b 0000013d 000000${pcr} ${PASSWORD}`);
  expect(reset('10').slice(12, 20)).toBe('00000000');
  expect(readPcr(library, 16, '000b')).toBe('00'.repeat(32));
  expect(reset('00')).toBe(refusal(0x907));
});

test('EventSequenceComplete extends a PCR with the digests of what was said', () => {
  // [TPM2 Part 3, 17.6]
  const library = startedLibrary();
  const handle = library.send('8001 0000000e 00000186 0000 0010').slice(20);
  const response = library.send(
    `8002 0000002d 00000185 00000010 ${handle} 00000012 40000009 0000 00 0000 40000009 0000 00 0000 0003 616263`,
  );
  expect(response.slice(12, 20)).toBe('00000000');
  expect(response).toContain(ABC_SHA1);
  expect(response).toContain(ABC_SHA256);
});

test('Shutdown(STATE) and Startup(STATE) keep PCRs 0 to 15 over a reset, and no other', () => {
  // [CHIP 6]
  const library = startedLibrary();
  for (const pcr of ['00', '0f', '10']) extendZeros(library, pcr);
  expect(library.send(SHUTDOWN_STATE)).toBe(SUCCESS);
  library.reset();
  expect(library.send(STARTUP_STATE)).toBe(SUCCESS);
  expect([0, 15, 16].map((pcr) => readPcr(library, pcr, '000b'))).toEqual([
    ZEROS_SHA256,
    ZEROS_SHA256,
    '00'.repeat(32),
  ]);
});

test('Startup(STATE) without a Shutdown(STATE) before is refused with 0x084, and Startup(CLEAR) works then', () => {
  // [CHIP 5.5]
  const library = startedLibrary();
  library.reset();
  expect(library.send(STARTUP_STATE)).toBe(refusal(0x084));
  expect(library.send(STARTUP_CLEAR)).toBe(SUCCESS);
});

test('GetCapability names the manufacturer, all four banks and the commands that there are', () => {
  // [TPM2 Part 3, 30.2] [CHIP 5.1] [CHIP 5.5]
  const library = startedLibrary();
  expect(library.send('8001 00000016 0000017a 00000006 00000105 00000001')).toContain('0000010543524f53');
  expect(library.send('8001 00000016 0000017a 00000005 00000000 00000001')).toBe(
    '80010000002b000000000000000005000000040004 03ffffff000b03ffffff000c03ffffff000d03ffffff'.replace(
      ' ',
      '',
    ),
  );
  const commands = library.send('8001 00000016 0000017a 00000002 0000011f 00000100');
  for (const code of ['017b', '0182', '0144', '017d']) expect(commands).toContain(code);
});

test('ReadClock tells the time since the last TPM reset in ms, and the clock goes on', () => {
  // [TPM2 Part 3, 29.1] [CHIP 5.5]
  const library = startedLibrary();
  library.now = instant(seconds(100));
  const response = library.send('8001 0000000a 00000181');
  expect(Number.parseInt(response.slice(20, 36), 16)).toBe(100_000);
  library.reset();
  library.send(STARTUP_CLEAR);
  const after = library.send('8001 0000000a 00000181');
  expect(Number.parseInt(after.slice(20, 36), 16)).toBe(0);
  expect(Number.parseInt(after.slice(36, 52), 16)).toBe(100_000);
  // `safe` is the last byte: the reset was not announced.
  expect(after.slice(-2)).toBe('00');
});

test('FlushContext takes back a sequence, once', () => {
  // [TPM2 Part 3, 28.4]
  const library = startedLibrary();
  const handle = library.send('8001 0000000e 00000186 0000 000b').slice(20);
  expect(library.send(`8001 0000000e 00000165 ${handle}`)).toBe(SUCCESS);
  expect(library.send(`8001 0000000e 00000165 ${handle}`)).not.toBe(SUCCESS);
});
