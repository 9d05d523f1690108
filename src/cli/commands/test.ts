import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readSummary } from '../../report/summary.ts';
import { showSeconds, Terminal } from '../../report/terminal.ts';
import { HOST_DRIVERS } from '../../driver/index.ts';
import { runStep } from '../child.ts';
import { EXIT } from '../exit-code.ts';
import type { Counts } from '../lab-stage.ts';
import { add, guestSuites, labParity, labSuites } from '../lab-stage.ts';
import { PLAYWRIGHT } from '../playwright.ts';
import { projectChecks } from '../project-checks.ts';
import { ROOT } from '../root.ts';

/** Profiles of host drivers beside the complete ones, with which the suites run anyway. */
const HOSTS = HOST_DRIVERS.map(({ name }) => name);

/** Number of planted bugs in the short form of the detection score. `h1-hil score` plants all of them. */
const SAMPLE = 4;

/** `h1-hil test`: runs every check and test of the project itself. */
export function addTest(program: Command): void {
  program
    .command('test')
    .description(
      'run every check and test of the project itself, then the suites on the simulated board, behind the emulated rig controller, and in the virtual lab',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  h1-hil test\n\nWhat this machine lacks for the virtual lab is a reason to skip it; with CI set it is a failure.\nThe last line counts: N passed, N failed, N skipped.',
    )
    .action(async () => {
      process.exitCode = await testProject();
    });
}

async function testProject(): Promise<number> {
  const terminal = new Terminal(process.stdout);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, script } of projectChecks())
    await stage(terminal, `check  ${name}`, total, async () => {
      const code = await runStep([script.file, ...script.args]);
      return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
    });
  await stage(terminal, 'tests  of the project', total, () => ownTests(terminal));
  await stage(terminal, 'suites on the simulated board', total, suites);
  await stage(terminal, 'page of known bugs', total, knownBugsPage);
  await stage(terminal, 'every host driver on the simulated board', total, () =>
    runSuites('test-hosts', ['irq-fallback', 'sleep-wake', 'max-frame', '--profile', ...HOSTS]),
  );
  await stage(terminal, `detection score, a sample of ${SAMPLE} planted bugs`, total, sampleScore);
  await stage(terminal, 'suites behind the emulated rig controller', total, controlledSuites);
  await stage(terminal, "suites on the board linux, in the virtual lab's guest", total, () =>
    guestSuites(terminal),
  );
  await stage(terminal, 'suites on the stock Linux driver', total, () => labSuites(terminal));
  await stage(terminal, 'parity with the stock Linux driver', total, () => labParity(terminal));
  terminal.line();
  terminal.line(`Verdict  ${total.failed === 0 ? terminal.good('pass') : terminal.bad('fail')}`);
  terminal.line(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? EXIT.pass : EXIT.failure;
}

async function stage(
  terminal: Terminal,
  title: string,
  total: Counts,
  action: () => Promise<Counts>,
): Promise<void> {
  terminal.line(terminal.strong(title));
  const began = process.hrtime.bigint();
  const counts = await action();
  add(total, counts);
  const verdict = counts.failed === 0 ? terminal.good('good') : terminal.bad(`${counts.failed} failed`);
  terminal.line(
    `  ${verdict}  ${terminal.faint(showSeconds(Number((process.hrtime.bigint() - began) / 1_000_000n)))}`,
  );
}

/** The part of the runner's JSON report that is used here. */
interface OwnResults {
  readonly stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  readonly suites: readonly OwnSuite[];
}

interface OwnSuite {
  readonly suites?: readonly OwnSuite[];
  readonly specs: readonly {
    readonly tests: readonly {
      readonly annotations: readonly { readonly type: string; readonly description?: string }[];
    }[];
  }[];
}

/** Counts the skipped tests by their reason. */
function skipReasons(suites: readonly OwnSuite[], counts = new Map<string, number>()): Map<string, number> {
  for (const suite of suites) {
    for (const { annotations } of suite.specs.flatMap(({ tests }) => tests))
      for (const { type, description = 'no reason given' } of annotations)
        if (type === 'skip') counts.set(description, (counts.get(description) ?? 0) + 1);
    skipReasons(suite.suites ?? [], counts);
  }
  return counts;
}

async function ownTests(terminal: Terminal): Promise<Counts> {
  const folder = join(ROOT, 'reports', 'out', 'tests');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'results.json');
  const code = await runStep([PLAYWRIGHT, 'test', '--config', 'tests', '--reporter', 'dot,json'], {
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  const { stats, suites } = JSON.parse(readFileSync(file, 'utf8')) as OwnResults;
  for (const [reason, count] of skipReasons(suites)) terminal.line(`  skipped ${count}: ${reason}`);
  const failed = stats.unexpected + stats.flaky;
  return {
    passed: stats.expected,
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: stats.skipped,
  };
}

/** Runs the suites as a user does. The seed is fixed, so a failure means that the code has changed. */
const suites = (): Promise<Counts> => runSuites('test-run', []);

/**
 * Runs the suites on the emulated controller with one profile, without the two tests of a thousand sleeps. Takes half
 * a minute.
 */
const controlledSuites = (): Promise<Counts> =>
  runSuites('test-run-controller', [
    ...['bring-up', 'suspend-resume', 'sleep-wake', 'irq-fallback', 'max-frame'],
    ...['--rig', 'sim-controller', '--profile', 'recommended', '--grep', '^(?!.*1,000 )'],
  ]);

async function runSuites(name: string, args: readonly string[]): Promise<Counts> {
  const folder = join(ROOT, 'reports', 'out', name);
  const code = await runStep([
    ...['--import', 'tsx', 'src/cli/main.ts', 'run', ...args],
    ...['--seed', '1', '--report', folder],
  ]);
  const summary = readSummary(folder);
  if (summary === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { passed, failed, skipped } = summary;
  return { passed, failed: code === 0 ? failed : Math.max(1, failed), skipped };
}

const oneCheck = (code: number): Counts => ({
  passed: code === 0 ? 1 : 0,
  failed: code === 0 ? 0 : 1,
  skipped: 0,
});

/** Compares docs/known-bugs.md with the verdicts of the run with seed 1. */
async function knownBugsPage(): Promise<Counts> {
  const folder = join(ROOT, 'reports', 'out', 'test-run');
  const code = await runStep(['--import', 'tsx', 'src/cli/main.ts', 'bugs', '--check', folder]);
  return oneCheck(code);
}

async function sampleScore(): Promise<Counts> {
  const code = await runStep([
    '--import',
    'tsx',
    'src/cli/main.ts',
    'score',
    '--sample',
    String(SAMPLE),
    '--seed',
    '1',
  ]);
  return oneCheck(code);
}
