import type { Command } from 'commander';
import type { OpenRig } from '../../rig/index.ts';
import { loadRig, openRig, RigLacks, takeLease } from '../../rig/index.ts';
import { ms, us, UsageError } from '../../units/index.ts';

/** Longer than the supply's capacitors hold. */
const POWER_OFF = ms(500);
const BOOT = ms(100);
const LONGEST_RESET_MS = 10_000;

/** Lines that can be pulsed, and what the controller calls them. */
const LINES = { supply: 'POW', TPM_RST_L: 'RES', CS_L: 'CS', INT_AP_L: 'INT' } as const;
type Line = keyof typeof LINES;
/** What the controller's pulses can be. [docs/rig-controller.md] */
const SHORTEST_US = 20;
const LONGEST_US = 100_000_000;

/** `h1-hil rig power | reset | pulse`: what somebody at the bench does by hand. The rig is left safe afterwards. */
export function addRigBench(rig: Command): void {
  rig
    .command('power')
    .description("switch the board's supply off and on again, then leave the rig safe")
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('h1-hil rig power raspberry-pi-nano'))
    .action((name: string, { json }: JsonOption) =>
      atBench(name, 'power', json, async ({ board: { power, clock } }) => {
        if (power === undefined)
          throw new RigLacks(
            `Rig ${name} does not switch its supply; name the line or a controller in its file.`,
          );
        await power.off();
        await clock.sleep(POWER_OFF);
        await power.on();
        await clock.sleep(BOOT);
        return 'The supply went off and on; the rig is left safe.';
      }),
    );
  rig
    .command('reset')
    .description('pulse TPM_RST_L')
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .option('--ms <width>', 'how long it is asserted', '2')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('h1-hil rig reset raspberry-pi --ms 5'))
    .action((name: string, { ms: written, json }: JsonOption & { readonly ms: string }) => {
      const width = Number(written);
      if (!(width > 0 && width <= LONGEST_RESET_MS))
        throw new UsageError(
          `--ms ${written} is no width; say a number above 0, at most ${LONGEST_RESET_MS}.`,
        );
      return atBench(name, 'reset', json, async ({ board: { reset, clock } }) => {
        if (reset === undefined)
          throw new RigLacks(
            `Rig ${name} does not drive TPM_RST_L; name the line or a controller in its file.`,
          );
        await reset.assert();
        await clock.sleep(ms(width));
        await reset.deassert();
        return `TPM_RST_L was asserted for ${width} ms.`;
      });
    });
  rig
    .command('pulse')
    .description('pulse a line for so many microseconds, timed by the rig controller, with the board powered')
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .argument('<line>', Object.keys(LINES).join(', '))
    .requiredOption('--us <width>', `how long: ${SHORTEST_US} to ${LONGEST_US}`)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples(
        'h1-hil rig pulse raspberry-pi-nano CS_L --us 100',
        'h1-hil rig pulse raspberry-pi-nano supply --us 2000 --json',
      ),
    )
    .action((name: string, line: string, { us: written, json }: JsonOption & { readonly us: string }) => {
      if (!isLine(line))
        throw new UsageError(`${line} cannot be pulsed; say one of ${Object.keys(LINES).join(', ')}.`);
      const width = Number(written);
      if (!(Number.isInteger(width) && width >= SHORTEST_US && width <= LONGEST_US))
        throw new UsageError(
          `--us ${written} is no width; say a whole number of ${SHORTEST_US} to ${LONGEST_US}.`,
        );
      return atBench(name, 'pulse', json, async ({ board, controlled }) => {
        if (controlled === undefined)
          throw new RigLacks(
            `Rig ${name} has no rig controller, which times pulses; name one in its file (docs/rig-controller.md).`,
          );
        await controlled.power.on();
        await board.clock.sleep(BOOT);
        await controlled.reset.deassert();
        await controlled.controller.tell(`PULS:${LINES[line]} ${width}`);
        await board.clock.sleep(us(width));
        return `${line} was ${line === 'supply' ? 'cut' : 'asserted'} for ${width} us.`;
      });
    });
}

interface JsonOption {
  readonly json?: true;
}

const isLine = (name: string): name is Line => name in LINES;

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n\nThe rig is left safe: without supply and in reset, as far as it drives them.`;

/** Holds a rig, opens it, acts, and leaves it safe. */
export async function holdingRig<T>(
  name: string,
  verb: string,
  act: (rig: OpenRig) => Promise<T>,
): Promise<T> {
  const file = loadRig(name);
  const lease = await takeLease(file, {
    pid: process.pid,
    user: process.env['USER'] ?? 'somebody',
    since: new Date().toISOString(),
    run: `h1-hil rig ${verb} ${name}`,
  });
  try {
    const rig = await openRig(file, 1);
    try {
      return await act(rig);
    } finally {
      await rig.board.close();
    }
  } finally {
    await lease.release();
  }
}

async function atBench(
  name: string,
  verb: string,
  json: true | undefined,
  act: (rig: OpenRig) => Promise<string>,
): Promise<void> {
  const did = await holdingRig(name, verb, act);
  process.stdout.write(json === true ? `${JSON.stringify({ rig: name, did })}\n` : `${did}\n`);
}
