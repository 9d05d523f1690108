// Runs in a thread of its own, as plain JavaScript so that it needs no loader: watches the beats of the main thread and
// ends the process when they stop, or when the runner that started it is gone and the process has not ended with it. It loads
// nothing native: spi-device and epoll cannot be loaded twice in a process. Its clock goes on whatever the host's is set to.
import { writeSync } from 'node:fs';
import process from 'node:process';
import { performance } from 'node:perf_hooks';
import { workerData } from 'node:worker_threads';

const { beats, title, turnLimitMs, frameLimitMs, orphanLimitMs, runner } = workerData;
const counters = new Int32Array(beats);
const TURNS = 0;
const FRAMES = 1;
const TITLE_LENGTH = 2;
const CHECK_MS = 100;
/** A check that comes later than this was kept back together with the main thread. */
const STOPPED_MS = 1000;
const STDERR = 2;

let turns = -1;
let frames = -1;
let turnSeen = performance.now();
let frameSeen = performance.now();
let runnerSeen = performance.now();
let checked = performance.now();

setInterval(() => {
  const now = performance.now();
  // While the whole process was stopped, as by SIGSTOP, the main thread could not beat either: that time does not count.
  const stopped = now - checked > STOPPED_MS ? now - checked : 0;
  checked = now;
  turnSeen += stopped;
  frameSeen += stopped;
  const nowTurns = Atomics.load(counters, TURNS);
  const nowFrames = Atomics.load(counters, FRAMES);
  if (nowTurns !== turns) turnSeen = now;
  if (nowFrames !== frames) frameSeen = now;
  turns = nowTurns;
  frames = nowFrames;
  if (process.ppid === runner) runnerSeen = now;
  if (now - runnerSeen > orphanLimitMs) end('is still under way although its run is gone');
  else if (now - turnSeen > turnLimitMs && now - frameSeen > turnLimitMs)
    end(`has not come back for ${turnLimitMs / 1000} s and nothing moved on the bus`);
  else if (now - turnSeen > frameLimitMs)
    end(`has driven the bus for ${frameLimitMs / 1000} s without a pause`);
}, CHECK_MS);

function end(why) {
  const name = Buffer.from(new Uint8Array(title).slice(0, Atomics.load(counters, TITLE_LENGTH))).toString();
  try {
    writeSync(STDERR, `h1-hil watchdog: "${name}" ${why}; its worker is ended.\n`);
  } finally {
    // Nobody may be left to read it.
    process.kill(process.pid, 'SIGKILL');
  }
}
