import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readSummary } from '../../report/summary.ts';
import { showTable } from '../../report/tables.ts';
import { runStep } from '../child.ts';
import { EXIT_OF_VERDICT } from '../exit-code.ts';
import { NoResult } from '../no-result.ts';

interface IrqTableOptions {
  readonly rig: string;
  readonly profile: readonly string[];
  readonly seed: string;
  readonly json?: true;
}

/** `h1-hil irq-table`: what each driver makes of each behaviour of the ready line. */
export function addIrqTable(program: Command): void {
  program
    .command('irq-table')
    .description('run the interrupt-fallback laboratory and print what each driver makes of each INT_AP_L')
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .option('-p, --profile <name...>', 'driver profiles', ['all'])
    .option('-s, --seed <number>', 'seed of the run', '1')
    .option('--json', 'the table as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil irq-table
  h1-hil irq-table --profile recommended coreboot
  h1-hil irq-table --json > irq-table.json

The same table, with colours, is in tables.html of every run of the suite irq-fallback.`,
    )
    .action(async (options: IrqTableOptions) => {
      process.exitCode = await runLaboratory(options);
    });
}

async function runLaboratory({ rig, profile, seed, json }: IrqTableOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-irq-table-'));
  const options = [
    '--grep',
    'laboratory',
    '--rig',
    rig,
    '--seed',
    seed,
    '--report',
    folder,
    '--history',
    'none',
  ];
  try {
    const code = await runStep(
      ['src/cli/start.js', 'run', 'irq-fallback', ...options, '--profile', ...profile],
      { stdio: ['ignore', process.stderr, 'inherit'] },
    );
    const summary = readSummary(folder);
    if (summary === undefined) return code;
    const table = summary.tables.find(({ title }) => title.startsWith('INT_AP_L'));
    if (table === undefined)
      throw new NoResult(`The laboratory measured nothing on rig ${rig}: see the reasons above.`);
    process.stdout.write(
      json === true ? `${JSON.stringify(table, undefined, 2)}\n` : `${showTable(table)}\n`,
    );
    return EXIT_OF_VERDICT[summary.verdict];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
