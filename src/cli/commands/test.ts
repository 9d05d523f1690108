import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { showSeconds, Terminal } from '../../report/terminal.ts';
import { HOST_DRIVERS } from '../../driver/index.ts';
import { runStep } from '../child.ts';
import { EXIT } from '../exit-code.ts';
import { guestSuites, kernelSuites, labParity, labSuites } from '../lab-stage.ts';
import { readOwnTests } from '../own-tests.ts';
import { PLAYWRIGHT } from '../playwright.ts';
import { projectChecks } from '../project-checks.ts';
import { ROOT } from '../root.ts';
import type { StageResult } from '../stage.ts';
import { checkResult, failureLines, runResult, sumOf } from '../stage.ts';

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
    .option('--all-kernels', 'run the suites on every kernel of h1-hil lab prepare, which takes long')
    .addHelpText(
      'after',
      '\nExamples:\n  h1-hil test\n  h1-hil test --all-kernels\n\nWhat this machine lacks for the virtual lab is a reason to skip it; with CI set it is a failure.\nWhat failed is told again at the end, with the command that runs it again. The last line counts: N passed, N failed, N skipped.',
    )
    .action(async ({ allKernels }: { readonly allKernels?: true }) => {
      process.exitCode = await testProject(allKernels === true);
    });
}

async function testProject(areAllKernels: boolean): Promise<number> {
  const terminal = new Terminal(process.stdout);
  const results: StageResult[] = [];
  for (const { title, run } of stages(terminal, areAllKernels))
    results.push(await stage(terminal, title, run));
  const { passed, failed, skipped, failures } = sumOf(results);
  terminal.line();
  for (const line of failureLines(failures)) terminal.line(line);
  terminal.line(`Verdict  ${failed === 0 ? terminal.good('pass') : terminal.bad('fail')}`);
  terminal.line(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? EXIT.pass : EXIT.failure;
}

interface Stage {
  readonly title: string;
  readonly run: () => Promise<StageResult>;
}

const stages = (terminal: Terminal, areAllKernels: boolean): Stage[] => [
  ...projectChecks().map(({ name, script: { file, args } }) => ({
    title: `check  ${name}`,
    run: async () => checkResult(await runStep([file, ...args]), `check  ${name}`),
  })),
  { title: 'tests  of the project', run: () => ownTests(terminal) },
  { title: 'suites on the simulated board', run: () => runSuites('test-run', []) },
  { title: 'page of known bugs', run: () => runCommand('bugs', '--check', outputOf('test-run')) },
  {
    title: 'every host driver on the simulated board',
    run: () => runSuites('test-hosts', ['irq-fallback', 'sleep-wake', 'max-frame', '--profile', ...HOSTS]),
  },
  {
    title: `detection score, a sample of ${SAMPLE} planted bugs`,
    run: () => runCommand('score', '--sample', String(SAMPLE), '--seed', '1'),
  },
  { title: 'suites behind the emulated rig controller', run: controlledSuites },
  { title: "suites on the board linux, in the virtual lab's guest", run: () => guestSuites(terminal) },
  { title: 'suites on the stock Linux driver', run: () => labSuites(terminal) },
  { title: 'parity with the stock Linux driver', run: () => labParity(terminal) },
  { title: 'other kernels', run: () => kernelSuites(terminal, areAllKernels) },
];

async function stage(
  terminal: Terminal,
  title: string,
  run: () => Promise<StageResult>,
): Promise<StageResult> {
  terminal.line(terminal.strong(title));
  const began = process.hrtime.bigint();
  const result = await run();
  const verdict = result.failed === 0 ? terminal.good('good') : terminal.bad(`${result.failed} failed`);
  terminal.line(
    `  ${verdict}  ${terminal.faint(showSeconds(Number((process.hrtime.bigint() - began) / 1_000_000n)))}`,
  );
  return result;
}

async function ownTests(terminal: Terminal): Promise<StageResult> {
  const folder = outputOf('tests');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'results.json');
  rmSync(file, { force: true });
  const code = await runStep([PLAYWRIGHT, 'test', '--config', 'tests', '--reporter', 'dot,json'], {
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  if (!existsSync(file)) return checkResult(code === EXIT.pass ? EXIT.failure : code, "the project's tests");
  const { skips, ...result } = readOwnTests(readFileSync(file, 'utf8'));
  for (const [reason, count] of skips) terminal.line(`  skipped ${count}: ${reason}`);
  return code === EXIT.pass || result.failed > 0
    ? result
    : sumOf([result, checkResult(code, "the project's tests")]);
}

/**
 * Runs the suites on the emulated controller with one profile, without the two tests of a thousand sleeps. Takes half
 * a minute.
 */
const controlledSuites = (): Promise<StageResult> =>
  runSuites('test-run-controller', [
    ...['bring-up', 'suspend-resume', 'sleep-wake', 'irq-fallback', 'max-frame'],
    ...['--rig', 'sim-controller', '--profile', 'recommended', '--grep', '^(?!.*1,000 )'],
  ]);

/** Runs suites as a user does. The seed is fixed, so a failure means that the code has changed. */
async function runSuites(name: string, args: readonly string[]): Promise<StageResult> {
  const folder = outputOf(name);
  // A check of the project stays out of the history.
  const fixed = ['--seed', '1', '--report', folder, '--history', 'none'];
  const code = await runStep([...CLI, 'run', ...args, ...fixed]);
  return runResult(code, folder, name);
}

const outputOf = (name: string): string => join(ROOT, 'reports', 'out', name);

const CLI = ['src/cli/start.js'];

const runCommand = async (...words: string[]): Promise<StageResult> =>
  checkResult(await runStep([...CLI, ...words]), `h1-hil ${words.join(' ')}`);
