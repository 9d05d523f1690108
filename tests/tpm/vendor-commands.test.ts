import { expect, test } from '@playwright/test';
import * as tpm from '../../src/tpm/index.ts';
import type { TpmCommand } from '../../src/tpm/index.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Requests and answers of [CHIP 10.3] where it has them, and else of the layouts in [CHIP 5.2]. */
const COMMANDS: readonly [TpmCommand<unknown>, string, string, unknown][] = [
  [
    tpm.getSysInfo(),
    '80010000000c200000000012',
    '80010000001c000000000012aa66150fde88588d0000000000000000',
    { roKeyId: 0xaa66150f, rwKeyId: 0xde88588d, deviceId: [0, 0] },
  ],
  [
    tpm.getBoardId(),
    '80010000000c200000000019',
    '8001000000180000000000195a5a4352a5a5bcad00007f80',
    { type: 0x5a5a4352, inverse: 0xa5a5bcad, flags: 0x7f80 },
  ],
  [
    tpm.setBoardId(0x5a5a4352, 0x7f80),
    '80010000001420000000001a5a5a435200007f80',
    '80010000000d00000000001a00',
    0,
  ],
  [
    tpm.getChipId(),
    '80010000000c20000000004b',
    '80010000001400000000004b00281ae000000000',
    { didVid: 0x00281ae0, chip: 0 },
  ],
  [tpm.commitNvmem(), '80010000000c200000000015', '80010000000c000000000015', undefined],
  [tpm.getTpmMode(), '80010000000c200000000028', '80010000000d00000000002800', 0],
  [tpm.setTpmMode(1), '80010000000d20000000002801', '80010000000d00000000002801', 1],
  [
    tpm.reportTpmState(),
    '80010000000c200000000017',
    '800100000024000000000017000000010000000000000000000000000000000000000020',
    { version: 1, failLine: 0, failCode: 0, functionName: 0, failedTries: 0, maxTries: 32 },
  ],
  [tpm.turnUpdateOn(1000), '80010000000e20000000001803e8', '80010000000d00000000001800', 0],
  [tpm.resetChipAfter(100), '80010000000e2000000000130064', '80010000000c000000000013', undefined],
  [tpm.getLock(), '80010000000c200000000010', '80010000000d00000000001001', 1],
  [tpm.invalidateInactiveRw(), '80010000000c200000000014', '80010000000c000000000014', undefined],
  [tpm.rebootAtReset(), '80010000000c200000000007', '80010000000d00000000000700', 0],
  [tpm.getBootMode(), '80010000000c200000000034', '80010000000d00000000003402', 2],
  [tpm.getChipTime(), '80010000000c200000000046', '800100000014000000000046000000e8d4a51000', 10n ** 12n],
];

for (const [command, request, response, meaning] of COMMANDS)
  test(`${command.name} is ${request}, and its answer is read`, async () => {
    let sent = '';
    const transmitter = {
      transmit: async (written: Uint8Array) => {
        sent = Buffer.from(written).toString('hex');
        return bytes(response);
      },
    };
    expect(await tpm.execute(transmitter, command)).toEqual(meaning);
    expect(sent).toBe(request);
  });

test('an answer to another sub-command is refused', async () => {
  const answer = { transmit: async () => bytes('80010000000d00000000001901') };
  await expect(tpm.execute(answer, tpm.getTpmMode())).rejects.toThrow(/sub-command 40 was sent, and 25/);
});

test('a refusal carries the code of the vendor', async () => {
  const answer = { transmit: async () => bytes('80010000000c0000057f0028') };
  await expect(tpm.execute(answer, tpm.getTpmMode())).rejects.toThrow(/VENDOR_RC_NO_SUCH_COMMAND \(0x57f\)/);
});
