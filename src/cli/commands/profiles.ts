import type { Command } from 'commander';
import { PROFILES } from '../../driver/index.ts';

/** `h1-hil profiles`: lists the driver profiles. */
export function addProfiles(program: Command): void {
  program
    .command('profiles')
    .description('list the driver profiles')
    .option('--json', 'print every number and habit as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  h1-hil profiles\n  h1-hil profiles --json      every number, for h1-hil sweep and h1-hil blame',
    )
    .action(({ json }: { readonly json?: true }) => {
      const profiles = [...PROFILES.values()];
      if (json === true) process.stdout.write(`${JSON.stringify(profiles, undefined, 2)}\n`);
      else for (const { name, summary } of profiles) process.stdout.write(`${name.padEnd(14)} ${summary}\n`);
    });
}
