import { expect, test } from '@playwright/test';
import type { NightState, Task } from '../../src/lab/index.ts';
import { newNight, resumable, runNight } from '../../src/lab/index.ts';
import { Random } from '../../src/sim/index.ts';
import type { Planted } from './simulated-lab.ts';
import { HostDown, SimulatedLab, taskOn } from './simulated-lab.ts';

const HOUR_MS = 3_600_000;
const NOTHING = { lab: 0, 'lab, for good': 0, chip: 0, 'too few runs': 0 };
const RATES = { lab: 0.05, 'lab, for good': 0.05, chip: 0.1, 'too few runs': 0.05 };

/** Rigs and tasks of a made lab: some tasks for one rig, some for several. */
function madeTasks(seed: number): Task[] {
  const random = new Random(seed);
  const upTo = (count: number): number => Math.floor(random.next() * count);
  const rigs = Array.from({ length: 1 + upTo(8) }, (_, at) => `rig-${at}`);
  return Array.from({ length: 1 + upTo(40) }, (_, at) => {
    const first = upTo(rigs.length);
    return taskOn(`job-${at}`, rigs.slice(first, first + 1 + upTo(3)));
  });
}

const begun = (tasks: readonly Task[], lab: SimulatedLab, budgetMs = 8 * HOUR_MS): NightState =>
  newNight(tasks, { plan: 'p', seed: 1, now: lab.now(), budgetMs });

async function night(
  seed: number,
  rates: Record<Planted['what'], number>,
): Promise<{ state: NightState; lab: SimulatedLab }> {
  const lab = new SimulatedLab(seed, rates);
  const tasks = madeTasks(seed);
  return { lab, state: await lab.live(runNight(tasks, begun(tasks, lab), lab)) };
}

const VERDICT_OF = {
  lab: 'no verdict',
  'lab, for good': 'no verdict',
  chip: 'fail',
  'too few runs': 'inconclusive',
};

test('200 nights: every planted failure is classed as its own, none lost, none counted twice', async () => {
  const planted = { lab: 0, 'lab, for good': 0, chip: 0, 'too few runs': 0 };
  let moved = 0;
  // One expectation for all nights: each costs a millisecond.
  const wrong: unknown[] = [];
  for (let seed = 0; seed < 200; seed++) {
    const { state, lab } = await night(seed, RATES);
    const seen = state.tasks.flatMap(({ id, attempts }) =>
      attempts
        .filter(({ verdict }) => verdict !== 'pass')
        .map(({ rig, verdict }) => `${id} ${rig} ${String(verdict)}`),
    );
    const expected = lab.planted.map(({ task, rig, what }) => `${task} ${rig} ${VERDICT_OF[what]}`);
    if (seen.sort().join() !== expected.sort().join()) wrong.push({ seed, seen, expected });
    for (const { what } of lab.planted) planted[what]++;
    for (const task of state.tasks) {
      const isEnded = task.state === 'done' || (task.state === 'not run' && task.because !== undefined);
      // Only a rig that was lost hands its task on: a failure of chip or driver is never tried again.
      const [, ...before] = [...task.attempts].reverse();
      const areMoves = before.every(({ verdict, rig }) => verdict === 'no verdict' && lab.isDead(rig));
      if (!isEnded || !areMoves) wrong.push({ seed, task });
      moved += before.length;
    }
  }
  expect(wrong).toEqual([]);
  expect(Math.min(...Object.values(planted)), JSON.stringify(planted)).toBeGreaterThan(100);
  expect(moved).toBeGreaterThan(20);
});

test('two nights with one seed are the same to the byte', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const [one, two] = [await night(seed, RATES), await night(seed, RATES)];
    expect(JSON.stringify([one.state, one.lab.said])).toBe(JSON.stringify([two.state, two.lab.said]));
  }
});

test('no rig has two runs at once, and a lost rig has none afterwards', async () => {
  const wrong: unknown[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const { state, lab } = await night(seed, RATES);
    const runs = state.tasks.flatMap(({ attempts }) => attempts).sort((a, b) => a.began - b.began);
    for (const rig of new Set(runs.map((one) => one.rig))) {
      const here = runs.filter((one) => one.rig === rig);
      const isOneByOne = here.slice(1).every((one, at) => one.began >= here[at]!.ended!);
      if (!isOneByOne || (lab.isDead(rig) && here.at(-1)!.verdict !== 'no verdict'))
        wrong.push({ seed, rig });
    }
  }
  expect(wrong).toEqual([]);
});

test('the budget holds, and what it left out is told as that', async () => {
  const tasks = Array.from({ length: 40 }, (_, at) => taskOn(`job-${at}`, ['rig']));
  const lab = new SimulatedLab(3, NOTHING);
  const state = await lab.live(runNight(tasks, begun(tasks, lab, 4 * HOUR_MS), lab));
  expect(state.ended! - state.began).toBeLessThanOrEqual(4 * HOUR_MS);
  const left = state.tasks.filter((task) => task.state === 'not run');
  expect(left.length).toBeGreaterThan(10);
  expect(
    left.every(({ isForTime, because }) => isForTime === true && because!.includes('time was over')),
  ).toBe(true);
  // The most urgent came first.
  expect(state.tasks.findIndex((task) => task.state === 'not run')).toBe(40 - left.length);
});

test('a task that takes longer than what is left gives way to a shorter one', async () => {
  const long = { ...taskOn('long', ['rig']), expectedMs: 9 * HOUR_MS };
  const lab = new SimulatedLab(1, NOTHING);
  const tasks = [long, taskOn('short', ['rig'])];
  const state = await lab.live(runNight(tasks, begun(tasks, lab), lab));
  expect(state.tasks.map((task) => task.state)).toEqual(['not run', 'done']);
});

test('several rigs work at once', async () => {
  const tasks = Array.from({ length: 8 }, (_, at) => taskOn(`job-${at}`, [`rig-${at}`]));
  const lab = new SimulatedLab(1, NOTHING);
  const state = await lab.live(runNight(tasks, begun(tasks, lab), lab));
  expect(state.ended! - state.began).toBeLessThanOrEqual(HOUR_MS);
});

test('a lost rig without another that fits: the rest is told with the reason, and is not for time', async () => {
  const lab = new SimulatedLab(1, { ...NOTHING, 'lab, for good': 1 });
  const tasks = ['a', 'b', 'c'].map((name) => taskOn(name, ['rig']));
  const { tasks: ends } = await lab.live(runNight(tasks, begun(tasks, lab), lab));
  expect(ends.map(({ state, because, isForTime }) => [state, because, isForTime])).toEqual([
    ['done', undefined, undefined],
    ['not run', 'rig rig is bad.', undefined],
    ['not run', 'rig rig is bad.', undefined],
  ]);
});

test('a host that goes down at any written state: the night goes on, nothing is lost, nothing runs to its end twice', async () => {
  const tasks = madeTasks(11);
  let resumed = 0;
  const wrong: unknown[] = [];
  for (let at = 1; at < 60; at++) {
    const first = new SimulatedLab(11, NOTHING, at);
    const run = first.live(runNight(tasks, begun(tasks, first), first));
    const ended = await run.catch((failure: unknown) => {
      if (!(failure instanceof HostDown)) throw failure;
    });
    if (ended !== undefined) break;
    const again = resumable(first.kept, 'p', first.now());
    const second = new SimulatedLab(12, NOTHING);
    const state = await second.live(runNight(tasks, again!, second));
    for (const task of state.tasks) {
      const whole = task.attempts.filter(({ verdict }) => verdict === 'pass').length;
      const isKnown = task.attempts.every(({ verdict }) => verdict !== undefined);
      if (!isKnown || whole !== (task.state === 'done' ? 1 : 0) || task.state === 'waiting')
        wrong.push({ at, task });
    }
    resumed++;
  }
  expect([resumed > 20, wrong]).toEqual([true, []]);
});

test.describe('a state that is not gone on with', () => {
  const made = (): NightState =>
    newNight([taskOn('a', ['rig'])], { plan: 'p', seed: 1, now: 1000, budgetMs: 1000 });
  const CASES: Readonly<Record<string, readonly [string | undefined, string, number]>> = {
    'none is there': [undefined, 'p', 1500],
    'another plan': [JSON.stringify(made()), 'q', 1500],
    'its time is over': [JSON.stringify(made()), 'p', 2000],
    'it has ended': [JSON.stringify({ ...made(), ended: 1400 }), 'p', 1500],
    'half a file': [JSON.stringify(made()).slice(0, 60), 'p', 1500],
    'another program wrote it': ['{"format":"x"}', 'p', 1500],
  };
  for (const [why, [text, plan, now]] of Object.entries(CASES))
    test(why, () => {
      expect(resumable(text, plan, now)).toBeUndefined();
    });

  test('a task under which the host goes down three times is given up with the reason', () => {
    const cut = { rig: 'rig', began: 1, ended: 2, verdict: 'interrupted' as const };
    const state = made();
    state.tasks[0] = { id: 'a', state: 'running', attempts: [cut, cut, { rig: 'rig', began: 3 }] };
    expect(resumable(JSON.stringify(state), 'p', 1500)?.tasks[0]).toMatchObject({
      state: 'not run',
      because: 'the night was cut short 3 times while it ran',
    });
  });
});
