import type { Board, Datasheet, DriverChoice, Duration, Fault, HostDriver } from '../../fixtures/index.ts';
import {
  between,
  driversThat,
  EVERY_DRIVER,
  expect,
  hertz,
  HilError,
  inMs,
  interruptsOf,
  ms,
  noticesLate,
  seconds,
  source,
  tellCell,
  test,
  times,
  us,
} from '../../fixtures/index.ts';

/** The table that the laboratory is for. */
const TABLE = 'INT_AP_L: what each driver makes of each behaviour, and the mean time of GetRandom(8)';

const COMMANDS = 5;

/**
 * `used`: the pulses paced the frames. `fell back`: delays do, and the log says so. `in vain`: the driver goes on waiting
 * for pulses that do not come. `looks away`: it never asks for the line. `failed`: it did not bind, or a command failed.
 */
type Use = 'used' | 'fell back' | 'fell back silently' | 'in vain' | 'looks away' | 'failed';

/** Every use that a driver may make of a line that misleads it, when it examines the line. */
const ANY: readonly Use[] = ['used', 'fell back', 'in vain', 'failed'];

/** The uses that are allowed for a driver that binds and examines the line. */
type Promised = (driver: Datasheet) => readonly Use[];

const USED: Promised = () => ['used'];
const FALLS_BACK: Promised = () => ['fell back'];
/** The line never pulses: a driver that trusts it from the start waits in vain. */
const SILENT: Promised = ({ trustsLine }) => (trustsLine === 'confirmed' ? ['fell back'] : ['in vain']);
/** The line pulses at first: a driver that never stops trusting it waits in vain. */
const DYING: Promised = ({ withdrawal }) => (withdrawal === undefined ? ['in vain'] : ['fell back']);
/** A driver that counts edges may take one pulse for another, and lose a frame. [BUGS L-16] */
const MISLEADING: Promised = ({ pairsPulses, withdrawal }) =>
  pairsPulses && withdrawal !== undefined ? ['used', 'fell back'] : ANY;
const NOISY: Promised = ({ pairsPulses, withdrawal }) =>
  pairsPulses && withdrawal !== undefined ? ['fell back'] : ANY;
/** One pulse that does not come. */
const DROPPED: Promised = ({ withdrawal }) => (withdrawal?.missing === 1 ? ['fell back'] : ['used']);
/**
 * Whether a pulse that is late by this much comes in the pause after a later frame. A driver that pairs pulses by their
 * time takes it for the pulse of that frame, and may send the next one too early. [BUGS L-16]
 */
const comesInLaterPause = ({ pauseWithoutPulse: pause }: Datasheet, by: Duration): boolean =>
  by > pause && by % pause !== 0;

const late =
  (by: Duration): Promised =>
  (driver) => {
    if (by <= ms(1) && noticesLate(driver, by) === true) return ['used'];
    return comesInLaterPause(driver, by) ? ANY : MISLEADING(driver);
  };

/** The uses that are allowed for this driver. Where none are named, the table alone tells the result. */
function promised(driver: Datasheet, promise: Promised): readonly Use[] {
  if (driver.cannotBind !== undefined) return ['failed'];
  return driver.trustsLine === 'never' ? ['looks away'] : promise(driver);
}

interface Line {
  readonly what: string;
  readonly fault?: Fault;
  readonly isAbsent?: true;
  readonly promise: Promised;
  readonly forDrivers?: DriverChoice;
  readonly clause: string;
}

/** Noise stalls frames, each for as long as the driver waits, so slow drivers are left out. */
const WITHIN_A_MINUTE = driversThat(
  ({ stallLimit }) => stallLimit <= seconds(60),
  'Its limit for a stall is more than a minute of wait bytes.',
);

const LINES: readonly Line[] = [
  { what: 'present', promise: USED, clause: 'DRIVER 1.4' },
  { what: 'absent', isAbsent: true, promise: FALLS_BACK, clause: 'DRIVER 1.10' },
  { what: 'cut', fault: { kind: 'ready-open' }, promise: SILENT, clause: 'DRIVER 1.4' },
  { what: 'inverted', fault: { kind: 'ready-inverted' }, promise: USED, clause: 'BUGS L-21' },
  {
    what: 'stuck high',
    fault: { kind: 'ready-stuck', level: 'high' },
    promise: SILENT,
    clause: 'DRIVER 1.4',
  },
  { what: 'stuck low', fault: { kind: 'ready-stuck', level: 'low' }, promise: SILENT, clause: 'DRIVER 1.4' },
  ...[1, 2, 5, 10, 20, 50, 100, 150].map((by) => ({
    what: `${by} ms late`,
    fault: { kind: 'ready-late' as const, by: ms(by) },
    promise: late(ms(by)),
    clause: 'BUGS L-07',
  })),
  ...[0.5, 1, 2, 3].map((width) => ({
    what: `${width} us wide`,
    fault: { kind: 'ready-width' as const, width: us(width), hostNeeds: us(4) },
    promise: SILENT,
    clause: 'BUGS K-14',
  })),
  ...[8, 20, 50, 100].map((width) => ({
    what: `${width} us wide`,
    fault: { kind: 'ready-width' as const, width: us(width), hostNeeds: us(4) },
    promise: USED,
    clause: 'BUGS K-14',
  })),
  {
    what: 'one dropped',
    fault: { kind: 'ready-missing', frames: { from: 30, count: 1 } },
    promise: DROPPED,
    clause: 'DRIVER 1.4',
  },
  {
    what: 'dead after 30',
    fault: { kind: 'ready-missing', frames: { from: 30 } },
    promise: DYING,
    clause: 'BUGS L-08',
  },
  {
    what: 'doubled',
    fault: { kind: 'ready-doubled', gap: us(500) },
    promise: MISLEADING,
    clause: 'BUGS L-16',
  },
  ...[1, 5, 10, 20, 50].map((rate) => ({
    what: `noise of ${rate} kHz`,
    fault: { kind: 'ready-noise' as const, rate: hertz(1000 * rate) },
    promise: NOISY,
    forDrivers: WITHIN_A_MINUTE,
    clause: 'BUGS L-09',
  })),
];

interface Finding {
  readonly use: Use;
  readonly text: string;
}

const SAYS_SO = /will use delays|^Requesting IRQ/;

/** Binds the driver, asks for random bytes, and finds out what paced the frames. */
async function examine(driver: HostDriver, { clock }: Board): Promise<Finding> {
  try {
    await driver.probe();
    const hits = await hitsOf(driver);
    const { timeout } = driver.counters.readyWaits;
    const before = clock.now();
    for (let i = 0; i < COMMANDS; i++) await driver.random(8);
    const time = times(between(before, clock.now()), 1 / COMMANDS);
    const timeouts = driver.counters.readyWaits.timeout - timeout;
    const use = useOf(driver, timeouts > (await hitsOf(driver)) - hits);
    return { use, text: `${use}, ${inMs(time).toFixed(1)} ms` };
  } catch (error) {
    if (error instanceof HilError) return { use: 'failed', text: 'failed' };
    throw error;
  }
}

/** Pulses that ended a wait; a kernel tells only how often it was interrupted. */
const hitsOf = async (driver: HostDriver): Promise<number> =>
  driver.counters.readyWaits.hit ?? (await interruptsOf(driver));

function useOf({ trust, log }: HostDriver, isInVain: boolean): Use {
  if (trust === 'trusted') return isInVain ? 'in vain' : 'used';
  if (log.some(({ text }) => SAYS_SO.test(text))) return 'fell back';
  return trust === 'no-line' ? 'looks away' : 'fell back silently';
}

const TONE = {
  used: 'good',
  'fell back': 'good',
  'fell back silently': 'fair',
  'in vain': 'fair',
  'looks away': 'fair',
  failed: 'bad',
} as const;

/** Tells what the driver made of the line, and compares it with what is promised. */
function compare({ use, text }: Finding, what: string, driver: Datasheet, promise: Promised): void {
  tellCell(TABLE, what, text, TONE[use]);
  expect(promised(driver, promise)).toContain(use);
}

const NEEDS = ['ready-line', 'faults', 'virtual-time'] as const;

test.describe('laboratory', () => {
  test.use({ needs: [...NEEDS] });

  for (const { what, fault, isAbsent, promise, forDrivers = EVERY_DRIVER, clause } of LINES)
    test.describe(`of a line ${what}`, () => {
      test.use({
        needs: [...NEEDS],
        forDrivers,
        hasInterrupt: isAbsent === undefined,
      });
      test(
        `with INT_AP_L ${what} the driver uses it, falls back or fails as promised`,
        { annotation: source(clause, ...(clause === 'DRIVER 1.4' ? [] : ['DRIVER 1.4'])) },
        async ({ board, unboundDriver: driver, faults, datasheet, step }) => {
          await step('1. let the line misbehave', () =>
            fault === undefined ? undefined : faults.set(fault),
          );
          const finding = await step(`2. bind the driver and ask ${COMMANDS} times for 8 random bytes`, () =>
            examine(driver, board),
          );
          await step('3. compare with what is promised', () => {
            compare(finding, what, datasheet, promise);
          });
        },
      );
    });

  test.describe('of a line that pulses when it is asked for', () => {
    test.use({
      needs: [...NEEDS, 'own-driver'],
      forDrivers: EVERY_DRIVER,
    });
    test(
      'with INT_AP_L pending at bind the driver uses it, falls back or fails as promised',
      { annotation: source('BUGS K-05') },
      async ({ board, makeDriver, faults, datasheet, step }) => {
        const driver = await step('1. make a driver; let the line pulse as soon as it is asked for', () =>
          makeDriver({ hooks: { afterInterruptRequest: () => faults.set({ kind: 'ready-glitch' }) } }),
        );
        const finding = await step(`2. bind it and ask ${COMMANDS} times for 8 random bytes`, () =>
          examine(driver, board),
        );
        await step('3. compare with what is promised', () => {
          compare(finding, 'pending at bind', datasheet, USED);
        });
      },
    );
  });
});
