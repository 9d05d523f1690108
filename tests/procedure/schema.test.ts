import { expect, test } from '@playwright/test';
import { parseProcedure, procedureAt, procedures, USUAL_WEIGHTS } from '../../src/procedure/index.ts';

const GOOD = {
  format: 'h1-procedure 1',
  driver: { row: 'recommended' },
  seed: 7,
  acts: [{ act: 'probe' }, { act: 'idle', forMs: 1.5 }],
};
const parse = (value: unknown): unknown => parseProcedure(JSON.stringify(value), 'file.json');
const withAct = (act: unknown): unknown => ({ ...GOOD, acts: [act] });

test('a procedure is read as it is written', () => {
  expect(parse(GOOD)).toEqual(GOOD);
});

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', 7, /file\.json is no procedure: the file: /],
  ['another format', { ...GOOD, format: 'h1-procedure 2' }, /: format: /],
  ['a seed that is no whole number', { ...GOOD, seed: 0.5 }, /: seed: /],
  ['an act that nobody knows', withAct({ act: 'explode' }), /: acts\.0\.act: /],
  ['a field too many', withAct({ act: 'probe', now: true }), /: acts\.0: .*now/],
  ['a negative pause', withAct({ act: 'idle', forMs: -1 }), /: acts\.0\.forMs: /],
  ['a pause of a week', withAct({ act: 'idle', forMs: 604_800_000 }), /: acts\.0\.forMs: /],
  ['half a byte', withAct({ act: 'command', bytes: '800' }), /: acts\.0\.bytes: bytes are pairs/],
  ['a command of 5 KiB', withAct({ act: 'command', bytes: '00'.repeat(5120) }), /: acts\.0\.bytes: /],
  ['a fault that nobody knows', withAct({ act: 'fault', fault: { kind: 'gremlin' } }), /: acts\.0\.fault/],
  [
    'a group within a group',
    withAct({ act: 'together', callers: [[{ act: 'together', callers: [] }]] }),
    /: acts\.0\./,
  ],
  ['a board that is no simulated one', { ...GOOD, board: { kind: 'linux' } }, /: board\.kind: /],
  ['10,000 acts', { ...GOOD, acts: Array.from({ length: 10_000 }, () => ({ act: 'probe' })) }, /: acts: /],
  [
    '8000 acts of callers',
    withAct({ act: 'together', callers: [Array.from({ length: 8000 }, () => ({ act: 'idle', forMs: 1 }))] }),
    /has 8001 acts with those of its callers; at most 5000 are played/,
  ],
];

for (const [what, value, says] of WRONG)
  test(`${what} is named with its place`, () => {
    expect(() => parse(value)).toThrow(says);
  });

test('a file that is no JSON is named', () => {
  expect(() => parseProcedure('{', 'file.json')).toThrow(/file\.json is no procedure: it is not JSON/);
});

test('every random procedure is one that a file may hold, and the same number gives the same procedure', () => {
  const bounds = {
    drivers: [{ row: 'recommended' }],
    boards: [{ kind: 'sim' as const }],
    acts: { least: 1, most: 60 },
    faults: 'any' as const,
    weights: { ...USUAL_WEIGHTS, frame: 1, reset: 1, 'driver-sleep': 1 },
  };
  for (let number = 0; number < 100; number++) {
    const procedure = procedureAt(procedures(bounds), 3, number);
    expect(parse(procedure)).toEqual(procedure);
    expect(procedureAt(procedures(bounds), 3, number)).toEqual(procedure);
  }
});
