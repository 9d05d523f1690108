import type { Command } from 'commander';
import { addReproCompare } from './compare.ts';
import { addReproMinimise } from './minimise.ts';
import { addReproRun } from './run.ts';
import { addReproShow } from './show.ts';

/** `h1-hil repro`: shows, plays and shortens procedures that are in files. */
export function addRepro(program: Command): void {
  const repro = program
    .command('repro')
    .description('procedures in files: show one, play it, make it shorter, compare plays');
  addReproShow(repro);
  addReproRun(repro);
  addReproMinimise(repro);
  addReproCompare(repro);
}
