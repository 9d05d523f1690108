import fc from 'fast-check';
import type { Act, ActKind, CallerAct, DriverChoice, Procedure, WrittenFault } from '../schema.ts';
import { FORMAT } from '../schema.ts';
import { extend, getRandom, PLAIN_COMMANDS, unknownCommand } from './commands.ts';

/** Which faults may be set: none, those that a driver has to live with, or any. */
export const FAULT_CHOICES = ['none', 'tolerated', 'any'] as const;
export type FaultChoice = (typeof FAULT_CHOICES)[number];

/** Kinds of acts that are drawn: what a user of a driver, its host and a bench do. */
type DrawnKind = Extract<
  ActKind,
  | 'probe'
  | 'remove'
  | 'command'
  | 'idle'
  | 'suspend'
  | 'driver-sleep'
  | 'reset'
  | 'restart'
  | 'fault'
  | 'clear-faults'
  | 'frame'
  | 'together'
>;
/** How often each kind of act is drawn, in relation to the other kinds. */
export type Weights = Readonly<Partial<Record<DrawnKind, number>>>;

/** The bounds within which procedures are drawn. */
export interface Bounds {
  readonly drivers: readonly DriverChoice[];
  readonly boards: readonly NonNullable<Procedure['board']>[];
  /** Number of acts after the first probe. */
  readonly acts: { readonly least: number; readonly most: number };
  readonly faults: FaultChoice;
  readonly weights: Weights;
}

/**
 * The weights unless the caller says otherwise. `frame` and `reset` are left out: the driver does not know of them,
 * so little can be said of the acts after them.
 */
export const USUAL_WEIGHTS: Weights = {
  command: 10,
  idle: 6,
  suspend: 2,
  together: 1,
  fault: 2,
  'clear-faults': 1,
  restart: 1,
  remove: 1,
  probe: 1,
};

/**
 * Times in ms at which chip or driver changes what it does: the gap without a pulse, timeout A, the time after which
 * the chip falls asleep. [DRIVER 1.1] [CHIP 2]
 */
const EDGES_MS = [2, 10, 750, 900, 1000, 5000, 20_000];
/** Minimum for TPM_RST_L in a sleep to memory, in ms. [CHIP 6] */
const SHORTEST_RESET_MS = 2;
/** Maximum distance from such a time, in us. */
const NEAR_US = 3000;

const inMs = (us: number): number => us / 1000;

/** A pause in ms, exact to the microsecond. Half of them lie close to a time of EDGES_MS. */
const delay = fc.oneof(
  fc
    .tuple(fc.constantFrom(...EDGES_MS), fc.integer({ min: -NEAR_US, max: NEAR_US }))
    .map(([edge, us]) => Math.max(0, inMs(edge * 1000 + us))),
  fc.integer({ min: 0, max: 20_000 }).map(inMs),
  fc.integer({ min: 0, max: 3_000_000 }).map(inMs),
);

const command: fc.Arbitrary<Extract<Act, { act: 'command' }>> = fc.oneof(
  fc.integer({ min: 1, max: 32 }).map(getRandom),
  fc.constantFrom(...PLAIN_COMMANDS),
  fc.tuple(fc.integer({ min: 10, max: 200 }), fc.nat(255)).map(([size, fill]) => unknownCommand(size, fill)),
  fc.tuple(fc.constantFrom(64, 127, 1024), fc.nat(255)).map(([size, fill]) => unknownCommand(size, fill)),
  fc.nat(255).map(extend),
);

const idle = delay.map((forMs): CallerAct => ({ act: 'idle', forMs }));
const sleepKind = fc.constantFrom('to-idle' as const, 'via-firmware' as const);

const someFrames = fc.record({ from: fc.nat(20), count: fc.integer({ min: 1, max: 2 }) });
const oneFrame = fc.nat(20).map((from) => ({ from, count: 1 }));

const tolerated: readonly fc.Arbitrary<WrittenFault>[] = [
  fc.constant({ kind: 'ready-open' }),
  fc.constant({ kind: 'ready-glitch' }),
  someFrames.map((frames) => ({ kind: 'ready-missing', frames })),
  fc
    .tuple(fc.integer({ min: 1, max: 150 }), someFrames)
    .map(([byMs, frames]) => ({ kind: 'ready-late', byMs, frames })),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), oneFrame)
    .map(([timeMs, frames]) => ({ kind: 'chip-stall-time', timeMs, frames })),
  fc.integer({ min: 1, max: 700 }).map((timeMs) => ({ kind: 'chip-slow-command', timeMs })),
  fc.integer({ min: 40, max: 150 }).map((timeUs) => ({ kind: 'chip-wakes-in', timeUs })),
  fc.integer({ min: 1, max: 500 }).map((timeMs) => ({ kind: 'bus-held', timeMs })),
];

const others: readonly fc.Arbitrary<WrittenFault>[] = [
  fc.constantFrom<WrittenFault>(
    { kind: 'ready-stuck', level: 'high' },
    { kind: 'ready-stuck', level: 'low' },
    { kind: 'ready-inverted' },
    { kind: 'ready-missing' },
    { kind: 'wake-pulse-lost' },
  ),
  fc.integer({ min: 1, max: 3000 }).map((gapUs) => ({ kind: 'ready-doubled', gapUs })),
  oneFrame.map((frames) => ({ kind: 'chip-stall', frames })),
  fc
    .tuple(fc.integer({ min: 5, max: 2000 }), oneFrame)
    .map(([timeMs, frames]) => ({ kind: 'chip-stall-time', timeMs, frames })),
  fc
    .tuple(fc.integer({ min: 1, max: 800 }), oneFrame)
    .map(([timeMs, frames]) => ({ kind: 'chip-busy', timeMs, frames })),
  oneFrame.map((frames) => ({ kind: 'chip-early-ready', frames })),
  oneFrame.map((frames) => ({ kind: 'bus-error', errno: 5, frames })),
  oneFrame.map((frames) => ({ kind: 'cs-not-kept', frames })),
  fc
    .record({ byte: fc.nat(20), bit: fc.nat(7), frames: oneFrame })
    .map((fields) => ({ kind: 'bit-error', ...fields })),
  fc.integer({ min: 1, max: 500 }).map((widthUs) => ({ kind: 'brown-out', widthUs })),
  fc.integer({ min: 1, max: 50 }).map((widthUs) => ({ kind: 'cs-glitch', widthUs })),
];

const FAULTS: Readonly<Record<FaultChoice, fc.Arbitrary<WrittenFault>>> = {
  none: fc.constant({ kind: 'ready-glitch' }),
  tolerated: fc.oneof(...tolerated),
  any: fc.oneof(...tolerated, ...others),
};

/** Several callers at the same time. Some send commands; one may put the driver to sleep and wake it again. */
const together = fc
  .tuple(
    fc.array(fc.array(fc.oneof(command, idle), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.option(fc.tuple(delay, delay)),
  )
  .map(([callers, sleep]): Act => ({
    act: 'together',
    callers: sleep === null ? callers : [...callers, sleeper(sleep)],
  }));

const sleeper = ([before, forMs]: readonly [number, number]): CallerAct[] => [
  { act: 'idle', forMs: before },
  { act: 'driver-sleep', kind: 'to-idle', forMs },
];

const drawn = (faults: FaultChoice): Readonly<Record<DrawnKind, fc.Arbitrary<Act>>> => ({
  command,
  idle,
  together,
  suspend: fc.tuple(sleepKind, delay).map(([kind, forMs]) => ({
    act: 'suspend',
    kind,
    forMs: kind === 'to-idle' ? forMs : Math.max(forMs, SHORTEST_RESET_MS),
  })),
  fault: FAULTS[faults].map((fault) => ({ act: 'fault', fault })),
  'clear-faults': fc.constant({ act: 'clear-faults' }),
  restart: fc.boolean().map((power) => ({ act: 'restart', power })),
  reset: fc.constant({ act: 'reset' }),
  remove: fc.constant({ act: 'remove' }),
  probe: fc.constant({ act: 'probe' }),
  'driver-sleep': fc.tuple(sleepKind, delay).map(([kind, forMs]) => ({ act: 'driver-sleep', kind, forMs })),
  frame: fc.uint8Array({ minLength: 1, maxLength: 70 }).map((bytes) => ({
    act: 'frame',
    bytes: Buffer.from(bytes).toString('hex'),
  })),
});

/** Draws procedures within bounds. Each begins with a probe. */
export function procedures({ drivers, boards, acts, faults, weights }: Bounds): fc.Arbitrary<Procedure> {
  const kinds = drawn(faults);
  const act = fc.oneof(
    ...Object.entries(weights)
      .filter(([kind]) => faults !== 'none' || kind !== 'fault')
      .map(([kind, weight]) => ({ arbitrary: kinds[kind as DrawnKind], weight })),
  );
  return fc
    .record({
      driver: fc.constantFrom(...drivers),
      board: fc.constantFrom(...boards),
      seed: fc.nat(0x7fffffff),
      acts: fc.array(act, { minLength: acts.least, maxLength: acts.most, size: 'max' }),
    })
    .map(({ driver, board, seed, acts: rest }) => ({
      format: FORMAT,
      driver,
      seed,
      board,
      acts: [{ act: 'probe' }, ...rest.flatMap(boundAgain)],
    }));
}

/** Adds a probe after a removal or a restart: without one no command can succeed. */
const boundAgain = (act: Act): Act[] =>
  act.act === 'remove' || act.act === 'restart' ? [act, { act: 'probe' }] : [act];

/** Procedure number `number` of a seed. The same seed and number give the same procedure always. */
export const procedureAt = (all: fc.Arbitrary<Procedure>, seed: number, number: number): Procedure =>
  fc.sample(all, { seed: Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + number, numRuns: 1 })[0]!;
