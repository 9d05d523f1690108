import type { Command } from 'commander';
import { addReproMinimise } from './minimise.ts';
import { addReproRun } from './run.ts';
import { addReproShow } from './show.ts';

/** `h1-hil repro`: procedures in files, to be read, played and made shorter. */
export function addRepro(program: Command): void {
  const repro = program
    .command('repro')
    .description('procedures in files: show one, play it, make it shorter');
  addReproShow(repro);
  addReproRun(repro);
  addReproMinimise(repro);
}
