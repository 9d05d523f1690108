import { expect, test } from '@playwright/test';
import type { Board } from '../../src/board/index.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import { OwnDriver, recommended } from '../../src/driver/index.ts';
import { powerUp } from '../../src/host/index.ts';
import { recordedBoard, recordedMaking, Scribe } from '../../src/procedure/index.ts';
import { ms, us } from '../../src/units/index.ts';

async function begun() {
  const bare = new SimBoard({ seed: 1 });
  await powerUp(bare);
  const scribe = new Scribe();
  const board = recordedBoard<Board & Pick<SimBoard, 'faults'>>(bare, scribe);
  const make = (options: Parameters<typeof recordedMaking>[0]['options'] = {}) =>
    recordedMaking(
      { options, tampering: undefined, profile: recommended },
      scribe,
      (how) => new OwnDriver({ board: bare, profile: recommended, ...how }),
    );
  return { board, scribe, make };
}

test('what is asked of a driver is one act, and nothing inside of it is another', async () => {
  const { scribe, make } = await begun();
  const driver = make({ hasInterrupt: false });
  await driver.probe();
  await driver.random(8);
  await driver.phy.read8(0xf04);
  driver.abandon();
  expect(scribe.acts).toEqual([
    { act: 'make-driver', hasInterrupt: false },
    { act: 'probe' },
    { act: 'call', method: 'random', with: [8] },
    { act: 'call', method: 'phy.read8', with: [0xf04] },
    { act: 'call', method: 'abandon' },
  ]);
  expect(scribe.unplayable).toEqual([]);
});

test('what is done with a board is written, with its times and bytes', async () => {
  const { board, scribe } = await begun();
  await board.clock.sleep(us(1.5));
  await board.faults.set({ kind: 'ready-late', by: ms(3), frames: { count: 1 } });
  await board.faults.clear();
  await board.spi.transaction([{ kind: 'exchange', bytes: Uint8Array.of(0x80, 0xd4, 0, 0) }], {
    byTest: 'frames',
  });
  await board.reset?.assert();
  (await board.bus.acquire())();
  expect(scribe.acts).toEqual([
    { act: 'idle', forMs: 0.0015 },
    { act: 'fault', fault: { kind: 'ready-late', byMs: 3, frames: { count: 1 } } },
    { act: 'clear-faults' },
    { act: 'transaction', steps: [{ kind: 'exchange', bytes: { hex: '80d40000' } }], byTest: 'frames' },
    { act: 'line', line: 'TPM_RST_L', on: true },
    { act: 'hold-bus' },
    { act: 'release-bus' },
  ]);
});

test('callers at the same time have a list each, and so have the places between two actions of a driver', async () => {
  const { board, scribe, make } = await begun();
  const driver = make({ hooks: { afterInterruptRequest: () => board.clock.sleep(ms(1)) } });
  await driver.probe();
  await board.clock.together<unknown>([() => driver.random(8), async () => board.clock.sleep(ms(2))]);
  expect(scribe.acts).toEqual([
    { act: 'make-driver', hooks: { afterInterruptRequest: { 0: [{ act: 'idle', forMs: 1 }] } } },
    { act: 'probe' },
    {
      act: 'together',
      callers: [[{ act: 'call', method: 'random', with: [8] }], [{ act: 'idle', forMs: 2 }]],
    },
  ]);
});

test('an error that the test expects stands at its act, and the one that fails the test does not', async () => {
  const { scribe, make } = await begun();
  const driver = make();
  const first: unknown = await driver.random(8).catch((error: unknown) => error);
  await driver.random(4).catch(() => undefined);
  const wrapped = new Error('of the test', { cause: first });
  expect(scribe.failing(wrapped)).toMatchObject({ at: 1, id: 'ChipNotAvailable -32' });
  expect(scribe.acts.slice(1)).toEqual([
    { act: 'call', method: 'random', with: [8] },
    { act: 'call', method: 'random', with: [4], threw: 'ChipNotAvailable -32' },
  ]);
  expect(scribe.failing(new Error('another one'))).toBeUndefined();
});

test('what no act can do is named', async () => {
  const { board, scribe, make } = await begun();
  const driver = make({ device: 'spi7.0' });
  await driver.probe();
  // Both begin before either has ended, and nothing says so.
  await Promise.all([driver.random(8), board.clock.sleep(ms(1))]);
  expect(scribe.unplayable).toEqual([
    "a driver with device of the test's own",
    'idle began while another act was under way, outside of clock.together',
  ]);
});
