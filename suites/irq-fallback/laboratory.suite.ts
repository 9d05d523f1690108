import type { Board, Fault, PerProfile, Profile, TypeScriptStack } from '../../fixtures/index.ts';
import {
  ENDLESS,
  expect,
  expected,
  FIRMWARE,
  forAll,
  hertz,
  HilError,
  inMs,
  KERNEL,
  LINELESS,
  ms,
  source,
  tellCell,
  test,
  us,
  createStack,
} from '../../fixtures/index.ts';

/** The table that the laboratory is for. */
const TABLE = 'INT_AP_L: what each driver makes of each behaviour, and the mean time of GetRandom(8)';

const COMMANDS = 5;

/**
 * `used`: the pulses paced the frames. `fell back`: delays do, and the log says so. `in vain`: the driver goes on waiting
 * for pulses that do not come. `looks away`: it never asks for the line. `failed`: it did not bind, or a command failed.
 */
type Use = 'used' | 'fell back' | 'fell back silently' | 'in vain' | 'looks away' | 'failed';

const ANY: readonly Use[] = ['used', 'fell back', 'in vain', 'failed'];

/** What is promised of a line; where nothing is, the table is the result. */
function promised(
  recommended: Use | readonly Use[],
  kernel: Use | readonly Use[],
  firmware: Use | readonly Use[],
): PerProfile<readonly Use[]> {
  const list = (uses: Use | readonly Use[]): readonly Use[] => (typeof uses === 'string' ? [uses] : uses);
  return {
    recommended: list(recommended),
    ...forAll(KERNEL, list(kernel)),
    ...forAll(FIRMWARE, list(firmware)),
    ...forAll<readonly Use[]>(LINELESS, ['looks away']),
    // It does not wait between frames at all, and the chip needs up to 146 us after each. [CHIP 3]
    'u-boot': ['failed'],
  };
}

const USED = promised('used', 'used', 'used');
const SILENT = promised('fell back', 'fell back', 'in vain');
/** recommended works on every line; who counts edges may take one for another and lose a frame. [BUGS L-16] */
const MISLEADING = promised(['used', 'fell back'], ANY, ANY);

interface Line {
  readonly what: string;
  readonly fault?: Fault;
  readonly isAbsent?: true;
  readonly uses: PerProfile<readonly Use[]>;
  readonly allBut?: Readonly<Record<string, string>>;
  readonly clause: string;
}

const LINES: readonly Line[] = [
  { what: 'present', uses: USED, clause: 'DRIVER 1.4' },
  {
    what: 'absent',
    isAbsent: true,
    uses: promised('fell back', 'fell back', 'fell back'),
    clause: 'DRIVER 1.10',
  },
  { what: 'cut', fault: { kind: 'ready-open' }, uses: SILENT, clause: 'DRIVER 1.4' },
  { what: 'inverted', fault: { kind: 'ready-inverted' }, uses: USED, clause: 'BUGS L-21' },
  { what: 'stuck high', fault: { kind: 'ready-stuck', level: 'high' }, uses: SILENT, clause: 'DRIVER 1.4' },
  { what: 'stuck low', fault: { kind: 'ready-stuck', level: 'low' }, uses: SILENT, clause: 'DRIVER 1.4' },
  { what: '1 ms late', fault: { kind: 'ready-late', by: ms(1) }, uses: USED, clause: 'BUGS L-07' },
  ...[2, 5, 10, 20, 50, 100, 150].map((late) => ({
    what: `${late} ms late`,
    fault: { kind: 'ready-late' as const, by: ms(late) },
    uses: MISLEADING,
    clause: 'BUGS L-07',
  })),
  ...[0.5, 1, 2, 3].map((width) => ({
    what: `${width} us wide`,
    fault: { kind: 'ready-width' as const, width: us(width), hostNeeds: us(4) },
    uses: SILENT,
    clause: 'BUGS K-14',
  })),
  ...[8, 20, 50, 100].map((width) => ({
    what: `${width} us wide`,
    fault: { kind: 'ready-width' as const, width: us(width), hostNeeds: us(4) },
    uses: USED,
    clause: 'BUGS K-14',
  })),
  {
    what: 'one dropped',
    fault: { kind: 'ready-missing', frames: { from: 30, count: 1 } },
    uses: USED,
    clause: 'DRIVER 1.4',
  },
  {
    what: 'dead after 30',
    fault: { kind: 'ready-missing', frames: { from: 30 } },
    uses: promised('fell back', 'in vain', 'in vain'),
    clause: 'BUGS L-08',
  },
  { what: 'doubled', fault: { kind: 'ready-doubled', gap: us(500) }, uses: MISLEADING, clause: 'BUGS L-16' },
  ...[1, 5, 10, 20, 50].map((rate) => ({
    what: `noise of ${rate} kHz`,
    fault: { kind: 'ready-noise' as const, rate: hertz(1000 * rate) },
    uses: promised('fell back', ANY, ANY),
    allBut: { opentitan: ENDLESS.opentitan },
    clause: 'BUGS L-09',
  })),
  { what: 'pending at bind', fault: { kind: 'ready-glitch' }, uses: USED, clause: 'BUGS K-05' },
];

interface Finding {
  readonly use: Use;
  readonly text: string;
}

const SAYS_SO = /will use delays|^Requesting IRQ/;

/** Binds the driver, asks for random bytes, and looks what paced the frames. */
async function examine(stack: TypeScriptStack, { clock }: Board, profile: Profile): Promise<Finding> {
  try {
    await stack.probe();
    const { hit, timeout } = stack.counters.readyWaits;
    const before = clock.now();
    for (let i = 0; i < COMMANDS; i++) await stack.random(8);
    const time = `${inMs(ms((clock.now() - before) / COMMANDS / 1e6)).toFixed(1)} ms`;
    const hits = stack.counters.readyWaits.hit - hit;
    const timeouts = stack.counters.readyWaits.timeout - timeout;
    const use = useOf(stack, profile, timeouts > hits);
    return { use, text: `${use}, ${time}` };
  } catch (error) {
    if (error instanceof HilError) return { use: 'failed', text: 'failed' };
    throw error;
  }
}

function useOf(stack: TypeScriptStack, { ready }: Profile, isInVain: boolean): Use {
  if (ready.interrupt === undefined) return 'looks away';
  if (stack.trust === 'trusted') return isInVain ? 'in vain' : 'used';
  return stack.log.some(({ text }) => SAYS_SO.test(text)) ? 'fell back' : 'fell back silently';
}

const TONE = {
  used: 'good',
  'fell back': 'good',
  'fell back silently': 'fair',
  'in vain': 'fair',
  'looks away': 'fair',
  failed: 'bad',
} as const;

test.describe('laboratory', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'] });

  for (const { what, fault, isAbsent, uses, allBut = {}, clause } of LINES)
    test.describe(`of a line ${what}`, () => {
      test.use({ allBut });
      test(
        `with INT_AP_L ${what} the driver uses it, falls back or fails as promised`,
        { annotation: source(clause) },
        async ({ board, bench, faults, profile, step }) => {
          const stack = await step(
            '1. make a driver; let the line misbehave as soon as it is asked for',
            () => {
              bench.doings.hasDriver = true;
              return createStack({
                board,
                profile,
                hasInterrupt: isAbsent === undefined,
                hooks: {
                  afterInterruptRequest: () => (fault === undefined ? Promise.resolve() : faults.set(fault)),
                },
              });
            },
          );
          const { use, text } = await step(`2. bind it and ask ${COMMANDS} times for 8 random bytes`, () =>
            examine(stack, board, profile),
          );
          await step('3. compare with what is promised', () => {
            tellCell(TABLE, what, text, TONE[use]);
            stack.abandon();
            expect(expected(uses, profile.name)).toContain(use);
          });
        },
      );
    });
});
