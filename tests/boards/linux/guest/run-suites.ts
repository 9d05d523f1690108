import { execFileSync } from 'node:child_process';
import { constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { LabUnprepared } from '../../../../src/boards/virtual-lab/errors.ts';
import type { VirtualLabBoard } from '../../../../src/boards/virtual-lab/index.ts';
import { seconds, showDuration } from '../../../../src/units/index.ts';
import { bootOnSpidev } from './boot.ts';
import { GUEST_ROOT, ROOT } from './pack.ts';
import { packProject } from './project-tree.ts';
import { CACHE_FOLDER, RUNNER_CACHE } from './ready-made.ts';

// Runs suites on the board `linux` with a real kernel: the whole project inside the guest of the virtual lab, as on a lab
// host, with the simulated chip of this process at the other end of the wires. Shows what the run says, and leaves its
// report in the folder.
//   run-suites.ts <folder> <argument of `h1-hil run`>...
// Exit code 2 when this machine lacks what the lab needs, otherwise that of the run.

/** The whole project with Node.js is 200 MiB, unpacked twice while it boots. */
const MEMORY_MB = 2048;
const INTERRUPTED = 130;
const OUTPUT = '/run.txt';
const PACKED = '/report.tar.gz';
const PART_SIZE = 65_536;
const END = 'run-suites: exit code ';
/** In the guest's time, as all here. */
const LOOK_EVERY = seconds(5);
/** Some times what the main suites take: a guest that hangs is told so. */
const LIMIT = seconds(7200);

const [into = '.', ...args] = process.argv.slice(2);
/** In the guest at the place in the project that it has here, so that what the run says of it is true of both. */
const REPORT = resolve(GUEST_ROOT, relative(ROOT, resolve(into)));

async function shell(lab: VirtualLabBoard, script: string): Promise<string> {
  const { output } = await lab.kernel.files.run(['sh', '-c', script]);
  return output;
}

const quoted = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');

/** Starts the run, shows what it says as it comes, and resolves with its exit code. */
async function follow(lab: VirtualLabBoard): Promise<number> {
  const command = `node src/cli/main.js run ${quoted([...args, '--rig', 'guest.yaml', '--report', REPORT, '--history', 'none'])}`;
  const cache = `export ${RUNNER_CACHE}=${GUEST_ROOT}/${CACHE_FOLDER}`;
  await shell(lab, `cd ${GUEST_ROOT} && ${cache} && (${command}; echo "${END}$?") > ${OUTPUT} 2>&1 &`);
  let shown = 0;
  for (let waited = 0; waited < LIMIT; waited += LOOK_EVERY) {
    await lab.clock.sleep(LOOK_EVERY);
    const more = await shell(lab, `tail -c +${shown + 1} ${OUTPUT}`);
    shown += Buffer.byteLength(more);
    const end = more.indexOf(END);
    process.stdout.write(end < 0 ? more : more.slice(0, end));
    if (end >= 0) return Number.parseInt(more.slice(end + END.length), 10);
  }
  throw new Error(`The run in the guest has not ended within ${showDuration(LIMIT)} of its own time.`);
}

/** Brings the run's report out of the guest, packed on the way. A run that could not begin has none. */
async function fetchReport({ kernel: { files } }: VirtualLabBoard): Promise<void> {
  const { status } = await files.run(['tar', '-C', REPORT, '-czf', PACKED, '.']);
  if (status !== 0) return;
  const parts: Uint8Array[] = [];
  const descriptor = await files.open(PACKED, constants.O_RDONLY);
  for (;;) {
    const part = await files.read(descriptor, PART_SIZE);
    if (typeof part === 'number')
      throw new Error(`The report cannot be read from the guest: error ${-part}.`);
    if (part.length === 0) break;
    parts.push(part);
  }
  await files.close(descriptor);
  mkdirSync(into, { recursive: true });
  execFileSync('tar', ['-C', into, '-xz'], { input: Buffer.concat(parts) });
  const self = relative(process.cwd(), import.meta.filename);
  process.stdout.write(`All in the guest; again: node --import tsx ${self} ${quoted([into, ...args])}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'h1-hil-guest-'));
// QEMU ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(INTERRUPTED);
  });
try {
  const lab = await bootOnSpidev(packProject(folder), MEMORY_MB);
  try {
    process.exitCode = await follow(lab);
    await fetchReport(lab);
  } finally {
    await lab.close();
  }
} catch (failure) {
  if (!(failure instanceof LabUnprepared)) throw failure;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
