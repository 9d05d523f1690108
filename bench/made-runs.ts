import { createHash } from 'node:crypto';
import type { Outcome, RunRecord } from '../src/history/index.ts';
import type { FailureClass } from '../src/report/attribution.ts';
import { nightBefore, nightOf } from '../src/history/nights.ts';
import { signatureOf } from '../src/history/signature.ts';
import { Random } from '../src/sim/index.ts';

type Result = RunRecord['results'][number];
type TestName = Result['test'];

/** A failure that a test shall show. */
export interface MadeFailure {
  readonly fault?: FailureClass;
  readonly rule?: string;
  readonly because?: string;
  readonly message?: string;
}

export const PROFILES = ['cr50-spi-v1', 'linux-6.1', 'recommended'] as const;
const SUITES = [
  'bring-up',
  'sleep-wake',
  'irq-fallback',
  'suspend-resume',
  'locality',
  'fifo',
  'reset',
  'soak',
];

/** The tests of a run: as many of them as are wanted, a third for each driver. */
export function madeTests(count: number): TestName[] {
  return Array.from({ length: count }, (_, at) => {
    const profile = PROFILES[at % PROFILES.length]!;
    const number = Math.floor(at / PROFILES.length);
    const suite = SUITES[number % SUITES.length]!;
    const title = `claim ${number + 1}: the chip answers within the limit of its datasheet`;
    return { suite, profile, title, path: ` › ${profile} › ${suite}/${suite}.suite.ts › ${title}` };
  });
}

/** A result of a test; of a failure with its signature. */
export function madeResult(
  test: TestName,
  outcome: Outcome,
  {
    failure = {},
    digest = 'same',
    rig = 'bench-1',
    says = null as string | null,
    repetition = 0,
  }: {
    readonly failure?: MadeFailure;
    readonly digest?: string;
    readonly rig?: string;
    readonly says?: string | null;
    readonly repetition?: number;
  } = {},
): Result {
  const hasFailed = outcome === 'fail' || outcome === 'no verdict' || outcome === 'inconclusive';
  const fault = failure.fault ?? (outcome === 'no verdict' ? 'lab service' : 'firmware');
  const told = {
    class: fault,
    rule: failure.rule ?? 'chip-broke',
    because: failure.because ?? '12.5 ms  ready-pulse-late: 812 us, at most 750 us',
    message: failure.message ?? '3. read TPM_STS: expected 750 us at most, received 812 us',
  };
  return {
    ...{
      test,
      repetition,
      outcome,
      ms: 40,
      digest: createHash('sha256').update(`${test.path}${digest}`).digest('hex'),
    },
    fault: hasFailed ? fault : null,
    signature: hasFailed ? signatureOf(test, told, rig) : null,
    says: hasFailed ? told.message : says,
    again: hasFailed
      ? `./h1-hil run ${test.suite} --grep "${test.title}" --profile ${test.profile} --seed 7`
      : null,
  };
}

const COUNTED: Readonly<Record<Outcome, 'passed' | 'failed' | 'skipped' | 'notRun'>> = {
  pass: 'passed',
  skipped: 'skipped',
  'not run': 'notRun',
  fail: 'failed',
  'no verdict': 'failed',
  inconclusive: 'failed',
};

/** A run with these results; its verdict is theirs unless another is given. */
export function madeRun(id: string, results: readonly Result[], given: Partial<RunRecord> = {}): RunRecord {
  const counts = { passed: 0, failed: 0, skipped: 0, notRun: 0 };
  for (const { outcome } of results) counts[COUNTED[outcome]]++;
  const has = (outcome: Outcome): boolean => results.some((one) => one.outcome === outcome);
  const verdict = has('fail')
    ? 'fail'
    : has('no verdict')
      ? 'no verdict'
      : has('inconclusive')
        ? 'inconclusive'
        : 'pass';
  const started = given.started ?? Date.parse('2026-11-30T02:00:00');
  const digest = createHash('sha256')
    .update(results.map((one) => one.digest).join('\n'))
    .digest('hex');
  return {
    ...{ run: id, night: nightOf(started), started, ended: started + 60_000, host: 'lab-1', user: 'ci' },
    ...{
      rig: 'bench-1',
      rigHash: 'a'.repeat(64),
      fingerprint: null,
      job: null,
      chip: 'H1, Cr50 0.5.4',
      commit: 'abc1234',
    },
    ...{
      versions: { 'h1-hil': '0.1.0', node: '20.20.2' },
      profiles: [...PROFILES],
      seed: 7,
      isRepeatable: false,
    },
    ...{ verdict, because: [], ...counts, digest, durationMs: 60_000 },
    ...{ again: './h1-hil run --seed 7', folder: '/reports/one', results, cells: [], measures: [], ...given },
  };
}

/** One kind of time with a value for each of its tests, and the worst margin to a limit. */
export function madeMeasure(
  name: string,
  values: readonly number[],
  margin: number | null = null,
): RunRecord['measures'][number] {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    ...{ name, unit: 'us', limit: margin === null ? null : 'at most 150 us', count: values.length * 100 },
    ...{
      least: sorted[0]!,
      median: sorted[sorted.length >> 1]!,
      most: sorted.at(-1)!,
      margin,
      worstIn: 'a test',
    },
    medians: Object.fromEntries(values.map((value, at) => [`t${at}`, value])),
  };
}

/** What a lab of many nights is made of. */
export interface MadeLab {
  readonly runs: number;
  readonly tests: number;
  readonly nights: number;
  /** Morning of the last night. */
  readonly last: string;
  readonly seed: number;
}

const RIGS = ['bench-1', 'bench-2', 'bench-3', 'sim'] as const;

/**
 * The runs of a lab, the oldest first, with one failure of each kind planted: new in the last night, known since the twelfth night
 * before it, fixed with a commit in the last night, flaky in one run of ten, one of the lab on bench-3, and a pulse that became slower.
 */
export function* madeLab({ runs, tests, nights, last, seed }: MadeLab): Generator<RunRecord> {
  const random = new Random(seed);
  const all = madeTests(tests);
  const names = ['pulse-delay', 'pulse-width', 'frame-time', 'wake-settle', 'command latency', 'gap'];
  for (let at = 0; at < runs; at++) {
    const back = nights - 1 - Math.floor((at * nights) / runs);
    const started = Date.parse(`${nightBefore(last, back)}T00:00:00`) + (at % 60) * 240_000;
    const rig = RIGS[at % RIGS.length]!;
    const isFlakyNow = random.next() < 0.1;
    const results = all.map((test, number): Result => {
      const failure = plantedAt(number, { back, rig, isFlakyNow });
      if (number % 7 === 3)
        return madeResult(test, 'skipped', {
          says: number % 2 === 0 ? 'the rig lacks power' : 'the rig lacks suspend',
        });
      if (failure !== undefined) return madeResult(test, 'fail', { failure, rig });
      if (rig === 'bench-3' && number === 20 && back % 3 === 0)
        return madeResult(test, 'no verdict', {
          failure: {
            rule: 'lab-failed',
            because: 'ControllerSilent: no answer within 1000 ms',
            message: 'the rig controller did not answer within 1000 ms',
          },
          rig,
        });
      return madeResult(test, 'pass', { digest: String(at), rig });
    });
    const measures = names.map((name, kind) => {
      const values = Array.from({ length: 64 }, (_, test) => 50 + kind + test / 8 + random.next() * 4);
      const isSlower = name === 'pulse-delay' && back === 0;
      return madeMeasure(name, isSlower ? values.map((one) => one * 1.4) : values, isSlower ? 12.5 : 30);
    });
    yield madeRun(`${String(at).padStart(8, '0')}-0000-4000-8000-000000000000`, results, {
      ...{ started, rig, seed: at, measures, commit: back === 0 ? 'fed9876' : 'abc1234' },
      cells: all.slice(0, 300).map(({ title, profile }) => ({
        table: 'Known bugs',
        row: title,
        profile,
        text: 'shown',
        tone: 'fair',
      })),
    });
  }
}

interface Moment {
  /** Nights before the last. */
  readonly back: number;
  readonly rig: string;
  readonly isFlakyNow: boolean;
}

/** The failure that is planted into a test. */
function plantedAt(number: number, { back, rig, isFlakyNow }: Moment): MadeFailure | undefined {
  if (number === 5 && back === 0 && rig === 'bench-1')
    return {
      because: '3.1 ms  wake-settle: 40 us, at least 100 us',
      message: '2. wake the chip: expected at least 100 us, received 40 us',
    };
  if (number === 8 && back <= 12 && rig !== 'bench-3' && rig !== 'sim')
    return {
      ...{ fault: 'driver profile', rule: 'host-broke', because: '9 ms  one-bit-writes: 3 bits, exactly 1' },
      message: '1. claim locality 0: expected 1 bit, received 3',
    };
  if (number === 11 && back > 0 && back < 20 && rig === 'bench-2')
    return {
      ...{ rule: 'chip-refused', because: 'ResponseMissing: no response within 2000 ms' },
      message: '4. GetRandom: no response within 2000 ms',
    };
  if (number === 14 && isFlakyNow)
    return {
      because: '20.1 ms  pulse-width: 3.1 us, 4 to 16 us',
      message: '3. measure the ready pulse: expected 4 to 16 us, received 3.1 us',
    };
  return undefined;
}
