import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { HilError } from '../units/index.ts';
import { addBugs } from './commands/bugs.ts';
import { addChip } from './commands/chip.ts';
import { addDecode } from './commands/decode.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplore } from './commands/explore.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { addParity } from './commands/parity.ts';
import { addIrqTable } from './commands/irq-table.ts';
import { addProfiles } from './commands/profiles.ts';
import { addRig } from './commands/rig/rig.ts';
import { addRepro } from './commands/repro/repro.ts';
import { ROOT } from './root.ts';
import { addRules } from './commands/rules.ts';
import { addRun } from './commands/run.ts';
import { addScore } from './commands/score.ts';
import { addTest } from './commands/test.ts';
import { addTpm } from './commands/tpm.ts';

const { version, description } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
  description: string;
};

const program = new Command('h1-hil')
  .description(description)
  .version(version)
  .option('--debug', 'show the stack of an error')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  h1-hil run                     every suite on the simulated board, with a report
  h1-hil run sleep-wake          one suite
  h1-hil decode boot.sal --rules a capture, judged
  h1-hil rig list                the rigs that can be named with --rig
  h1-hil test                    every check and test of the project itself`,
  );
for (const add of [
  addRun,
  addTest,
  addRig,
  addDoctor,
  addParity,
  addProfiles,
  addDecode,
  addRules,
  addBugs,
  addChip,
  addScore,
  addExplore,
  addRepro,
  addIrqTable,
  addTpm,
])
  add(program);

// Who reads may go away, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says in a sentence what went wrong; answers the exit code. */
function explain(error: unknown): number {
  // commander has said it already: help, version, or a wrong option.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  const isDebug = program.opts<{ debug?: true }>().debug === true;
  if (error instanceof HilError && !isDebug) process.stderr.write(`h1-hil: ${error.message}\n`);
  else
    process.stderr.write(
      `h1-hil: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  return exitCodeOf(error);
}
