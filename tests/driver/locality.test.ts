import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, recommended } from '../../src/driver/index.ts';
import type { Profile } from '../../src/driver/index.ts';
import { between, ms } from '../../src/units/index.ts';
import { makeCore } from './make-core.ts';

const ALL = [cr50SpiV1, linux61, recommended];

for (const profile of ALL) {
  test(`${profile.name} asks for a locality it does not have, and not for one it has`, async () => {
    const { core, texts } = await makeCore(profile);
    await core.locality.request(0);
    expect(texts()).toEqual(['R 0000 1', 'W 0000 1 02', 'R 0000 1']);
    await core.locality.request(0);
    expect(texts().slice(3)).toEqual(['R 0000 1']);
  });

  test(`${profile.name} gets a locality that is granted late`, async () => {
    const { board, chip, core } = await makeCore(profile);
    board.clock.after(ms(600), () => {
      chip.access = 0xa0;
    });
    board.write = () => undefined;
    await core.locality.request(0);
    expect(core.locality.current).toBe(0);
  });

  test(`${profile.name} fails with -1 when a locality is not granted within 750 ms`, async () => {
    const { board, core } = await makeCore(profile);
    board.write = () => undefined;
    const before = board.clock.now();
    await expect(core.locality.request(0)).rejects.toMatchObject({ name: 'LocalityRefused', errno: -1 });
    const waited = between(before, board.clock.now());
    // A deadline in ticks can be up to a tick early.
    expect(waited).toBeGreaterThanOrEqual(ms(746));
    expect(waited).toBeLessThan(ms(770));
  });

  test(`${profile.name} takes a read that fails for a locality it does not have`, async () => {
    const { board, core } = await makeCore(profile);
    board.fate = () => ({ busError: { errno: 5 } });
    expect(await core.locality.isOwned(0)).toBe(false);
  });
}

/** What TPM_ACCESS says, and who believes to own the locality. [DRIVER 2.3] [BUGS L-19] [BUGS K-36] */
const CHECKS: readonly { access: number; owners: readonly Profile[] }[] = [
  { access: 0xa0, owners: ALL },
  { access: 0x80, owners: [] },
  { access: 0x20, owners: [] },
  { access: 0xa2, owners: [cr50SpiV1] },
  { access: 0xff, owners: [cr50SpiV1] },
  { access: 0x01, owners: [] },
];

for (const { access, owners } of CHECKS)
  test(`TPM_ACCESS 0x${access.toString(16)} is owned for ${owners.map(({ name }) => name).join(', ') || 'nobody'}`, async () => {
    for (const profile of ALL) {
      const { chip, core } = await makeCore(profile);
      chip.access = access;
      expect(await core.locality.isOwned(0)).toBe(owners.includes(profile));
    }
  });

for (const [profile, followed] of [
  [cr50SpiV1, true],
  [linux61, false],
  [recommended, false],
] as const)
  test(`${profile.name} ${followed ? 'follows' : 'does not follow'} a release`, async () => {
    const { chip, core, texts } = await makeCore(profile);
    chip.access = 0xa0;
    await core.locality.release(0);
    expect(texts()).toEqual(followed ? ['W 0000 1 20', 'R 0000 1'] : ['W 0000 1 20']);
  });

test('cr50-spi-v1 waits 750 ms for a release that the chip never shows, and goes on', async () => {
  // [BUGS K-36]
  const { board, chip, core } = await makeCore(cr50SpiV1);
  chip.access = 0xa0;
  board.write = () => undefined;
  const before = board.clock.now();
  await core.locality.release(0);
  expect(between(before, board.clock.now())).toBeGreaterThanOrEqual(ms(750));
});

test('recommended has 30 s for the first locality of a chip that is busy at start', async () => {
  // [BUGS K-56]
  expect(recommended.probe.firstLocalityLimit).toBe(ms(30_000));
  const { board, chip, core } = await makeCore(recommended);
  board.write = () => undefined;
  board.clock.after(ms(5000), () => {
    chip.access = 0xa0;
  });
  await core.locality.request(0, recommended.probe.firstLocalityLimit);
  expect(board.clock.now()).toBeGreaterThanOrEqual(ms(5000));
});
