// Runs in a thread of its own, as plain JavaScript so that it needs no loader: owns the swtpm process and its two
// sockets, and answers the main thread, which waits in Atomics.wait, through shared memory.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';

const STATE = 0;
const LENGTH = 1;
const PROCESS = 2;
const DONE = 1;
const FAILED = 2;
const HEADER = 16;
const STDERR_KEPT = 400;

const { shared, program } = workerData;
const words = new Int32Array(shared, 0, HEADER / 4);
const bytes = new Uint8Array(shared, HEADER);

/**
 * Both sockets are pairs without a name that swtpm inherits: nobody else can reach them, and when this process dies,
 * however it dies, swtpm reads their end and terminates. The shell then removes the folder. A session of their own
 * keeps them out of reach of a Ctrl-C at the terminal, so that a board can be closed in order.
 */
const SCRIPT = 'folder=$1; shift; "$@"; code=$?; [ -z "$folder" ] || rm -rf "$folder"; exit $code';
const DATA = 3;
const CONTROL = 4;

let child;
let ended;
let reason;
let pending;

const operations = { start, execute, control, stop };

parentPort.on('message', async ({ operation, body }) => {
  try {
    answer(DONE, await operations[operation](body));
  } catch (error) {
    answer(FAILED, Buffer.from(error.message));
  }
});

function answer(state, result = new Uint8Array()) {
  const length = Math.min(result.length, bytes.length);
  bytes.set(result.subarray(0, length));
  Atomics.store(words, LENGTH, length);
  Atomics.store(words, STATE, state);
  Atomics.notify(words, STATE);
}

async function start({ folder, isTemporary }) {
  const swtpm = [
    ...[program, 'socket', '--tpm2', '--fd', String(DATA), '--terminate'],
    ...['--ctrl', `type=unixio,clientfd=${CONTROL}`],
    ...['--tpmstate', `dir=${folder}`],
  ];
  child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', isTemporary ? folder : '', ...swtpm], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  reason = undefined;
  ended = watch(child);
  await once(child, 'spawn');
  Atomics.store(words, PROCESS, child.pid);
}

/** Resolves when the process is gone and its folder with it. */
async function watch(process) {
  let text = '';
  process.stderr.setEncoding('utf8').on('data', (chunk) => (text = (text + chunk).slice(-STDERR_KEPT)));
  for (const at of [DATA, CONTROL]) {
    process.stdio[at].on('error', () => undefined);
    process.stdio[at].resume();
  }
  const why = await new Promise((resolve) => {
    process.once('error', (error) => resolve(error.message));
    process.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  await finished(process.stderr).catch(() => undefined);
  const said = text.trim().replaceAll(/\s*\n\s*/g, '; ');
  reason = said === '' ? why : `${why}, and it said: ${said}`;
  Atomics.store(words, PROCESS, 0);
  pending?.(new Error(reason));
}

function execute(command) {
  return exchange(DATA, command, (answer) => answer.length >= 10 && answer.length >= answer.readUInt32BE(2));
}

function control({ request, size }) {
  return exchange(CONTROL, request, (answer) => answer.length >= size);
}

/** Sends `request` and collects what comes back until it is whole. */
function exchange(at, request, isWhole) {
  if (reason !== undefined) throw new Error(reason);
  const socket = child.stdio[at];
  let received = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const onData = (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isWhole(received)) end(() => resolve(received));
    };
    const end = (settle) => {
      socket.off('data', onData);
      pending = undefined;
      settle();
    };
    pending = (error) => end(() => reject(error));
    socket.on('data', onData);
    socket.write(request);
  });
}

/** swtpm terminates when its connections end. */
async function stop() {
  child?.stdio[DATA].destroy();
  child?.stdio[CONTROL].destroy();
  await ended;
  if (reason !== undefined && !reason.startsWith('exit code 0')) throw new Error(reason);
}
