import type { Command } from 'commander';
import { HISTORY_VARIABLE } from '../history-place.ts';
import { EXIT } from '../exit-code.ts';
import { manPage } from '../man-page.ts';
import { JOBS_VARIABLE } from '../run-request.ts';

/** `h1-hil man`: the manual page of this command line. */
export function addMan(program: Command): void {
  program
    .command('man')
    .description('print the manual page of this command line, for man')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil man | man -l -                                        to read it
  h1-hil man > ~/.local/share/man/man1/h1-hil.1                to install it for yourself`,
    )
    .action(() => {
      process.stdout.write(
        manPage(program, {
          version: program.version() ?? '',
          exits: [
            [EXIT.pass, 'pass'],
            [EXIT.failure, 'failure of firmware or driver; what was looked for was found'],
            [EXIT.usage, 'wrong usage: nothing was begun'],
            [EXIT.lab, 'no verdict: rig, host or reporter failed'],
            [EXIT.inconclusive, 'not decided'],
            [EXIT.invalidEvidence, 'evidence that does not fit'],
            [EXIT.interrupted, 'ended by Ctrl-C, SIGTERM or SIGHUP'],
          ],
          variables: [
            [JOBS_VARIABLE, 'tests at the same time on a simulated rig'],
            [HISTORY_VARIABLE, 'the history: a SQLite file, postgres://..., or none'],
            ['NO_COLOR', 'no colours'],
          ],
          files: [
            ['rigs/NAME.yaml', 'the rigs that are named with --rig; rigs/schema.json has their fields'],
            ['reports/out', 'a folder for the report of each run, and history.sqlite'],
            ['~/.cache/h1-hil', 'what is built or downloaded once, such as the guest of the virtual lab'],
          ],
        }),
      );
    });
}
