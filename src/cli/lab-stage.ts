import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Terminal } from '../report/terminal.ts';
import { runStep } from './child.ts';
import { EXIT } from './exit-code.ts';
import { ROOT } from './root.ts';
import type { StageResult } from './stage.ts';
import { checkResult, runResult, sumOf } from './stage.ts';

const BOARD_SUITES = ['bring-up', 'suspend-resume', 'sleep-wake', 'irq-fallback', 'max-frame'];
const SUITES = [...BOARD_SUITES, 'device-file', 'kernel-driver'];

const CLI = ['src/cli/start.js'];
/** A check of the project stays out of the history. */
const NO_HISTORY = ['--history', 'none'];
/** The script that runs the project inside the guest. */
const IN_GUEST = ['--import', 'tsx', 'tests/boards/linux/guest/run-suites.ts'];

/** Long on an emulated processor. */
const WITHOUT_LONG = ['--grep', '^(?!.*(1,000 random sleeps|noise of (10|20|50) kHz|noise of 10000 Hz))'];

/** Runs with the stock Linux driver. Their seeds are fixed, so a failure means that the code has changed. */
const RUNS: readonly { readonly rig: string; readonly args: readonly string[] }[] = [
  { rig: 'virtual-lab', args: [...SUITES, ...WITHOUT_LONG] },
  { rig: 'virtual-lab-threadirqs', args: ['kernel-driver', '--grep', 'K-16'] },
  { rig: 'virtual-lab-swtpm', args: ['device-file', '--grep', 'resource manager'] },
];

/** A kernel beside that of the installed headers, and what is run on it. */
interface OtherKernel {
  /** Its name in rigs/virtual-lab/kernels. */
  readonly kernel: string;
  readonly rig: string;
  readonly suites: readonly string[];
}

/** Where its packages can be had, each check has it: what differs from 6.1 on the wire and in user space. */
const SECOND_KERNEL: OtherKernel = {
  kernel: '6.12',
  rig: 'virtual-lab-6.12',
  suites: ['bring-up', 'suspend-resume', 'kernel-driver'],
};

/** For `--all-kernels`. */
const EVERY_KERNEL: readonly OtherKernel[] = [
  { ...SECOND_KERNEL, suites: SUITES },
  { kernel: '7.2', rig: 'virtual-lab-7.2', suites: SUITES },
  { kernel: '6.1-rt', rig: 'virtual-lab-6.1-rt', suites: SUITES },
  { kernel: '6.12-rt', rig: 'virtual-lab-rt', suites: SUITES },
];

/** Told in the stage, since nothing is left out in silence. */
const LEFT_OUT =
  'left out: 1,000 random sleeps, which take a kernel 9 minutes (h1-hil run suspend-resume --rig virtual-lab), and noise of 10 kHz and more';

/**
 * Runs the suites in the virtual lab. When this machine lacks something for it, that is a skip, and in CI a failure.
 */
export async function labSuites(terminal: Terminal): Promise<StageResult> {
  const results: StageResult[] = [];
  terminal.line(`  ${LEFT_OUT}`);
  for (const { rig, args } of RUNS) results.push(await runOn(rig, args, terminal));
  return sumOf(results);
}

/**
 * Runs suites and the comparison of the profile on other kernels than that of the installed headers. One whose packages cannot
 * be had is a skip, everywhere.
 */
export async function kernelSuites(terminal: Terminal, areAll: boolean): Promise<StageResult> {
  const results: StageResult[] = [];
  for (const { kernel, rig, suites } of areAll ? EVERY_KERNEL : [SECOND_KERNEL]) {
    const prepared = await runScript(CLI, ['lab', 'prepare', kernel]);
    if (prepared.code !== EXIT.pass) {
      const reason = prepared.said.split('\n').at(-1) ?? '';
      terminal.line(`  skipped 1: kernel ${kernel}: ${reason}`);
      results.push({ passed: 0, failed: 0, skipped: 1, failures: [] });
      continue;
    }
    results.push(await runOn(rig, [...suites, ...WITHOUT_LONG], terminal));
    const parity = await runScript(CLI, ['parity', '--rig', rig]);
    results.push(
      parity.isUnusable
        ? withoutLab(terminal, parity.said)
        : checkResult(parity.code, `h1-hil parity --rig ${rig}`),
    );
  }
  if (!areAll) terminal.line('  left out: 7.2 and the kernels with PREEMPT_RT (h1-hil test --all-kernels)');
  return sumOf(results);
}

async function runOn(rig: string, args: readonly string[], terminal: Terminal): Promise<StageResult> {
  const folder = join(ROOT, 'reports', 'out', `test-run-${rig}`);
  const words = ['run', ...args, '--rig', rig, '--seed', '1', '--report', folder, ...NO_HISTORY];
  return resultOf(await runScript(CLI, words), folder, terminal);
}

/**
 * Runs on the board `linux`: the main suites with the profile `recommended`, and with the profiles of the kernels'
 * drivers the suites in which those differ.
 */
const GUEST_RUNS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: 'test-run-guest', args: [...BOARD_SUITES, '--profile', 'recommended'] },
  {
    name: 'test-run-guest-kernels',
    args: ['irq-fallback', 'max-frame', '--profile', 'linux-6.1', 'cr50-spi-v1'],
  },
];

/** Runs the suites on the board `linux`. The project runs inside the guest of the lab and uses its SPI and GPIO. */
export async function guestSuites(terminal: Terminal): Promise<StageResult> {
  const results: StageResult[] = [];
  for (const { name, args } of GUEST_RUNS) {
    const folder = join(ROOT, 'reports', 'out', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const end = await runScript(IN_GUEST, [folder, ...args, '--seed', '1']);
    results.push(resultOf(end, folder, terminal));
  }
  return sumOf(results);
}

const resultOf = (end: ScriptEnd, folder: string, terminal: Terminal): StageResult =>
  end.isUnusable ? withoutLab(terminal, end.said) : runResult(end.code, folder, basename(folder));

/** Compares our profile of the kernel's driver with the driver itself. */
export async function labParity(terminal: Terminal): Promise<StageResult> {
  const end = await runScript(CLI, ['parity']);
  if (end.isUnusable) return withoutLab(terminal, end.said);
  return checkResult(end.code, 'h1-hil parity');
}

/** The result on a machine without the lab. A CI machine has everything, set up by .ci/run, so there it is a failure. */
function withoutLab(terminal: Terminal, reason: string): StageResult {
  const { CI = '' } = process.env;
  const mayBeSkipped = CI === '' || CI === 'false';
  terminal.line(`  ${mayBeSkipped ? 'skipped 1' : 'failed, since CI is set'}: ${reason}`);
  if (mayBeSkipped) return { passed: 0, failed: 0, skipped: 1, failures: [] };
  return { passed: 0, failed: 1, skipped: 0, failures: [{ title: 'virtual lab', message: reason }] };
}

interface ScriptEnd {
  readonly code: number;
  /** This machine cannot use the rig. The reason is on stderr. */
  readonly isUnusable: boolean;
  readonly said: string;
}

/** Runs a script of the project as a user does, with its output shown. */
async function runScript(script: readonly string[], args: readonly string[]): Promise<ScriptEnd> {
  let said = '';
  const code = await runStep([...script, ...args], {
    onStderr: (text) => {
      said += text;
    },
  });
  return { code, isUnusable: code === EXIT.usage, said: said.trim() };
}
