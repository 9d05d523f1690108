import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Collected, Decision, Evidence, Plan, Signer } from '../../evidence/index.ts';
import { changesOf, checkFolder, commandSigner, decide } from '../../evidence/index.ts';
import { keySigner, readPolicy, renderPage, writeEvidence } from '../../evidence/index.ts';
import { printableLines, UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { historyOption } from '../history-place.ts';
import { printJson } from '../print-json.ts';
import { checkedReport, QualifiedRuns } from '../qualified-runs.ts';
import { ROOT } from '../root.ts';
import { RULE_SOURCES } from '../rule-sources.ts';

interface QualifyOptions {
  readonly out?: string | undefined;
  readonly sign?: string | undefined;
  readonly signWith?: string | undefined;
  readonly runs?: readonly string[];
  readonly history?: string;
  readonly fresh?: true;
  readonly json?: true;
}

const HELP = `
Takes the runs that the policy asks for, and decides criterion by criterion: go, no go, or not shown. Missing, skipped,
inconclusive, simulated where real was asked, and a waiver that is over are never go. A run is taken from --runs, else from
the history when firmware, rig, commit and age fit, and else it is made now. So after an interruption the same command goes
on. A key is named by its file or its descriptor, such as /dev/fd/3, and never told.

Examples:
  h1-hil qualify examples/qualification-quick.yaml
  h1-hil qualify examples/qualification-quick.yaml --out evidence --sign release.pem
  h1-hil qualify release.yaml --runs reports/out/latest --out evidence --sign ~/.ssh/id_ed25519
  h1-hil qualify release.yaml --fresh --out evidence --sign-with "my-hsm-sign"

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
    .option('--fresh', 'takes no run from the history')
    .addOption(historyOption())
    .option('--json', 'the decision as JSON; progress goes to stderr')
    .addHelpText('after', HELP)
    .action(async (policy: string, options: QualifyOptions) => {
      process.exitCode = await qualify(readPolicy(policy, RULE_SOURCES), options);
    });
}

const EXIT_OF = { go: EXIT.pass, 'no go': EXIT.failure, 'not shown': EXIT.inconclusive } as const;

async function qualify(plan: Plan, options: QualifyOptions): Promise<number> {
  const { out, runs = [], json, history, fresh } = options;
  // Before hours of runs: what cannot be signed or written at their end.
  const signer = signerOf(options);
  if (out !== undefined) checkFolder(out);
  const isJson = json === true;
  const offered = runs.map(checkedReport);
  const sources = { offered, history, isFresh: fresh === true, isJson };
  const { now, earlier } = await runsFor(plan, new QualifiedRuns(plan, sources));
  const { policy, text } = plan;
  const evidence: Evidence = {
    ...{ policy, policyText: text, decided: new Date().toISOString() },
    runs: now.map(({ run }) => run),
  };
  const decision = decide(evidence);
  if (out !== undefined) {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
    const more = new Map([
      ['package-lock.json', lock],
      ['index.html', renderPage(evidence, decision, RULE_SOURCES)],
    ]);
    writeEvidence(out, { evidence, collected: [...now, ...earlier], more }, signer);
  }
  if (isJson) printJson(decision);
  else process.stdout.write(printableLines(showDecision(decision, out)));
  return EXIT_OF[decision.verdict];
}

/** The runs of the release, each compared with that of the last one, and the runs of the last one. */
async function runsFor(
  plan: Plan,
  source: QualifiedRuns,
): Promise<{ readonly now: readonly Collected[]; readonly earlier: readonly Collected[] }> {
  await source.check();
  const now: Collected[] = [];
  const earlier: Collected[] = [];
  for (const { rig, kind, suites, before } of plan.rigs) {
    const found = await source.of({ rig, kind, suites, version: plan.policy.firmware });
    if (before === undefined || plan.comparedWith === undefined) {
      now.push(...found);
      continue;
    }
    const old = await source.of({ rig: before, kind, suites, version: plan.comparedWith });
    earlier.push(...old);
    now.push(...found.map((one) => comparedWith(one, old)));
  }
  return { now, earlier };
}

/** A run, with what is not as it was in the run of the last release that has the same suites. */
function comparedWith(one: Collected, old: readonly Collected[]): Collected {
  const suitesOf = ({ run }: Collected): string =>
    [...new Set(run.tests.map(({ suite }) => suite))].sort().join();
  const then = old.find((other) => suitesOf(other) === suitesOf(one));
  if (then === undefined) return one;
  const before = {
    run: then.run.id,
    version: then.run.firmware,
    changes: changesOf(then, one, RULE_SOURCES),
  };
  return { ...one, run: { ...one.run, before } };
}

/** @throws UsageError */
function signerOf({ sign, signWith, out }: QualifyOptions): Signer | undefined {
  if (sign !== undefined && signWith !== undefined)
    throw new UsageError('--sign and --sign-with are two ways to sign: leave one out.');
  if ((sign ?? signWith) !== undefined && out === undefined)
    throw new UsageError('There is nothing to sign without --out, which names the folder of the evidence.');
  if (signWith !== undefined) return commandSigner(signWith);
  return sign === undefined ? undefined : keySigner(sign);
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
  const where = out === undefined ? [] : [`Evidence ${out}`, `Page     ${join(out, 'index.html')}`];
  return ['', ...lines, '', ...where, `Decision ${verdict}`, counts, ''].join('\n');
}
