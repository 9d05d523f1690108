import { Watchdog } from '../../src/rig/index.ts';

/** A worker that drives the bus for ever and never yields. */
const watchdog = new Watchdog({ turnLimitMs: 120_000, frameLimitMs: 120_000, orphanLimitMs: 200 });
watchdog.name('an endless test');
process.stdout.write(`${process.pid}\n`);
// The thread is under way before the loop takes this one for itself.
setTimeout(() => {
  for (;;) watchdog.frame();
}, 1000);
