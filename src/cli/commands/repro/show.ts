import type { Command } from 'commander';
import { showProcedure } from '../../../procedure/index.ts';
import { readProcedure } from '../../procedure-file.ts';

/** `h1-hil repro show`: a procedure as a page. */
export function addReproShow(repro: Command): void {
  repro
    .command('show')
    .description('print a procedure as a page that a person can follow at a bench')
    .argument('<file>', 'the procedure, or its bundle')
    .addHelpText('after', '\nExamples:\n  h1-hil repro show examples/procedures/glitch.json')
    .action((file: string) => {
      const { procedure } = readProcedure(file);
      const { fails } = procedure;
      process.stdout.write(showProcedure(procedure));
      if (fails !== undefined) process.stdout.write(`\nKept for the failure: ${fails}\n`);
    });
}
