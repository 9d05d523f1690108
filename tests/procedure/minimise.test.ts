import { expect, test } from '@playwright/test';
import type { Act, Finding, Procedure } from '../../src/procedure/index.ts';
import { minimise, procedureAt, procedures, USUAL_WEIGHTS } from '../../src/procedure/index.ts';
import { BEGINNING } from '../../src/units/index.ts';

/** A bug that shows at an act, by what came before it. */
type Planted = (acts: readonly Act[], at: number) => boolean;

const last = (acts: readonly Act[], at: number, is: (act: Act) => boolean): number =>
  acts.slice(0, at).findLastIndex(is);
const isA =
  (kind: Act['act']) =>
  (act: Act): boolean =>
    act.act === kind;
const isLongIdle = (act: Act): boolean => act.act === 'idle' && act.forMs > 999;
const isExtend = (act: Act): boolean => act.act === 'command' && act.bytes.startsWith('8002');
const isCommand = isA('command');
const isToMemory = (act: Act): boolean => act.act === 'suspend' && act.kind === 'via-firmware';
const isFault =
  (kind: string) =>
  (act: Act): boolean =>
    act.act === 'fault' && act.fault.kind === kind;
const count = (acts: readonly Act[], is: (act: Act) => boolean): number => acts.filter(is).length;

/** First `a`, later `b`, and then `c` fails. */
const inOrder =
  (...kinds: readonly ((act: Act) => boolean)[]): Planted =>
  (acts, at) => {
    let end = at;
    if (!kinds.at(-1)!(acts[at]!)) return false;
    for (const is of kinds.slice(0, -1).reverse()) {
      end = last(acts, end, is);
      if (end < 0) return false;
    }
    return true;
  };

/** Twenty bugs of three acts each, of different kinds. */
const PLANTED: Readonly<Record<string, Planted>> = {
  'state kept over a suspend': inOrder(isExtend, isA('suspend'), isCommand),
  'a pointer after a reset': inOrder(isCommand, isA('restart'), isCommand),
  'an edge missed after exactly the third frame': (acts, at) =>
    isCommand(acts[at]!) && count(acts.slice(0, at), isCommand) >= 2,
  'a wake forgotten after a removal': inOrder(isA('remove'), isLongIdle, isCommand),
  'a suspend after a long idle': inOrder(isLongIdle, isA('suspend'), isA('suspend')),
  'a fault that clearing does not clear': inOrder(isFault('ready-late'), isA('clear-faults'), isCommand),
  'trust kept over a removal': inOrder(isFault('ready-missing'), isA('remove'), isA('probe')),
  'a group after a sleep to memory': inOrder(isToMemory, isCommand, isA('together')),
  'a sleep to memory after a restart': inOrder(isA('restart'), isExtend, isToMemory),
  'two sleeps in a row without a command': (acts, at) =>
    isA('suspend')(acts[at]!) &&
    last(acts, at, isA('suspend')) > Math.max(last(acts, at, isCommand), last(acts, at, isA('together'))),
  'a second group': inOrder(isA('together'), isA('together'), isCommand),
  'a stall before a sleep': inOrder(isFault('chip-stall-time'), isA('suspend'), isCommand),
  'a held bus after a long idle': inOrder(isLongIdle, isFault('bus-held'), isCommand),
  'three extends': inOrder(isExtend, isExtend, isExtend),
  'a probe after two restarts': inOrder(isA('restart'), isA('restart'), isA('probe')),
  'a glitch in a sleep': inOrder(isA('suspend'), isFault('ready-glitch'), isA('suspend')),
  'a slow command after a removal': inOrder(isA('remove'), isFault('chip-slow-command'), isCommand),
  'an open line that a restart keeps': inOrder(isFault('ready-open'), isA('restart'), isA('probe')),
  'a clear without a fault before it': inOrder(isA('clear-faults'), isExtend, isA('clear-faults')),
  'five seconds of idleness in two parts': (acts, at) => {
    const from = last(acts, at, isCommand);
    const idle = acts.slice(from + 1, at).reduce((sum, act) => sum + (act.act === 'idle' ? act.forMs : 0), 0);
    return from >= 0 && isCommand(acts[at]!) && idle > 1500;
  },
};

const attempt =
  (isBroken: Planted) =>
  async ({ acts }: Procedure): Promise<readonly Finding[]> => {
    const at = acts.findIndex((_, index) => isBroken(acts, index));
    return at < 0 ? [] : [{ kind: 'rule', id: 'planted', place: 'host', act: at, at: BEGINNING, says: '' }];
  };

const HALF = {
  drivers: [{ row: 'recommended' }],
  boards: [{ kind: 'sim' as const }],
  acts: { least: 200, most: 200 },
  faults: 'tolerated' as const,
};

/** 400 random acts: commands and pauses at first, so that most bugs show late. */
function longProcedure(number = 1): Procedure {
  const plain = procedureAt(procedures({ ...HALF, weights: { command: 1, idle: 1 } }), 5, number);
  const mixed = procedureAt(procedures({ ...HALF, weights: USUAL_WEIGHTS }), 6, number);
  return { ...plain, acts: [...plain.acts, ...mixed.acts].slice(0, 400) };
}

/** The first long procedure that shows the bug: some need faults that few procedures have. */
function longWith(isBroken: Planted): Procedure {
  for (let number = 1; ; number++) {
    const procedure = longProcedure(number);
    if (procedure.acts.some((_, at) => isBroken(procedure.acts, at))) return procedure;
  }
}

for (const [name, isBroken] of Object.entries(PLANTED))
  test(`${name}: 400 random acts come down to at most 5 in at most 400 plays, twice the same`, async () => {
    const procedure = longWith(isBroken);
    expect(procedure.acts).toHaveLength(400);
    const first = await minimise(procedure, attempt(isBroken), { plays: 400 });
    expect(first?.procedure.acts.length).toBeLessThanOrEqual(5);
    expect(first?.plays).toBeLessThanOrEqual(400);
    expect(first?.isLeast).toBe(true);
    expect(await minimise(procedure, attempt(isBroken), { plays: 400 })).toEqual(first);
  });

test('a procedure without the failure is not made shorter', async () => {
  expect(
    await minimise(
      longProcedure(),
      attempt(() => false),
      { plays: 400 },
    ),
  ).toBeUndefined();
});

test('when the plays are used up, it says that acts may be left that can go', async () => {
  const least = await minimise(longProcedure(), attempt(PLANTED['a glitch in a sleep']!), { plays: 6 });
  expect(least).toMatchObject({ isLeast: false, plays: 6 });
});

test('a pause comes down to the roundest and shortest that still fails', async () => {
  const procedure: Procedure = {
    format: 'h1-procedure 1',
    driver: { row: 'recommended' },
    seed: 1,
    acts: [{ act: 'probe' }, { act: 'idle', forMs: 1734.512 }],
  };
  const least = await minimise(
    procedure,
    attempt((acts, at) => {
      const act = acts[at]!;
      return act.act === 'idle' && act.forMs > 1000;
    }),
    { plays: 50 },
  );
  expect(least?.procedure.acts).toEqual([{ act: 'idle', forMs: 2000 }]);
});
