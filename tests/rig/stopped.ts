import { Watchdog } from '../../src/rig/index.ts';

/** A worker that is well: its main thread is busy for less than its limit, again and again. */
const watchdog = new Watchdog({ turnLimitMs: 2000, frameLimitMs: 2000, orphanLimitMs: 60_000 });
watchdog.name('a test that is well');
setInterval(() => {
  const end = performance.now() + 800;
  while (performance.now() < end);
  process.stdout.write('.');
}, 10);
