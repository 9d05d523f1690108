import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended } from '../../src/driver/index.ts';
import { refusal, tinyTpm } from './fake-chip.ts';
import { probed } from './probed.ts';

const ALL = [cr50SpiV1, linux61, recommended];
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test('the probe learns commands and allocated banks', async () => {
  for (const profile of ALL) {
    const { driver } = await probed(profile);
    expect(driver.inventory.commands.map(({ code }) => code)).toEqual([0x143, 0x144, 0x17b]);
    expect(driver.inventory.banks).toEqual([{ hash: 0x000b, digestSize: 32 }]);
  }
});

test('a bank without a selected PCR is not allocated, and the digest size of an unknown one is learnt from PCR 0', async () => {
  const { driver, chip } = await probed(recommended);
  await driver.remove();
  chip.engine = (code, command) => {
    if (code === 0x17a && command[13] === 5)
      return bytes(
        '8001 00000025 00000000 00 00000005 00000003 000b 03 ffffff 0004 03 000000 0027 03 ffffff',
      );
    if (code === 0x17e)
      return bytes(
        `8001 0000003e 00000000 00000015 00000001 0027 03 010000 00000001 0020 ${'11'.repeat(32)}`,
      );
    return tinyTpm(code, command);
  };
  await driver.probe();
  expect(driver.inventory.banks).toEqual([
    { hash: 0x000b, digestSize: 32 },
    { hash: 0x0027, digestSize: 32 },
  ]);
});

test('a PCR is read with its bit selected', async () => {
  const { driver, chip } = await probed(recommended);
  let sent = '';
  chip.engine = (code, command) => {
    sent = Buffer.from(command).toString('hex');
    return tinyTpm(code, command);
  };
  expect(await driver.pcrRead(17, 0x000b)).toEqual(new Uint8Array(32).fill(0x11));
  expect(sent).toBe('8001000000140000017e00000001000b03000002');
});

test('a PCR that does not exist, and a bank that is not allocated, are refused with -22', async () => {
  const { driver } = await probed(linux61);
  await expect(driver.pcrRead(24, 0x000b)).rejects.toMatchObject({ errno: -22 });
  await expect(driver.pcrRead(0, 0x0004)).rejects.toMatchObject({ errno: -22 });
});

test('a PCR whose digest has the wrong size is refused with -22', async () => {
  const { driver, chip } = await probed(linux61);
  chip.engine = () =>
    bytes(`8001 00000032 00000000 00000015 00000001 000b 03 010000 00000001 0014 ${'11'.repeat(20)}`);
  await expect(driver.pcrRead(0, 0x000b)).rejects.toMatchObject({ errno: -22 });
});

test('a PCR is extended with an empty password session', async () => {
  const { driver, chip } = await probed(recommended);
  let sent = '';
  chip.engine = (_code, command) => {
    sent = Buffer.from(command).toString('hex');
    return bytes('8002 00000013 00000000 00000000 0000 01 0000');
  };
  await driver.pcrExtend(16, [{ hash: 0x000b, digest: new Uint8Array(32).fill(0xab) }]);
  // The command of frames 200 to 202, for PCR 16 and another digest. [CHIP 10.2]
  expect(sent).toBe(
    `800200000041000001820000001000000009400000090000000000` + `00000001000b${'ab'.repeat(32)}`,
  );
});

test('a PCR is not extended unless there is one digest of the right size for each bank, in order', async () => {
  const { driver } = await probed(linux61);
  await expect(driver.pcrExtend(16, [])).rejects.toMatchObject({ errno: -22 });
  await expect(driver.pcrExtend(16, [{ hash: 0x0004, digest: new Uint8Array(20) }])).rejects.toMatchObject({
    errno: -22,
  });
  await expect(driver.pcrExtend(16, [{ hash: 0x000b, digest: new Uint8Array(20) }])).rejects.toMatchObject({
    errno: -22,
  });
});

test('a property is read, and one that the TPM does not have fails with -61', async () => {
  const { driver, chip } = await probed(linux61);
  expect(await driver.property(0x129)).toBe(3);
  chip.engine = () => bytes('8001 00000013 00000000 00 00000006 00000000');
  await expect(driver.property(0x129)).rejects.toMatchObject({ errno: -61 });
});

test('random bytes are asked for until there are enough, at most 6 times', async () => {
  const { driver, chip } = await probed(linux61);
  const few = (count: number): Uint8Array =>
    bytes(
      `8001 ${(12 + count).toString(16).padStart(8, '0')} 00000000 ${count.toString(16).padStart(4, '0')} ${'5a'.repeat(count)}`,
    );
  chip.engine = () => few(10);
  let before = chip.commands.length;
  expect(await driver.random(32)).toHaveLength(32);
  expect(chip.commands.length - before).toBe(4);
  chip.engine = () => few(2);
  before = chip.commands.length;
  expect(await driver.random(32)).toHaveLength(12);
  expect(chip.commands.length - before).toBe(6);
});

test('random bytes that run past the response fail with -14, an error of the TPM and none at all with -5', async () => {
  // [BUGS K-40]
  const { driver, chip } = await probed(linux61);
  chip.engine = () => bytes('8001 0000000e 00000000 0003 5a5a');
  await expect(driver.random(8)).rejects.toMatchObject({ errno: -14 });
  chip.engine = () => bytes('8001 0000000b 00000000 00');
  await expect(driver.random(8)).rejects.toMatchObject({ errno: -14 });
  chip.engine = () => refusal(0x101);
  await expect(driver.random(8)).rejects.toMatchObject({ errno: -5 });
  chip.engine = () => bytes('8001 0000000c 00000000 0000');
  await expect(driver.random(8)).rejects.toMatchObject({ errno: -5 });
});

test('0 and 129 random bytes are refused with -22', async () => {
  const { driver } = await probed(linux61);
  for (const count of [0, 129, 1.5]) await expect(driver.random(count)).rejects.toMatchObject({ errno: -22 });
});

test('the quality of the random device decides whether it is read in the background, as it was at probe', async () => {
  // [BUGS K-26] [BUGS L-28]
  expect(ALL.map(({ rng }) => rng.quality)).toEqual([1022, 700, 700]);
  const quiet = await probed(cr50SpiV1, { rngQuality: 0 });
  expect(await quiet.driver.fillRandom()).toHaveLength(0);
  expect(quiet.texts()).toEqual([]);
  const busy = await probed(cr50SpiV1);
  expect(await busy.driver.fillRandom()).toHaveLength(32);
});

test('a digest is computed by the TPM', async () => {
  const { driver, chip } = await probed(recommended);
  let sent = '';
  chip.engine = (code, command) => {
    sent = Buffer.from(command).toString('hex');
    return tinyTpm(code, command);
  };
  expect(await driver.hash(bytes('616263'), 0x000b)).toEqual(new Uint8Array(32).fill(0x22));
  expect(sent).toBe('8001000000150000017d0003616263000b40000007');
  chip.engine = () => refusal(0x143);
  await expect(driver.hash(bytes('616263'), 0x000b)).rejects.toMatchObject({ errno: -5 });
});
