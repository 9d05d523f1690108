// Runs in a thread of its own, as plain JavaScript so that it needs no loader: watches the beats of the main thread and
// ends the process when they stop. It loads nothing native: spi-device and epoll cannot be loaded twice in a process.
import { writeSync } from 'node:fs';
import process from 'node:process';
import { workerData } from 'node:worker_threads';

const { beats, title, turnLimitMs, frameLimitMs } = workerData;
const counters = new Int32Array(beats);
const TURNS = 0;
const FRAMES = 1;
const TITLE_LENGTH = 2;
const CHECK_MS = 100;
const STDERR = 2;

let turns = -1;
let frames = -1;
let turnSeen = Date.now();
let frameSeen = Date.now();

setInterval(() => {
  const now = Date.now();
  const nowTurns = Atomics.load(counters, TURNS);
  const nowFrames = Atomics.load(counters, FRAMES);
  if (nowTurns !== turns) turnSeen = now;
  if (nowFrames !== frames) frameSeen = now;
  turns = nowTurns;
  frames = nowFrames;
  const isStuck = now - turnSeen > turnLimitMs && now - frameSeen > turnLimitMs;
  const isEndless = now - turnSeen > frameLimitMs;
  if (!isStuck && !isEndless) return;
  const name = Buffer.from(new Uint8Array(title).slice(0, Atomics.load(counters, TITLE_LENGTH))).toString();
  const why = isStuck
    ? `has not come back for ${turnLimitMs / 1000} s and nothing moved on the bus`
    : `has driven the bus for ${frameLimitMs / 1000} s without a pause`;
  writeSync(STDERR, `h1-hil watchdog: "${name}" ${why}; its worker is ended.\n`);
  process.kill(process.pid, 'SIGKILL');
}, CHECK_MS);
