import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { printableLines } from '../units/index.ts';
import { addBugs } from './commands/bugs.ts';
import { addChip } from './commands/chip.ts';
import { addCompare } from './commands/compare.ts';
import { addCompletion } from './commands/completion.ts';
import { addDecode } from './commands/decode.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplore } from './commands/explore.ts';
import { addHistory } from './commands/history/history.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { addLab } from './commands/lab/lab.ts';
import { sayingOf } from './explain.ts';
import { refuseRepeatedOptions } from './given-once.ts';
import { addMan } from './commands/man.ts';
import { addMorning } from './commands/morning.ts';
import { addNight } from './commands/night.ts';
import { addNew } from './commands/new.ts';
import { addParity } from './commands/parity.ts';
import { addIrqTable } from './commands/irq-table.ts';
import { addProfiles } from './commands/profiles.ts';
import { addQualify } from './commands/qualify.ts';
import { addVerify } from './commands/verify.ts';
import { addRequirements } from './commands/requirements.ts';
import { addReports } from './commands/reports/reports.ts';
import { addRig } from './commands/rig/rig.ts';
import { addReplay } from './commands/replay.ts';
import { addRepro } from './commands/repro/repro.ts';
import { ROOT } from './root.ts';
import { addRules } from './commands/rules.ts';
import { addRun } from './commands/run.ts';
import { addScore } from './commands/score.ts';
import { addBlame } from './commands/blame.ts';
import { addSweep } from './commands/sweep.ts';
import { addTest } from './commands/test.ts';
import { addTis } from './commands/tis/tis.ts';
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
  addNight,
  addMorning,
  addHistory,
  addCompare,
  addReports,
  addTest,
  addRig,
  addDoctor,
  addParity,
  addLab,
  addProfiles,
  addDecode,
  addRules,
  addRequirements,
  addQualify,
  addVerify,
  addBugs,
  addChip,
  addScore,
  addExplore,
  addReplay,
  addRepro,
  addSweep,
  addBlame,
  addIrqTable,
  addTis,
  addNew,
  addTpm,
  addCompletion,
  addMan,
])
  add(program);
refuseRepeatedOptions(program);

// The reader of a pipe may end early, as `head` does, and a terminal may be closed. An output that was lost in
// another way is no success.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    process.once('exit', (code) => {
      if (code === EXIT.pass) process.exitCode = exitCodeOf(error);
    });
  });

// An error that nobody waits for ends the command too, with a sentence.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    process.exit(explain(error));
  });

try {
  await program.parseAsync();
} catch (error) {
  // Ends at once: work that is still under way could keep the process for ever.
  process.exit(explain(error));
}

/** Prints an error as a sentence and returns the exit code. */
function explain(error: unknown): number {
  // commander has printed its own errors: help, version, or a wrong option.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  const isDebug = program.opts<{ debug?: true }>().debug === true;
  process.stderr.write(`h1-hil: ${sayingOf(error)}\n`);
  if (isDebug && error instanceof Error) process.stderr.write(`${printableLines(error.stack ?? '')}\n`);
  return exitCodeOf(error);
}
