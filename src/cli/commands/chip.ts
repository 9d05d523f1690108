import type { Command } from 'commander';
import { QUIRKS } from '../../sim/index.ts';
import { addChipServe } from './chip-serve.ts';

/** `h1-hil chip`: the simulated chip. */
export function addChip(program: Command): void {
  const chip = program
    .command('chip')
    .description('the simulated H1: a door for other drivers, and what no TPM specification says of it');
  addChipServe(chip);
  chip
    .command('quirks')
    .description('list where the chip differs from what a reader of the specifications would expect')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  h1-hil chip quirks\n  h1-hil chip quirks --json')
    .action(({ json }: { readonly json?: true }) => {
      if (json === true) {
        process.stdout.write(`${JSON.stringify(QUIRKS, undefined, 2)}\n`);
        return;
      }
      for (const [name, { what, source }] of Object.entries(QUIRKS))
        process.stdout.write(`${name}\n  ${what}\n  ${source}\n`);
    });
}
