import { takeLease } from '../../src/rig/index.ts';
import { simRig } from './sim-rig.ts';

// A process that takes a lease, says so, and lives until it is killed.
await takeLease(simRig('d', Number(process.argv[2])), {
  pid: process.pid,
  user: 'lab',
  since: '2026-01-02T03:04:05.000Z',
  run: 'h1-hil run',
});
process.stdout.write('held');
setInterval(() => undefined, 1000);
