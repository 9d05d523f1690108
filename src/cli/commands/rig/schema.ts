import type { Command } from 'commander';
import { rigJsonSchema } from '../../../rig/index.ts';
import { examples } from './shown.ts';
import { printJson } from '../../print-json.ts';

/** `h1-hil rig schema`: prints the JSON schema with which editors check rig files. */
export function addRigSchema(rig: Command): void {
  rig
    .command('schema')
    .description('print the JSON schema of rig files, which rigs/schema.json is')
    .addHelpText('after', examples('h1-hil rig schema > rig-schema.json'))
    .action(() => {
      printJson(rigJsonSchema());
    });
}
