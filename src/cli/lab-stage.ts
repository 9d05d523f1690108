import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readSummary } from '../../reports/summary.ts';
import type { Terminal } from '../../reports/terminal.ts';
import { EXIT } from './exit-code.ts';
import { ROOT } from './root.ts';

/** How many tests of a stage ended how. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const SUITES = [
  'bring-up',
  'suspend-resume',
  'sleep-wake',
  'irq-fallback',
  'max-frame',
  'device-file',
  'kernel-driver',
];

/** The suites on the stock Linux driver: what is run, on which rig. Seeds stay, so that a failure means a change. */
const RUNS: readonly { readonly rig: string; readonly args: readonly string[] }[] = [
  { rig: 'virtual-lab', args: SUITES },
  { rig: 'virtual-lab-threadirqs', args: ['kernel-driver', '--grep', 'K-16'] },
  { rig: 'virtual-lab-swtpm', args: ['device-file', '--grep', 'resource manager'] },
];

/** Runs the suites in the virtual lab. What the lab lacks on this machine is a reason to skip, and in CI a failure. */
export async function labSuites(terminal: Terminal): Promise<Counts> {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { rig, args } of RUNS) {
    const folder = join(ROOT, 'reports', 'out', `test-run-${rig}`);
    const end = await runCommand(['run', ...args, '--rig', rig, '--seed', '1', '--report', folder]);
    const { passed, failed, skipped } = end.isUnusable
      ? withoutLab(terminal, end.said)
      : (readSummary(folder) ?? { passed: 0, failed: 1, skipped: 0 });
    total.passed += passed;
    total.failed += end.code === EXIT.pass || end.isUnusable ? failed : Math.max(1, failed);
    total.skipped += skipped;
  }
  return total;
}

/** Compares our profile of the kernel's driver with that driver. */
export async function labParity(terminal: Terminal): Promise<Counts> {
  const end = await runCommand(['parity']);
  if (end.isUnusable) return withoutLab(terminal, end.said);
  const isEqual = end.code === EXIT.pass;
  return { passed: isEqual ? 1 : 0, failed: isEqual ? 0 : 1, skipped: 0 };
}

/** A CI machine has everything by .ci/run: there nothing may be skipped unseen. */
function withoutLab(terminal: Terminal, reason: string): Counts {
  const { CI = '' } = process.env;
  const mayBeSkipped = CI === '' || CI === 'false';
  terminal.line(`  ${mayBeSkipped ? 'skipped 1' : 'failed, since CI is set'}: ${reason}`);
  return { passed: 0, failed: mayBeSkipped ? 0 : 1, skipped: mayBeSkipped ? 1 : 0 };
}

interface CommandEnd {
  readonly code: number;
  /** The rig cannot be used on this machine, and stderr said why. */
  readonly isUnusable: boolean;
  readonly said: string;
}

/** Runs `h1-hil` as a user does; what it says can be seen. */
function runCommand(args: readonly string[]): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
      cwd: ROOT,
      stdio: ['inherit', 'inherit', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      process.stderr.write(text);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? EXIT.failure, isUnusable: code === EXIT.usage, said: said.trim() });
    });
  });
}
