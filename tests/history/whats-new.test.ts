import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { KnownFailures, Morning, RunRecord } from '../../src/history/index.ts';
import { morningOf, nightBefore, NOTHING_KNOWN, openHistory } from '../../src/history/index.ts';
import { Random } from '../../src/sim/index.ts';
import { madeResult, madeRun, madeTests } from '../../bench/made-runs.ts';

const NIGHT = '2026-11-30';
const MADE = madeTests(4);
/** The second is the first with another driver. */
const [TEST, SAME_TEST, OTHER] = [MADE[0]!, MADE[1]!, MADE[3]!];
const LATE = { because: '1 ms  pulse-late: 9 us' };
const SILENT = { rule: 'chip-refused', because: 'ResponseMissing: no response' };

let made = 0;

/** Results of one test, and of another that always passes, so many nights before the last. */
function runAt(
  back: number,
  results: Parameters<typeof madeRun>[1],
  given: Partial<RunRecord> = {},
): RunRecord {
  const started = Date.parse(`${nightBefore(NIGHT, back)}T02:00:00`) + (given.seed ?? 0);
  return madeRun(`${back}-${made++}`, [...results, madeResult(OTHER, 'pass', { digest: 'b' })], {
    started,
    ...given,
  });
}

async function morningAfter(
  runs: readonly RunRecord[],
  known: KnownFailures = NOTHING_KNOWN,
): Promise<Morning> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-night-'));
  const history = await openHistory(join(folder, 'history.sqlite'), { mayMake: true });
  try {
    for (const run of runs) await history.save(run);
    return morningOf(await history.night({ night: NIGHT, nights: 30 }), known);
  } finally {
    await history.close();
    rmSync(folder, { recursive: true });
  }
}

const fails = (failure = LATE, rig = 'bench-1') => madeResult(TEST, 'fail', { failure, rig });
const passes = () => madeResult(TEST, 'pass');
const states = ({ items }: Morning): string[] => items.map(({ state }) => state);

test('a failure that was never seen is new, and the night fails', async () => {
  const morning = await morningAfter([runAt(2, [passes()]), runAt(1, [passes()]), runAt(0, [fails()])]);
  expect(morning).toMatchObject({
    verdict: 'fail',
    items: [{ state: 'new', isFirstSeen: true, tonight: { failed: 1, of: 1 } }],
  });
  expect(morning.items[0]!.why).toContain('it passed 2 times before');
});

test('a failure that was there in the nights before, without a pass since, is known since its first night', async () => {
  const morning = await morningAfter([
    runAt(3, [passes()]),
    runAt(2, [fails()]),
    runAt(1, [fails()]),
    runAt(0, [fails()]),
  ]);
  expect(states(morning)).toEqual(['known']);
  expect(morning.items[0]!.first).toBe(Date.parse('2026-11-28T02:00:00'));
});

test('another failure of a test that is known to fail is new, and the known one could not be seen', async () => {
  const morning = await morningAfter([runAt(1, [fails()]), runAt(0, [fails(SILENT)])]);
  expect(states(morning)).toEqual(['new', 'not run']);
});

test('a known failure of one test does not hide the same sentence of another', async () => {
  const other = madeResult(OTHER, 'fail', { failure: LATE });
  const tonight = madeRun('now', [fails(), other], { started: Date.parse(`${NIGHT}T02:00:00`) });
  const morning = await morningAfter([runAt(1, [fails()]), tonight]);
  expect(states(morning)).toEqual(['new', 'known']);
});

test('a failure that is known of one driver is new with another', async () => {
  const morning = await morningAfter([
    runAt(1, [fails(), madeResult(SAME_TEST, 'pass')]),
    runAt(0, [fails(), madeResult(SAME_TEST, 'fail', { failure: LATE })]),
  ]);
  expect(morning.items.map(({ state, test: { profile } }) => [state, profile])).toEqual([
    ['new', SAME_TEST.profile],
    ['known', TEST.profile],
  ]);
});

test('a failure after which the test passed with nothing changed is flaky, with its rate', async () => {
  const morning = await morningAfter([
    runAt(3, [fails()]),
    runAt(2, [passes()]),
    runAt(1, [passes()]),
    runAt(0, [fails()]),
  ]);
  expect(morning.items).toMatchObject([{ state: 'flaky', rate: { failed: 2, of: 4 } }]);
  expect(morning.verdict).toBe('fail');
});

test('a retry that passes in the same night makes nothing green', async () => {
  const morning = await morningAfter([runAt(0, [fails()]), runAt(0, [passes()], { seed: 9 })]);
  expect(morning).toMatchObject({ verdict: 'fail', items: [{ state: 'new' }] });
});

test('the same seed, commit and rig in simulated time with another outcome is flaky at once', async () => {
  const same = { isRepeatable: true, seed: 5 };
  const morning = await morningAfter([runAt(1, [passes()], same), runAt(0, [fails()], same)]);
  expect(morning.items).toMatchObject([{ state: 'flaky', isFirstSeen: true }]);
  const changed = await morningAfter([
    runAt(1, [passes()], { ...same, commit: 'other' }),
    runAt(0, [fails()], same),
  ]);
  expect(states(changed)).toEqual(['new']);
  const dirty = { ...same, commit: 'abc-dirty' };
  expect(states(await morningAfter([runAt(1, [passes()], dirty), runAt(0, [fails()], dirty)]))).toEqual([
    'new',
  ]);
});

test('the same seed with other frames is told, also when both passed; on real time it says nothing', async () => {
  const same = { isRepeatable: true, seed: 5 };
  const other = madeResult(TEST, 'pass', { digest: 'other' });
  const morning = await morningAfter([runAt(1, [passes()], same), runAt(0, [other], same)]);
  expect(morning.contradictions).toMatchObject([{ test: { path: TEST.path }, differs: 'digest' }]);
  expect(morning.verdict).toBe('pass');
  const real = await morningAfter([runAt(1, [passes()], { seed: 5 }), runAt(0, [other], { seed: 5 })]);
  expect(real.contradictions).toEqual([]);
});

test('a failure that came every time is fixed by one pass after a change, and not without one', async () => {
  const before = [runAt(2, [fails()]), runAt(1, [fails()])];
  const fixed = await morningAfter([...before, runAt(0, [passes()], { commit: 'fed9876' })]);
  expect(fixed).toMatchObject({ verdict: 'pass', items: [{ state: 'fixed' }] });
  expect(fixed.items[0]!.why).toContain('commit abc1234 to fed9876');
  expect(states(await morningAfter([...before, runAt(0, [passes()])]))).toEqual(['flaky']);
});

test('a flaky failure is fixed when chance does not explain so many passes, and not before', async () => {
  const flaky = [runAt(9, [fails()]), runAt(8, [passes()]), runAt(7, [passes()]), runAt(6, [fails()])];
  const passed = (from: number): RunRecord[] =>
    Array.from({ length: from + 1 }, (_, at) => runAt(from - at, [passes()], { commit: 'fed9876' }));
  // 2 of 4: with 2 of 5 as its rate, five passes have a chance of 0.078, and six of 0.047.
  expect(states(await morningAfter([...flaky, ...passed(4)]))).toEqual(['flaky']);
  expect(states(await morningAfter([...flaky, ...passed(5)]))).toEqual(['fixed']);
});

test('what was fixed in a night before is told no more', async () => {
  const commit = { commit: 'fed9876' };
  const morning = await morningAfter([
    runAt(5, [fails()]),
    runAt(1, [passes()], commit),
    runAt(0, [passes()], commit),
  ]);
  expect(morning.items).toEqual([]);
});

test('a known failure whose test was skipped or not planned is not run, with the reason', async () => {
  const skipped = madeResult(TEST, 'skipped', { says: 'the rig lacks power' });
  const morning = await morningAfter([runAt(1, [fails()]), runAt(0, [skipped])]);
  expect(morning.items).toMatchObject([{ state: 'not run', why: 'the rig lacks power' }]);
  const gone = await morningAfter([runAt(1, [fails()]), runAt(0, [])]);
  expect(gone.items).toMatchObject([{ state: 'not run' }]);
  expect(gone.unrun).toMatchObject([{ outcome: 'not planned', tests: 1, rig: 'bench-1' }]);
});

test('another rig passing says nothing of the rig that failed', async () => {
  const other = { rig: 'bench-2' };
  const morning = await morningAfter([runAt(1, [fails()]), runAt(0, [passes()], other)]);
  expect(morning.items).toMatchObject([{ state: 'not run', rigs: ['bench-1'] }]);
  expect(morning.unrun.some(({ reason }) => reason === 'rig bench-1 had no run')).toBe(true);
});

const ENTRY = {
  suite: TEST.suite,
  test: TEST.title,
  owner: 'anna',
  reason: 'ticket 12',
  until: '2026-12-24',
};

test('a quarantined failure is told and does not decide the night; on another rig it does', async () => {
  const known = { quarantine: [{ ...ENTRY, rig: 'bench-1' }], known: [] };
  const morning = await morningAfter([runAt(1, [passes()]), runAt(0, [fails()])], known);
  expect(morning).toMatchObject({
    verdict: 'pass',
    items: [{ state: 'quarantined', quarantine: { owner: 'anna' } }],
  });
  expect(morning.items[0]!.why).toContain('never seen before');
  const both = await morningAfter(
    [runAt(0, [fails()]), runAt(0, [fails()], { rig: 'bench-2', seed: 8 })],
    known,
  );
  expect(both).toMatchObject({ verdict: 'fail', items: [{ state: 'new' }] });
});

test('a quarantine excuses neither another failure of its run nor a doubt about it', async () => {
  const known = { quarantine: [ENTRY], known: [] };
  const more = madeRun('now', [fails(), madeResult(OTHER, 'fail')], {
    started: Date.parse(`${NIGHT}T02:00:00`),
  });
  expect((await morningAfter([more], known)).verdict).toBe('fail');
  const doubt = { verdict: 'no verdict' as const, because: ['The disk is full.'] };
  expect(await morningAfter([runAt(0, [fails()], doubt)], known)).toMatchObject({ verdict: 'no verdict' });
});

test('an end that has passed is told, fails the check of the night, and quarantines nothing', async () => {
  const ended = { ...ENTRY, until: '2026-11-29' };
  const green = await morningAfter([runAt(0, [passes()])], { quarantine: [ended], known: [] });
  expect(green.verdict).toBe('no verdict');
  expect(green.because[0]).toContain('ended on 2026-11-29');
  const red = await morningAfter([runAt(0, [fails()])], { quarantine: [ended], known: [] });
  expect(red).toMatchObject({ verdict: 'fail', items: [{ state: 'new' }] });
});

test('a known issue is attached, and excuses nothing', async () => {
  const issue = {
    id: 'BUG-7',
    rule: 'chip-broke',
    error: 'pulse-late',
    owner: 'ben',
    reason: 'r',
    until: NIGHT,
  };
  const morning = await morningAfter([runAt(1, [fails()]), runAt(0, [fails()])], {
    quarantine: [],
    known: [issue],
  });
  expect(morning).toMatchObject({ verdict: 'fail', items: [{ state: 'known', issue: { id: 'BUG-7' } }] });
});

test('a night without a run has no verdict, and a run that was interrupted gives none', async () => {
  expect(await morningAfter([runAt(1, [passes()])])).toMatchObject({ verdict: 'no verdict' });
  const stopped = await morningAfter([runAt(0, [passes()], { verdict: 'interrupted' })]);
  expect(stopped.verdict).toBe('no verdict');
});

test('a failure of the lab is no failed firmware, and one of the chip beside it is told first', async () => {
  const lab = madeResult(TEST, 'no verdict', { failure: { rule: 'lab-failed' } });
  expect((await morningAfter([runAt(0, [lab])])).verdict).toBe('no verdict');
  const both = madeRun('now', [lab, madeResult(OTHER, 'fail')], { started: Date.parse(`${NIGHT}T02:00:00`) });
  expect((await morningAfter([both])).verdict).toBe('fail');
});

test('of 40 chips that fail in 3 of 10 nights, each is called flaky within thirty nights, and never fixed for certain', async () => {
  const random = new Random(11);
  const tests = madeTests(40);
  const runs = Array.from({ length: 30 }, (_, at) => {
    const results = tests.map((one) =>
      madeResult(one, random.next() < 0.3 ? 'fail' : 'pass', { failure: LATE }),
    );
    return madeRun(`run-${at}`, results, { started: Date.parse(`${nightBefore(NIGHT, 29 - at)}T02:00:00`) });
  });
  const { items } = await morningAfter(runs);
  const count = (state: string): number => items.filter((one) => one.state === state).length;
  // Of nights with 30 % a row of passes that is called fixed has a chance of 5 %.
  expect(count('flaky')).toBeGreaterThanOrEqual(32);
  expect(count('known')).toBe(0);
});
