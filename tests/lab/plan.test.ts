import { expect, test } from '@playwright/test';
import { parsePlan, PLAN_EXAMPLE } from '../../src/lab/plan.ts';
import { tasksOf } from '../../src/lab/tasks.ts';
import { loadRig } from '../../src/rig/index.ts';
import type { LastOfJob } from '../../src/history/index.ts';

const DAY_MS = 86_400_000;
const NOW = 100 * DAY_MS;
const rigs = ['sim', 'sim-no-irq', 'sim-controller', 'sim-firmware-0.5.280'].map(loadRig);
const tasksIn = (text: string, lastRuns: readonly LastOfJob[] = [], health = []) =>
  tasksOf(parsePlan(text, 'plan.yaml'), { rigs, health, lastRuns, now: NOW });
const ran = (job: string, rig: string, nightsAgo: number): LastOfJob => ({
  ...{ job, rig, host: 'here', started: NOW - nightsAgo * DAY_MS, durationMs: 60_000 },
});

test('the example of a plan is one', () => {
  expect(parsePlan(PLAN_EXAMPLE, 'plan.yaml').jobs.map(({ name }) => name)).toEqual([
    'sleep',
    'soak',
    'explore',
  ]);
});

const head = 'jobs:\n  - name: a\n';
const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  'no job': ['jobs: []', /plan\.yaml:1:7: jobs: no job is there/],
  'no text': ['', /jobs: a list of jobs is wanted/],
  'a key that is not known': [
    `${head}    suite: [soak]`,
    /jobs\.0: there is no field suite; did you mean suites\?/,
  ],
  'two kinds of work': [
    `${head}    suites: [soak]\n    any: {}\n    explore: { minutes: 3 }`,
    /one of suites, explore and sweep/,
  ],
  'no rig': [`${head}    suites: [soak]`, /one of rigs, any and every/],
  'a rig for explore': [`${head}    rigs: [sim]\n    explore: { minutes: 3 }`, /run on this host/],
  'a time without unit': [
    `budget: 8\n${head}    suites: [soak]\n    any: {}`,
    /plan\.yaml:1:9: budget: a time such as/,
  ],
  'more than a day': [`budget: 25h\n${head}    suites: [soak]\n    any: {}`, /up to 24h/],
  'an option in the place of a suite': [`${head}    suites: [--debug]\n    any: {}`, /read as an option/],
  'a state in which nothing runs': [
    `${head}    suites: [soak]\n    any: { health: bad }`,
    /good or unknown is wanted/,
  ],
  'one name twice': [
    'jobs:\n  - { name: a, explore: { minutes: 1 } }\n  - { name: a, explore: { minutes: 1 } }',
    /the same name/,
  ],
  'a bomb of aliases': [`a: &a [x,x]\nb: &b [*a,*a]\n${head}    suites: *zz`, /plan\.yaml:\d+:\d+: /],
};
for (const [what, [text, says]] of Object.entries(WRONG))
  test(`a plan with ${what} is refused with its place and a right one`, () => {
    expect(() => parsePlan(text, 'plan.yaml')).toThrow(says);
    expect(() => parsePlan(text, 'plan.yaml')).toThrow('A right plan:');
  });

test('any is one task for all rigs that fit, every and rigs one for each', () => {
  const text = `jobs:
  - { name: one, any: { board: sim }, suites: [soak] }
  - { name: all, every: { controller: false, firmware: 0.5.4 }, suites: [soak] }
  - { name: named, rigs: [sim, sim-controller], suites: [soak] }
  - { name: here, explore: { minutes: 1 } }`;
  expect(tasksIn(text).map(({ id, fits }) => [id, fits.join()])).toEqual([
    ['one', 'sim,sim-no-irq,sim-controller,sim-firmware-0.5.280'],
    ['all on sim', 'sim'],
    ['all on sim-no-irq', 'sim-no-irq'],
    ['named on sim', 'sim'],
    ['named on sim-controller', 'sim-controller'],
    ['here', 'this host'],
  ]);
});

test('value decides, and what was not run lately', () => {
  const text = `jobs:
  - { name: fresh, rigs: [sim], suites: [soak], value: 2 }
  - { name: old, rigs: [sim], suites: [soak] }
  - { name: never, rigs: [sim], suites: [soak] }`;
  const order = tasksIn(text, [ran('fresh', 'sim', 1), ran('old', 'sim', 5), ran('never', 'sim-no-irq', 1)]);
  expect(order.map(({ job, rank, expectedMs }) => [job.name, rank, expectedMs])).toEqual([
    ['never', 15, undefined],
    ['old', 6, 60_000],
    ['fresh', 4, 60_000],
  ]);
});

test('a rig that is not there, or none that fits, is told with those that are', () => {
  expect(() => tasksIn('jobs: [{ name: a, rigs: [bench-9], suites: [soak] }]')).toThrow(
    'Job a names rig bench-9, which the plan does not have. Rigs of the plan: sim,',
  );
  expect(() => tasksIn('jobs: [{ name: a, any: { board: linux }, suites: [soak] }]')).toThrow(
    'No rig fits job a',
  );
});
