import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { Coordinator } from '../../../src/rig/labgrid/index.ts';
import { LabgridLeases } from '../../../src/rig/leases/labgrid-leases.ts';
import type { RigHold } from '../../../src/rig/index.ts';
import { askBroker, serveBroker } from '../../../src/rig/index.ts';
import { Random } from '../../../src/sim/index.ts';
import { LabFailure } from '../../../src/units/index.ts';
import { run, start, summaryOf, Workplace } from '../../cli/h1-hil.ts';
import { attempts, TEST_SEED } from '../../thorough.ts';
import { EmulatedInstrument } from './emulated-instrument.ts';
import { FakeCoordinator } from './fake-coordinator.ts';
import { RealCoordinator, whyNoLabgrid } from './real-coordinator.ts';

// Leases of a labgrid coordinator: of the real one where it is to be had, and of one in this process that has its habits.

type Places = Readonly<Record<string, Record<string, string>>>;
const WORLDS = [
  {
    world: 'the fake coordinator',
    open: (places: Places) => FakeCoordinator.open(places),
    why: () => undefined,
  },
  {
    world: 'the real coordinator',
    open: (places: Places) => RealCoordinator.open(places),
    why: whyNoLabgrid,
  },
];
const TIMES = { leaseMs: 5000, renewMs: 200, graceMs: 200, pollMs: 50 };
const AT_ONCE = { waitMs: 0, priority: 0 };
const WAITING = { waitMs: 60_000, priority: 0 };

test.describe.configure({ timeout: 120_000 });

for (const { world, open, why } of WORLDS)
  test.describe(world, () => {
    let lab: FakeCoordinator | RealCoordinator;
    const open_: LabgridLeases[] = [];

    const leasesOf = async (person: string, run?: string, times = TIMES): Promise<LabgridLeases> => {
      const leases = await LabgridLeases.open(lab.address, person, {
        times,
        ...(run !== undefined && { run }),
      });
      open_.push(leases);
      return leases;
    };
    const lost = (hold: RigHold): Promise<string> =>
      expect
        .poll(() => hold.lost.aborted, { timeout: 20_000 })
        .toBe(true)
        .then(() => (hold.lost.reason as Error).message);

    test.beforeEach(async () => {
      const skipped = why();
      test.skip(skipped !== undefined, skipped);
      lab = await open({
        'h1-1': { board: 'h1', rig: 'sim', health: 'good' },
        'h1-2': { board: 'h1', rig: 'sim-no-irq', health: 'bad' },
        other: { board: 'lamp' },
      });
    });
    test.afterEach(async () => {
      for (const one of open_.splice(0)) one.close();
      if (why() === undefined) await lab.close();
    });

    test('a rig is found by its tags, held by one run, and free afterwards', async () => {
      const [one, other] = [await leasesOf('lab/anna', '1'), await leasesOf('lab/anna', '2')];
      const hold = await one.hold({ board: 'h1', health: 'good' }, AT_ONCE);
      expect([hold.place, hold.rig, hold.holder]).toEqual(['h1-1', 'sim', 'lab/anna#1']);
      await hold.check();
      await expect(other.hold({ name: 'h1-1' }, AT_ONCE)).rejects.toThrow(
        /^No rig with name=h1-1 is free: h1-1 is held by lab\/anna#1 until 20\S+Z\. Wait for one with --wait/,
      );
      await hold.release();
      expect((await other.hold({ name: 'h1-1' }, AT_ONCE)).holder).toBe('lab/anna#2');
    });

    test('what is not there, and a place that names no rig, are told', async () => {
      const leases = await leasesOf('lab/anna', '1');
      await expect(leases.hold({ board: 'h2' }, AT_ONCE)).rejects.toThrow(
        'There is no rig with board=h2. There are: ',
      );
      await expect(leases.hold({ board: 'lamp' }, AT_ONCE)).rejects.toThrow(
        'Place other does not say which rig file',
      );
      expect((await leases.standings()).every(({ holder }) => holder === undefined)).toBe(true);
    });

    test('a rig that somebody else releases is lost, and can be released only by the name of its holder', async () => {
      const [one, other] = [await leasesOf('lab/anna', '1'), await leasesOf('lab/ben')];
      const hold = await one.hold({ name: 'h1-1' }, AT_ONCE);
      await expect(other.release('h1-1')).rejects.toThrow('held by lab/anna#1, and not by lab/ben.');
      await expect(other.release('h1-1', 'lab/carl')).rejects.toThrow('and not by lab/carl');
      await hold.check();
      await other.release('h1-1', 'lab/anna#1');
      expect(await lost(hold)).toBe(
        'The lease of rig h1-1 is lost: somebody released it. This run is ended. Start it again.',
      );
      await expect(hold.check()).rejects.toThrow('somebody released it');
      const next = await other.keep({ name: 'h1-1' }, 60_000, AT_ONCE);
      await hold.release();
      expect((await other.standings()).find(({ place }) => place === 'h1-1')?.holder).toBe(next.holder);
    });

    test('a coordinator that is started again has lost every lease, and the next run has its own', async () => {
      const hold = await (await leasesOf('lab/anna', '1')).hold({ name: 'h1-1' }, AT_ONCE);
      await lab.restart();
      expect(await lost(hold)).toMatch(/^The connection to the labgrid coordinator at \S+ is lost: /);
      await expect(hold.check()).rejects.toThrow('is lost');
      const next = await (await leasesOf('lab/ben', '2')).hold({ name: 'h1-1' }, AT_ONCE);
      await hold.release();
      await next.check();
    });

    test('two runs that wait for one rig have it one after the other', async () => {
      const have = new Set<string>();
      let most = 0;
      const one = async (id: string): Promise<void> => {
        const hold = await (await leasesOf('lab/anna', id)).hold({ name: 'h1-1' }, WAITING);
        most = Math.max(most, have.add(id).size);
        await pause(100);
        have.delete(id);
        await hold.release();
      };
      await Promise.all([one('1'), one('2'), one('3')]);
      expect(most).toBe(1);
    });

    test('who asks with more priority is served first', async () => {
      const first = await (await leasesOf('lab/anna', '1')).hold({ name: 'h1-1' }, AT_ONCE);
      const served: string[] = [];
      const ask = async (id: string, priority: number): Promise<void> => {
        const hold = await (await leasesOf('lab/anna', id)).hold({ name: 'h1-1' }, { ...WAITING, priority });
        served.push(id);
        await hold.release();
      };
      const asked = [ask('low', 0), pause(300).then(() => ask('high', 5))];
      await pause(800);
      await first.release();
      await Promise.all(asked);
      expect(served).toEqual(['high', 'low']);
    });

    test('a rig that a dead run has left behind is free after the end of its lease', async () => {
      const brief = { ...TIMES, leaseMs: 400 };
      const dead = await leasesOf('lab/anna', '1', brief);
      await dead.hold({ name: 'h1-1' }, AT_ONCE);
      dead.close();
      const next = await leasesOf('lab/ben', '2');
      await expect(next.hold({ name: 'h1-1' }, AT_ONCE)).rejects.toThrow('is held by lab/anna#1');
      expect((await next.hold({ name: 'h1-1' }, WAITING)).holder).toBe('lab/ben#2');
    });

    test('a person keeps a rig whatever runs on it, extends it, and gives it back', async () => {
      const anna = await leasesOf('lab/anna');
      expect(await anna.reserve({ board: 'h1', health: 'good' }, AT_ONCE)).toBe('h1-1');
      const { until } = await anna.keep({ name: 'h1-1' }, 60_000, AT_ONCE);
      const run = await (await leasesOf('lab/anna', '1')).hold({ name: 'h1-1' }, AT_ONCE);
      await run.release();
      await expect((await leasesOf('lab/ben', '2')).hold({ name: 'h1-1' }, AT_ONCE)).rejects.toThrow(
        'held by lab/anna until',
      );
      expect((await anna.extend('h1-1', 120_000)).until).toBeGreaterThan(until!);
      await anna.release('h1-1');
      await expect(anna.release('h1-1')).rejects.toThrow('Rig h1-1 is held by nobody.');
    });

    test('a call on a connection that the coordinator does not know is refused', async () => {
      const session = await Coordinator.open(lab.address, 'lab/anna');
      session.close();
      await expect(session.acquire('h1-1')).rejects.toThrow(LabFailure);
      expect(
        (await (await leasesOf('lab/ben')).standings()).every(({ holder }) => holder === undefined),
      ).toBe(true);
    });

    test('a run on a rig of the coordinator ends with its lease, and without a verdict when that is lost', async () => {
      const place = new Workplace();
      try {
        const words = ['--place', 'board=h1 health=good', '--coordinator', lab.address, '--history', 'none'];
        const good = await run(
          ['run', 'bring-up/identity', '-p', 'recommended', ...words, '--json'],
          place.folder,
        );
        expect([good.code, summaryOf(good).rig]).toEqual([0, 'sim']);
        const long = ['bring-up/identity', '-p', 'recommended', '--repeat-each', '5000', '--json'];
        const cut = start(['run', ...long, ...words], place.folder);
        await cut.says('is held by');
        await pause(4000);
        await lab.restart();
        const { code, stdout, stderr } = await cut.ended;
        expect(code).toBe(3);
        expect(stdout + stderr).toContain('The connection to the labgrid coordinator');
        if (stdout !== '') expect(summaryOf({ code, stdout, stderr }).verdict).toBe('no verdict');
      } finally {
        place.remove();
      }
    });
  });

test('workers are told whether the rig still is the run’s: held, lost, gone', async () => {
  let isHeld = true;
  const broker = await serveBroker({
    check: () => (isHeld ? Promise.resolve() : Promise.reject(new Error('The lease is lost.'))),
  });
  await askBroker(broker.path);
  isHeld = false;
  await expect(askBroker(broker.path)).rejects.toThrow('The rig is not touched: The lease is lost.');
  const mute = await serveBroker({ check: () => new Promise(() => undefined) });
  await expect(askBroker(mute.path, 100)).rejects.toThrow('has not answered within 0.1 s');
  broker.close();
  await expect(askBroker(broker.path)).rejects.toThrow('the run that held it is gone');
});

test('no coordinator at the address is a sentence', async () => {
  await expect(LabgridLeases.open('127.0.0.1:1', 'lab/anna')).rejects.toThrow(
    /^The labgrid coordinator at 127\.0\.0\.1:1 cannot be used: .*Start it, or name another one: --coordinator/,
  );
});

test('twenty rigs, forty runs, releases by others and a restart: never two with a valid fence, and each run ends with a lease or a sentence', async () => {
  const random = new Random(TEST_SEED).fork('lab');
  const [rigs, runs] = [attempts(20, 8), attempts(40, 16)];
  const names = Array.from({ length: rigs }, (_, i) => `h1-${i + 1}`);
  const lab = await FakeCoordinator.open(
    Object.fromEntries(names.map((name) => [name, { board: 'h1', rig: 'sim' }])),
  );
  const instruments = new Map(names.map((name) => [name, new EmulatedInstrument()]));
  const chaos = await LabgridLeases.open(lab.address, 'lab/chaos', { times: TIMES });

  let ended = 0;
  const one = async (id: number): Promise<string> => {
    const leases = await LabgridLeases.open(lab.address, 'lab/anna', { run: String(id), times: TIMES });
    try {
      const hold = await leases.hold({ board: 'h1' }, WAITING);
      const controller = await instruments.get(hold.place)!.open(hold.check);
      for (let i = random.integer(2, 6); i > 0; i--) {
        await controller.tell(random.next() < 0.5 ? 'OUTP:POW ON' : 'OUTP:POW OFF');
        await pause(random.integer(1, 40));
      }
      await controller.close();
      await hold.release();
      return 'done';
    } catch (failure) {
      if (!(failure instanceof LabFailure)) throw failure;
      return failure.message;
    } finally {
      ended++;
      leases.close();
    }
  };
  const all = Array.from({ length: runs }, (_, i) => one(i));
  while (ended < runs / 2) {
    await pause(random.integer(200, 600));
    const held = (await chaos.standings()).filter(({ holder }) => holder !== undefined);
    const victim = held[random.integer(0, Math.max(0, held.length - 1))];
    await chaos.release(victim?.place ?? '', victim?.holder).catch(() => undefined);
  }
  await lab.restart();
  const ends = await Promise.all(all);
  chaos.close();
  await lab.close();

  expect(ends).toHaveLength(runs);
  for (const end of ends) expect(end).toMatch(/^done$|^[A-Z].*\.$/);
  expect(ends.filter((end) => end === 'done').length).toBeGreaterThan(0);
  for (const { obeyed } of instruments.values()) expect(obeyed).toEqual([...obeyed].sort((a, b) => a - b));
});
