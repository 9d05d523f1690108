import type { Command } from 'commander';
import { addRigCanary } from './canary.ts';
import { addRigCheck } from './check.ts';
import { addRigHealth } from './health.ts';
import { addRigLease } from './lease.ts';
import { addRigList } from './list.ts';
import { addRigMonitor } from './monitor.ts';
import { addRigPower } from './power.ts';
import { addRigPulse } from './pulse.ts';
import { addRigReset } from './reset.ts';
import { addRigSchema } from './schema.ts';
import { addRigShow } from './show.ts';
import { examples } from './shown.ts';

/** `h1-hil rig`: shows and checks rigs, and drives them by hand. */
export function addRig(program: Command): void {
  const rig = program
    .command('rig')
    .description('rigs: list them, show one, check one, have one, drive one by hand')
    .addHelpText(
      'after',
      examples(
        'h1-hil rig list',
        'h1-hil rig show raspberry-pi',
        'h1-hil rig check ./my-bench.yaml',
        'h1-hil rig monitor raspberry-pi --traffic',
      ),
    );
  addRigList(rig);
  addRigShow(rig);
  addRigCheck(rig);
  addRigSchema(rig);
  addRigHealth(rig);
  addRigLease(rig);
  addRigCanary(rig);
  addRigPower(rig);
  addRigReset(rig);
  addRigPulse(rig);
  addRigMonitor(rig);
}
