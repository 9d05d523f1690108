import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Collected, Compared, Decision, Evidence, Known, Plan, Signer } from '../../evidence/index.ts';
import { checkFolder, collectRun, comparedOf, commandSigner, decide } from '../../evidence/index.ts';
import { keySigner, readPolicy, writeEvidence } from '../../evidence/index.ts';
import { compareRuns } from '../../history/index.ts';
import { readSummary } from '../../report/summary.ts';
import { isReal, loadRig } from '../../rig/index.ts';
import { RULES } from '../../trace/index.ts';
import { printableLines, UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { testsIn } from '../list-tests.ts';
import { printJson } from '../print-json.ts';
import { ROOT } from '../root.ts';
import { hashOf } from '../run-context.ts';
import type { RunOptions } from '../run-request.ts';
import { checkRequest } from '../run-request.ts';
import { runSuites } from '../run-suites.ts';

interface QualifyOptions {
  readonly out?: string | undefined;
  readonly sign?: string | undefined;
  readonly signWith?: string | undefined;
  readonly runs?: readonly string[];
  readonly json?: true;
}

const HELP = `
Runs what the policy asks for, or takes reports that fit from --runs, and decides criterion by criterion: go, no go, or not
shown. Missing, skipped, inconclusive, simulated where real was asked, and a waiver that is over are never go.
A key is named by its file or its descriptor, such as /dev/fd/3, and never told.

Examples:
  h1-hil qualify examples/qualification-quick.yaml
  h1-hil qualify examples/qualification-quick.yaml --out evidence --sign release.pem
  h1-hil qualify release.yaml --runs reports/out/latest --out evidence --sign ~/.ssh/id_ed25519
  h1-hil qualify release.yaml --out evidence --sign-with "my-hsm-sign"

Exit codes: 0 go, 1 no go, 2 usage, 3 lab failure, 4 not shown, 130 interrupted.`;

/** `h1-hil qualify`: go or no go for a release, with evidence. */
export function addQualify(program: Command): void {
  program
    .command('qualify')
    .description('decide on a release by a policy, and write signed evidence')
    .argument('<policy>', 'the policy, as YAML')
    .option('--out <folder>', 'writes the evidence into this folder, which has to be empty')
    .option('--sign <key>', 'signs it with this key: Ed25519 as PEM, or a key of OpenSSH')
    .option('--sign-with <command>', 'signs it with a command: from its input to its output')
    .option('--runs <folder...>', 'reports of runs to be taken where they fit, instead of new runs')
    .option('--json', 'the decision as JSON; progress goes to stderr')
    .addHelpText('after', HELP)
    .action(async (policy: string, options: QualifyOptions) => {
      process.exitCode = await qualify(readPolicy(policy), options);
    });
}

const EXIT_OF = { go: EXIT.pass, 'no go': EXIT.failure, 'not shown': EXIT.inconclusive } as const;

async function qualify(
  plan: Plan,
  { out, sign, signWith, runs = [], json }: QualifyOptions,
): Promise<number> {
  // Before hours of runs: what cannot be signed or written at their end.
  const signer = signerOf({ sign, signWith, out });
  if (out !== undefined) checkFolder(out);
  const work = mkdtempSync(join(tmpdir(), 'h1-hil-qualify-'));
  try {
    const offered = runs.map((folder) => checkedReport(folder));
    const collected: Collected[] = [];
    const earlier: Collected[] = [];
    const comparisons: Compared[] = [];
    for (const { rig, suites } of plan.policy.rigs) {
      const wanted = { rig, suites, plan, offered, work, isJson: json === true };
      const now = await runOn(wanted);
      if (now === undefined) continue;
      collected.push(now);
      const before = plan.before.get(rig);
      if (before === undefined || plan.policy.comparedWith === null) continue;
      const then = await runOn({ ...wanted, rig: before });
      if (then === undefined) continue;
      earlier.push(then);
      const known = await knownOf(wanted);
      comparisons.push(comparedOf(compareRuns(then.record, now.record), then.run.firmware, known));
    }
    const evidence: Evidence = {
      ...{ policy: plan.policy, policyText: plan.text, decided: new Date().toISOString() },
      ...{ runs: collected.map(({ run }) => run), comparisons },
    };
    const decision = decide(evidence);
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
    const more = new Map([['package-lock.json', lock]]);
    const all = [...collected, ...earlier];
    if (out !== undefined) writeEvidence(out, { evidence, decision, collected: all, more }, signer);
    if (json === true) printJson(decision);
    else process.stdout.write(printableLines(showDecision(decision, out)));
    return EXIT_OF[decision.verdict];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @throws UsageError */
function signerOf({
  sign,
  signWith,
  out,
}: Pick<QualifyOptions, 'sign' | 'signWith' | 'out'>): Signer | undefined {
  if (sign !== undefined && signWith !== undefined)
    throw new UsageError('--sign and --sign-with are two ways to sign: leave one out.');
  if ((sign ?? signWith) !== undefined && out === undefined)
    throw new UsageError('There is nothing to sign without --out, which names the folder of the evidence.');
  if (signWith !== undefined) return commandSigner(signWith);
  return sign === undefined ? undefined : keySigner(sign);
}

/** @throws UsageError when there is no report */
function checkedReport(folder: string): string {
  if (readSummary(folder) !== undefined) return resolve(folder);
  throw new UsageError(`There is no report of a run in ${folder}: h1-hil run writes one at its end.`);
}

interface Wanted {
  readonly rig: string;
  readonly suites: readonly string[];
  readonly plan: Plan;
  /** Folders of reports. */
  readonly offered: readonly string[];
  readonly work: string;
  readonly isJson: boolean;
}

const optionsOf = ({ rig, plan, work, isJson }: Wanted): RunOptions => ({
  ...{ rig, profile: plan.policy.drivers, seed: String(plan.seed), history: 'none' },
  report: join(work, rig.replace(/\W/g, '-')),
  ...(isJson && { json: true as const }),
});

/** A run on a rig: one that was offered and has every suite and driver, or a new one. Undefined when it left nothing. */
async function runOn(wanted: Wanted): Promise<Collected | undefined> {
  const options = optionsOf(wanted);
  const request = await checkRequest(wanted.suites, options);
  const fits = wanted.offered.find((folder) => {
    const { rig, selection, profiles } = readSummary(folder)!;
    const hasAll = wanted.suites.every(
      (suite) => selection.suites.length === 0 || selection.suites.includes(suite),
    );
    return (
      rig === request.rig.key && hasAll && wanted.plan.policy.drivers.every((one) => profiles.includes(one))
    );
  });
  const folder = fits ?? options.report!;
  if (fits === undefined && (await runSuites(request, options)) === EXIT.interrupted)
    throw new UsageError('The run was interrupted, so nothing was decided.');
  if (!existsSync(folder)) return undefined;
  const summary = readSummary(folder);
  return summary === undefined ? undefined : collectRun(folder, summary, await knownOf(wanted));
}

/** Boards with a chip of silicon. */

async function knownOf(wanted: Wanted): Promise<Known> {
  const tests = await testsIn(await checkRequest(wanted.suites, optionsOf(wanted)));
  return {
    sources: new Map(
      tests.map(({ profile, file, titles, sources }) => [
        [profile, file, ...titles.filter((title) => title !== '')].join(' › '),
        sources,
      ]),
    ),
    rules: new Map(RULES.map(({ id, source }) => [id, source])),
    isReal: isReal(loadRig(wanted.rig).board),
    rigHash: hashOf(readFileSync(loadRig(wanted.rig).file, 'utf8')),
  };
}

const ORDER = ['broken', 'not shown', 'waived', 'shown'] as const;

/** What is not shown stands on top. */
function showDecision({ verdict, criteria }: Decision, out: string | undefined): string {
  const sorted = ORDER.flatMap((state) => criteria.filter((one) => one.state === state));
  const lines = sorted.map(
    ({ kind, name, state, says }) => `${state.padEnd(10)} ${kind.padEnd(12)} ${name}: ${says}`,
  );
  const counts = ORDER.map(
    (state) => `${criteria.filter((one) => one.state === state).length} ${state}`,
  ).join(', ');
  const where = out === undefined ? [] : [`Evidence ${out}`];
  return ['', ...lines, '', ...where, `Decision ${verdict}`, counts, ''].join('\n');
}
