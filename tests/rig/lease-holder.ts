import { spawn } from 'node:child_process';
import { acquireLease } from '../../src/rig/index.ts';
import { simRig } from './sim-rig.ts';

// A process that takes a lease, says so or who has it, and lives until it is killed. With a second argument it starts a
// child that holds the lease with it, as a worker of a run does.
const [number, withChild] = process.argv.slice(2);
const holder = { pid: process.pid, user: 'lab', since: '2026-01-02T03:04:05.000Z', run: 'h1-hil run' };
try {
  const lease = await acquireLease({ ...simRig('d', Number(number)), exclusive: true }, holder);
  if (withChild !== undefined) {
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', lease.descriptor!] });
    process.stdout.write(`child ${child.pid}\n`);
  }
  process.stdout.write('held\n');
  setInterval(() => undefined, 1000);
} catch (failure) {
  process.stdout.write(`${(failure as Error).message}\n`);
}
