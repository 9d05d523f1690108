import { expect, test } from '@playwright/test';
import { OwnDriver, cr50SpiV1, linux61, recommended } from '../../src/driver/index.ts';
import { FakeBoard } from './fake-board.ts';
import { FakeChip } from './fake-chip.ts';

const GET_RANDOM_32 = Uint8Array.from(Buffer.from('80010000000c0000017b0020', 'hex'));

/** What a whole command costs the Linux driver with the locality around it. [DRIVER 2.10] */
const CLAIM = ['R 0000 1', 'W 0000 1 02', 'R 0000 1'];
const READY = ['R 0018 1', 'W 0018 1 40', 'R 0018 1'];

/** `parts` are the command's bytes up to the last, the last, and the sizes of the two reads. */
function stepwise(command: string, tail: number): readonly string[] {
  const size = command.length / 2;
  const body = [
    'R 0018 4',
    `W 0024 ${size - 1} ${command.slice(0, -2)}`,
    'R 0018 1',
    'R 0018 1',
    `W 0024 1 ${command.slice(-2)}`,
    'R 0018 1',
    'R 0018 1',
    'W 0018 1 20',
    'R 0018 1',
    'R 0018 1',
    'R 0018 4',
    'R 0024 10',
  ];
  const rest = tail > 0 ? ['R 0018 1', 'R 0018 4', `R 0024 ${tail}`] : [];
  return [...READY, ...body, ...rest, 'R 0018 1', 'R 0018 1', 'W 0018 1 40'];
}

const TOTAL_COMMANDS = stepwise('8001000000160000017a000000060000012900000001', 17);
const START_UP = [
  ...stepwise('80010000000b0000014300', 0),
  ...TOTAL_COMMANDS,
  ...stepwise('8001000000160000017a000000020000011f00000003', 21),
  ...stepwise('8001000000160000017a000000050000000000000001', 15),
];
const VERSION = ['W 0f90 1 00', ...Array<string>(16).fill('R 0f90 4')];

async function probed(profile: typeof linux61) {
  const board = new FakeBoard();
  const chip = new FakeChip(board);
  const driver = new OwnDriver({ board, profile });
  await driver.probe();
  return { board, chip, driver };
}

test('linux-6.1 probes with the frames that the stock driver was seen to send', async () => {
  const { board } = await probed(linux61);
  expect(board.texts).toEqual([
    'wake',
    'R 0f00 4',
    'R 0000 1',
    'R 0008 4',
    'R 0014 4',
    ...CLAIM,
    'W 0008 4 05000000',
    'W 0000 1 20',
    ...CLAIM,
    ...TOTAL_COMMANDS,
    'W 0000 1 20',
    'R 0f04 1',
    'R 0f00 2',
    ...CLAIM,
    ...START_UP,
    'W 0000 1 20',
    ...CLAIM,
    ...stepwise('80010000000c0000017b0020', 34),
    'W 0000 1 20',
    ...VERSION,
  ]);
});

test('cr50-spi-v1 probes in the order of the 2019 core', async () => {
  const { board } = await probed(cr50SpiV1);
  const release = ['W 0000 1 20', 'R 0000 1'];
  expect(board.texts).toEqual([
    'wake',
    'R 0000 1',
    'R 0008 4',
    'W 0008 4 87000000',
    ...CLAIM,
    ...TOTAL_COMMANDS,
    ...release,
    'R 0f00 4',
    'R 0f04 1',
    'R 0f00 2',
    'R 0014 4',
    ...CLAIM,
    ...START_UP,
    ...release,
    ...CLAIM,
    ...stepwise('80010000000c0000017b0010', 18),
    ...release,
    ...VERSION,
  ]);
});

test('cr50-spi-v1 takes 26 accesses for a GetRandom when every status is good at first sight', async () => {
  const { board, driver } = await probed(cr50SpiV1);
  const before = { frames: board.frames.length, accesses: driver.counters.accesses };
  const response = await driver.transmit(GET_RANDOM_32);
  expect(response).toHaveLength(44);
  expect(driver.counters.accesses - before.accesses).toBe(26);
  expect(board.frames.length - before.frames).toBe(26);
});

test('recommended takes 7 frames for GetRandom(32)', async () => {
  const { board, driver } = await probed(recommended);
  const before = board.frames.length;
  const response = await driver.transmit(GET_RANDOM_32);
  expect(response).toHaveLength(44);
  expect(board.texts.slice(before)).toEqual([
    'W 0018 1 40',
    'R 0018 4',
    'W 0024 12 80010000000c0000017b0020',
    'W 0018 1 20',
    'R 0018 4',
    'R 0024 44',
    'W 0018 1 40',
  ]);
});

test('recommended takes 39 frames to hash 1024 bytes', async () => {
  const { board, driver } = await probed(recommended);
  const before = board.frames.length;
  expect(await driver.hash(new Uint8Array(1024), 0x000b)).toEqual(new Uint8Array(32).fill(0x22));
  expect(board.frames.length - before).toBe(39);
});

test('an access read is the frame 80 d4 00 00 of the captured board', async () => {
  const { board, driver } = await probed(linux61);
  const before = board.frames.length;
  await driver.phy.read8(0x0000);
  await driver.phy.write8(0x0000, 0x02);
  await driver.phy.read32(0x0018);
  // Frames 0, 1 and 6 of the capture. [CHIP 10.2]
  expect(board.frames.slice(before).map(({ sent }) => sent)).toEqual(['80d40000', '00d4000002', '83d40018']);
});

test('the shutdown of the captured board, frame by frame, when linux-6.1 is removed', async () => {
  const { board, driver } = await probed(linux61);
  const before = board.frames.length;
  await driver.remove();
  // Frames 0 to 27, the polls of frames 14 to 19 left out. [CHIP 10.2]
  expect(
    board.frames
      .slice(before)
      .map(({ sent }) => sent)
      .slice(0, 22),
  ).toEqual([
    '80d40000',
    '00d4000002',
    '80d40000',
    '80d40018',
    '00d4001840',
    '80d40018',
    '83d40018',
    '0ad4002480010000000c0000014500',
    '80d40018',
    '80d40018',
    '00d4002400',
    '80d40018',
    '80d40018',
    '00d4001820',
    '80d40018',
    '80d40018',
    '83d40018',
    '89d40024',
    '80d40018',
    '80d40018',
    '00d4001840',
    '00d4000020',
  ]);
  expect(board.texts.slice(before + 22)).toEqual(['R 0008 4', 'W 0008 4 00000000']);
});

for (const profile of [cr50SpiV1, linux61, recommended])
  test(`${profile.name} shuts the TPM down when it is removed, and answers nobody afterwards`, async () => {
    const { chip, driver } = await probed(profile);
    await driver.remove();
    expect(chip.commands.at(-1)).toBe(0x145);
    expect(chip.access).toBe(0x80);
    expect(driver.isProbed).toBe(false);
    await expect(driver.transmit(GET_RANDOM_32)).rejects.toMatchObject({ errno: -32 });
  });
