import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended } from '../../src/driver/index.ts';
import { between, ms } from '../../src/units/index.ts';
import { makeCore } from './make-core.ts';

const ALL = [cr50SpiV1, linux61, recommended];

for (const profile of ALL) {
  test(`${profile.name} reads a status that fails as 0`, async () => {
    const { board, core } = await makeCore(profile);
    board.fate = () => ({ busError: { errno: 5 } });
    expect(await core.status.read()).toBe(0);
  });

  test(`${profile.name} waits for a status that comes in time`, async () => {
    const { board, core, texts } = await makeCore(profile);
    const at = board.clock.now();
    board.read = (_register, size) =>
      new Uint8Array(size).fill(between(at, board.clock.now()) > ms(150) ? 0x80 : 0);
    await core.status.waitFor(0x80, ms(200));
    expect(texts().length).toBeGreaterThan(10);
  });

  test(`${profile.name} gives a status up after its limit with -62, having looked twice at least`, async () => {
    const { board, core, texts } = await makeCore(profile);
    board.read = (_register, size) => new Uint8Array(size);
    const before = board.clock.now();
    await expect(core.status.waitFor(0x80, ms(200))).rejects.toMatchObject({
      name: 'StatusTimeout',
      errno: -62,
      seen: 0,
    });
    expect(between(before, board.clock.now())).toBeGreaterThanOrEqual(ms(199));
    expect(between(before, board.clock.now())).toBeLessThan(ms(220));
    const looks = texts().length;
    await expect(core.status.waitFor(0x80, ms(0))).rejects.toMatchObject({ errno: -62 });
    expect(texts().length - looks).toBe(2);
  });

  test(`${profile.name} looks once more when the limit passed in a long pause`, async () => {
    // [BUGS K-32]
    const { board, core } = await makeCore(profile);
    let looks = 0;
    board.fate = () => ({ readyAfter: ms(150) });
    board.read = (_register, size) => new Uint8Array(size).fill(++looks === 3 ? 0x80 : 0);
    await core.status.waitFor(0x80, ms(200));
    expect(looks).toBe(3);
  });

  test(`${profile.name} waits for a burstCount above 0 and fails with -16 when none comes in 750 ms`, async () => {
    const { board, core } = await makeCore(profile);
    let looks = 0;
    board.read = () => Uint8Array.of(0x80, ++looks < 5 ? 0 : 63, 0, 4);
    expect(await core.status.burstCount()).toBe(63);
    board.read = () => Uint8Array.of(0x80, 0, 0, 4);
    const before = board.clock.now();
    await expect(core.status.burstCount()).rejects.toMatchObject({ name: 'BurstCountZero', errno: -16 });
    expect(between(before, board.clock.now())).toBeGreaterThanOrEqual(ms(749));
  });

  test(`${profile.name} writes commandReady without minding the result`, async () => {
    const { board, core, texts } = await makeCore(profile);
    board.fate = () => ({ busError: { errno: 5 } });
    await core.status.ready();
    expect(texts()).toEqual(['W 0018 1 40']);
  });
}

test('cr50-spi-v1 believes every status, the others none with a bit that has to be 0, and complain once', async () => {
  // [DRIVER 2.4] [BUGS K-37]
  for (const [profile, status, complaints] of [
    [cr50SpiV1, 0xff, []],
    [linux61, 0x00, ['invalid TPM_STS.x 0xff, dumping stack for forensics']],
    [recommended, 0x00, ['invalid TPM_STS.x 0xff, dumping stack for forensics']],
  ] as const) {
    const { board, core, said } = await makeCore(profile);
    board.read = (_register, size) => new Uint8Array(size).fill(0xff);
    expect(await core.status.read()).toBe(status);
    expect(await core.status.read()).toBe(status);
    expect(said()).toEqual([...complaints]);
  }
});

/** What a lost header makes of TPM_STS: 0x01 in every byte. [BUGS K-13] */
test('cr50-spi-v1 cuts a burstCount of 257 to 64 with a warning, linux-6.1 takes it as it is', async () => {
  const ones = (_register: number, size: number): Uint8Array => new Uint8Array(size).fill(0x01);
  const seed = await makeCore(cr50SpiV1);
  seed.board.read = ones;
  expect(await seed.core.status.burstCount()).toBe(64);
  expect(seed.said()).toEqual(['Bad burstcnt read: 257']);
  const merged = await makeCore(linux61);
  merged.board.read = ones;
  expect(await merged.core.status.burstCount()).toBe(257);
  expect(merged.said()).toEqual([]);
});

test('recommended takes a status and burstCount of all ones for no status', async () => {
  const { board, core } = await makeCore(recommended);
  board.read = (_register, size) => new Uint8Array(size).fill(0x01);
  expect(await core.status.readWord()).toBe(0);
});
