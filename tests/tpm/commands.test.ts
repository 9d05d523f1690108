import { expect, test } from '@playwright/test';
import * as tpm from '../../src/tpm/index.ts';
import type { TpmCommand } from '../../src/tpm/index.ts';
import { TpmReader } from '../../src/wire/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const ZEROS = '00'.repeat(32);

/** Each command as its layout in [TPM2 Part 3] has it. */
const COMMANDS: readonly [TpmCommand<unknown>, string][] = [
  [tpm.startup('clear'), '8001 0000000c 00000144 0000'],
  [tpm.startup('state'), '8001 0000000c 00000144 0001'],
  [tpm.shutdown('clear'), '8001 0000000c 00000145 0000'],
  [tpm.shutdown('state'), '8001 0000000c 00000145 0001'],
  [tpm.selfTest('full'), '8001 0000000b 00000143 01'],
  [tpm.selfTest('rest'), '8001 0000000b 00000143 00'],
  [tpm.getTestResult(), '8001 0000000a 0000017c'],
  [tpm.getRandom(32), '8001 0000000c 0000017b 0020'],
  [tpm.stirRandom(bytes('a1b2')), '8001 0000000e 00000146 0002 a1b2'],
  [tpm.pcrRead({ hash: 11, pcrs: [9] }), '8001 00000014 0000017e 00000001 000b 03 000200'],
  [
    tpm.pcrExtend(5, [{ hash: 11, digest: new Uint8Array(32) }]),
    `8002 00000041 00000182 00000005 00000009 40000009 0000 00 0000 00000001 000b ${ZEROS}`,
  ],
  [tpm.pcrReset(16), '8002 0000001b 0000013d 00000010 00000009 40000009 0000 00 0000'],
  [tpm.hash(bytes('616263'), 4), '8001 00000015 0000017d 0003 616263 0004 40000007'],
  [tpm.hashSequenceStart(11), '8001 0000000e 00000186 0000 000b'],
  [
    tpm.sequenceUpdate(0x80000001, bytes('6162')),
    '8002 0000001f 0000015c 80000001 00000009 40000009 0000 00 0000 0002 6162',
  ],
  [tpm.flushContext(0x80000001), '8001 0000000e 00000165 80000001'],
  [tpm.readClock(), '8001 0000000a 00000181'],
  [tpm.getProperties(0x105, 1), '8001 00000016 0000017a 00000006 00000105 00000001'],
  // [CHIP 5.1], and [CHIP 10.3] for the bytes.
  [tpm.getSysInfo(), '8001 0000000c 20000000 0012'],
  [tpm.getBoardId(), '8001 0000000c 20000000 0019'],
  [tpm.getChipId(), '8001 0000000c 20000000 004b'],
  [tpm.commitNvmem(), '8001 0000000c 20000000 0015'],
  [tpm.getTpmMode(), '8001 0000000c 20000000 0028'],
];

for (const [command, layout] of COMMANDS)
  test(`${command.name} is ${layout}`, () => {
    expect(hex(command.bytes)).toBe(layout.replaceAll(' ', ''));
  });

test('a response says what it is in numbers: random bytes, a digest, a board id', () => {
  expect(hex(tpm.getRandom(4).decode(new TpmReader(bytes('0004 deadbeef'))))).toBe('deadbeef');
  const { digest, ticket } = tpm
    .hash(new Uint8Array(), 4)
    .decode(new TpmReader(bytes(`0014 ${'11'.repeat(20)} 8024 40000007 0000`)));
  expect([hex(digest), ticket.tag, ticket.hierarchy]).toEqual(['11'.repeat(20), 0x8024, 0x40000007]);
});

test('execute refuses a response code in the words of the TCG', async () => {
  const answer = (code: string) => ({ transmit: async () => bytes(`8001 0000000a ${code}`) });
  await expect(tpm.execute(answer('00000100'), tpm.getRandom(4))).rejects.toThrow(/TPM_RC_INITIALIZE/);
  await expect(tpm.execute(answer('00000907'), tpm.pcrReset(0))).rejects.toThrow(/TPM_RC_LOCALITY/);
  await expect(tpm.execute(answer('0000018b'), tpm.flushContext(1))).rejects.toThrow(/TPM_RC_HANDLE/);
});

for (const response of ['', '8001', '8001 0000000b 00000000', '8001 00000009 00000000 00'])
  test(`execute refuses the response "${response}", whose header is wrong`, async () => {
    await expect(tpm.execute({ transmit: async () => bytes(response) }, tpm.getRandom(4))).rejects.toThrow();
  });
