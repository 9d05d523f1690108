import type { Command } from 'commander';
import type { Fault } from '../board/index.ts';
import { SimBoard } from '../boards/sim/index.ts';
import type { Profile } from '../tis/index.ts';
import { PROFILES } from '../tis/index.ts';
import { createStack } from '../tpm/index.ts';
import { hertz, HilError, ms, us } from '../units/index.ts';

const COMMANDS = 5;

/** Behaviours of INT_AP_L. */
const LINES: readonly (readonly [what: string, fault: Fault | undefined])[] = [
  ['present', undefined],
  ['absent', { kind: 'ready-open' }],
  ['inverted', { kind: 'ready-inverted' }],
  ['stuck high', { kind: 'ready-stuck', level: 'high' }],
  ['stuck low', { kind: 'ready-stuck', level: 'low' }],
  ...[1, 5, 20, 50, 150].map((late) => [`${late} ms late`, { kind: 'ready-late', by: ms(late) }] as const),
  ...[0.5, 2, 8, 100].map(
    (width) => [`${width} us wide`, { kind: 'ready-width', width: us(width), hostNeeds: us(4) }] as const,
  ),
  ['one dropped', { kind: 'ready-missing', frames: { from: 30, count: 1 } }],
  ['dead after 30', { kind: 'ready-missing', frames: { from: 30 } }],
  ['doubled', { kind: 'ready-doubled', gap: us(500) }],
  ...[1000, 10_000, 50_000].map(
    (rate) => [`noise ${rate / 1000} kHz`, { kind: 'ready-noise', rate: hertz(rate) }] as const,
  ),
  ['pending at bind', { kind: 'ready-glitch' }],
];

/** `h1-hil irq-table`: what each driver makes of each behaviour of the ready line. */
export function addIrqTable(program: Command): void {
  program
    .command('irq-table')
    .description('run every driver profile on every behaviour of INT_AP_L and print what it made of it')
    .option('-s, --seed <number>', 'seed of the simulated board', '1')
    .action(async ({ seed }: { readonly seed: string }) => {
      const profiles = [...PROFILES.values()];
      const cell = (text: string): string => text.padEnd(20);
      process.stdout.write(`${cell('INT_AP_L')}${profiles.map(({ name }) => cell(name)).join('')}\n`);
      for (const [what, fault] of LINES) {
        const row: string[] = [];
        for (const profile of profiles) row.push(await outcomeOf(profile, fault, Number(seed)));
        process.stdout.write(`${cell(what)}${row.map(cell).join('')}\n`);
      }
    });
}

/**
 * `used 4.1 ms`: whether the line was used, trusted in vain, or given up in favour of delays, and the mean time of a
 * command.
 */
async function outcomeOf(profile: Profile, fault: Fault | undefined, seed: number): Promise<string> {
  const board = new SimBoard({ seed, firmware: '0.5.4' });
  const stack = createStack({
    board,
    profile,
    hooks: {
      afterInterruptRequest: async () => {
        if (fault !== undefined) await board.faults.set(fault);
      },
    },
  });
  try {
    await start(board);
    await stack.probe();
    const begun = board.clock.now();
    for (let i = 0; i < COMMANDS; i++) await stack.random(8);
    const time = (board.clock.now() - begun) / COMMANDS / 1e6;
    const { hit, timeout } = stack.counters.readyWaits;
    const use = timeout > hit ? 'in vain' : 'used';
    return `${stack.trust === 'trusted' ? use : 'fell back'} ${time.toFixed(1)} ms`;
  } catch (error) {
    if (error instanceof HilError) return 'failed';
    throw error;
  } finally {
    stack.abandon();
    await board.close();
  }
}

/** Power, reset, and the first frame after it, which the host's firmware uses up. [CHIP 1.3] [CHIP 6] */
async function start(board: SimBoard): Promise<void> {
  const { clock, power, reset, spi } = board;
  await reset?.assert();
  await power?.off();
  await clock.sleep(ms(2));
  await power?.on();
  await clock.sleep(ms(100));
  await reset?.deassert();
  await clock.sleep(ms(10));
  await spi.transaction([{ kind: 'exchange', bytes: Uint8Array.of(0x80, 0xd4, 0, 0, 0, 0, 0) }]);
  await clock.sleep(ms(100));
}
