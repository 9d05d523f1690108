import type { Command } from 'commander';
import type { Board } from '../board/index.ts';
import { loadRig, openRig, takeLease } from '../rig/index.ts';
import { LabFailure, ms, UsageError } from '../units/index.ts';

/** Longer than the supply's capacitors hold. */
const POWER_OFF = ms(500);
const BOOT = ms(100);
const LONGEST_RESET_MS = 10_000;

/** `h1-hil rig power | reset`: what somebody at the bench does by hand. */
export function addRigBench(rig: Command): void {
  rig
    .command('power')
    .description("switch the board's supply off and on again")
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .action((name: string) =>
      atBench(name, 'power', async ({ power, clock }) => {
        if (power === undefined)
          throw new LabFailure(
            `Rig ${name} does not switch its supply; name the line or a controller in its file.`,
          );
        await power.off();
        await clock.sleep(POWER_OFF);
        await power.on();
        await clock.sleep(BOOT);
        return 'The supply was off and is on again.';
      }),
    );
  rig
    .command('reset')
    .description('pulse TPM_RST_L')
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .option('--ms <width>', 'how long it is asserted', '2')
    .action((name: string, { ms: written }: { readonly ms: string }) => {
      const width = Number(written);
      if (!(width > 0 && width <= LONGEST_RESET_MS))
        throw new UsageError(
          `--ms ${written} is no width; say a number above 0, at most ${LONGEST_RESET_MS}.`,
        );
      return atBench(name, 'reset', async ({ reset, clock }) => {
        if (reset === undefined)
          throw new LabFailure(
            `Rig ${name} does not drive TPM_RST_L; name the line or a controller in its file.`,
          );
        await reset.assert();
        await clock.sleep(ms(width));
        await reset.deassert();
        return `TPM_RST_L was asserted for ${width} ms.`;
      });
    });
}

async function atBench(name: string, verb: string, act: (board: Board) => Promise<string>): Promise<void> {
  const file = loadRig(name);
  const lease = await takeLease(file, {
    pid: process.pid,
    user: process.env['USER'] ?? 'somebody',
    since: new Date().toISOString(),
    run: `h1-hil rig ${verb} ${name}`,
  });
  try {
    const { board } = await openRig(file, 1);
    try {
      process.stdout.write(`${await act(board)}\n`);
    } finally {
      await board.close();
    }
  } finally {
    await lease.release();
  }
}
