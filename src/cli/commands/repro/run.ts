import type { Command } from 'commander';
import type { Finding, Procedure, Shown } from '../../../procedure/index.ts';
import { isOfExpectation, showProcedure, signatureOf, Stages } from '../../../procedure/index.ts';
import type { Rate } from '../../../report/rates.ts';
import { rateInterval } from '../../../report/rates.ts';
import type { Rig } from '../../../rig/index.ts';
import { loadRig } from '../../../rig/index.ts';
import { renderJsonLines } from '../../../trace/index.ts';
import { positiveCount } from '../../count.ts';
import { EXIT } from '../../exit-code.ts';
import { printJson } from '../../print-json.ts';
import type { ReadProcedure } from '../../procedure-file.ts';
import { readProcedure, writeBundle, writeOut } from '../../procedure-file.ts';
import { checkPlayable, playedOnce } from '../../played-once.ts';
import { withLease } from '../../with-rig.ts';
import { CONFIDENCE, PLAYS_FORMAT } from './plays-file.ts';

interface RunOptions {
  readonly rig?: string;
  readonly times: string;
  readonly trace?: string;
  readonly bundle?: string;
  readonly json?: true;
}

/** `h1-hil repro run`: plays a procedure and says what became of its failure. */
export function addReproRun(repro: Command): void {
  repro
    .command('run')
    .description('play a procedure, judge it, and say whether it fails as it did')
    .argument('<file>', 'the procedure, the journal of a test, or a bundle')
    .option('-r, --rig <name>', 'play it on this rig, in the place of the simulated board that it writes')
    .option('-n, --times <number>', 'play it as often as that, each time with the next seed', '1')
    .option('--trace <file>', 'write the trace of the first play as JSON Lines, for h1-hil decode')
    .option('--bundle <file>', 'write a bundle of the first play, as FILE.h1repro')
    .option('--json', 'as JSON; h1-hil repro compare reads it')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil repro run examples/procedures/glitch.json
  h1-hil repro run examples/procedures/glitch.json --bundle glitch.h1repro
  h1-hil repro run glitch.h1repro --times 20
  h1-hil repro run found.json --rig ./my-bench.yaml --times 100 --json > before.json
  h1-hil repro run found.json --trace found.jsonl && h1-hil decode found.jsonl --rules

  h1-hil repro run reports/out/latest/failed/FILE.h1repro

Exit codes: 0 nothing was found, 1 it fails, 2 usage, 3 lab failure (no verdict), 4 only the suite of the test can tell.`,
    )
    .action(async (file: string, options: RunOptions) => {
      const read = readProcedure(file);
      const rig = options.rig === undefined ? undefined : loadRig(options.rig);
      checkPlayable(read.procedure, file, rig);
      const played = await playAll(read.procedure, options, rig);
      tell(read, played, options);
      process.exitCode = exitOf(played);
    });
}

const exitOf = ({ passed, unshown, times }: Plays): number =>
  passed === times ? EXIT.pass : passed + unshown === times ? EXIT.inconclusive : EXIT.failure;

const written = (finding: Finding) => ({ ...finding, signature: signatureOf(finding) });

/** What became of a number of plays. */
interface Plays {
  readonly first: Shown;
  readonly times: number;
  readonly same: number;
  readonly passed: number;
  /** Plays of which only the suite of the test can tell whether the failure is there. */
  readonly unshown: number;
}

/** Plays on the named rig, or on the board of the procedure. Only a rig that the user names is ever used. */
async function playAll(procedure: Procedure, options: RunOptions, rig: Rig | undefined): Promise<Plays> {
  if (rig === undefined) return playOn(procedure, options);
  return withLease(rig, `repro run on ${rig.name}`, () => playOn(procedure, options, rig));
}

async function playOn(procedure: Procedure, options: RunOptions, rig?: Rig): Promise<Plays> {
  const times = positiveCount(options.times);
  const stages = new Stages(rig);
  try {
    const first = await playedOnce(stages, procedure);
    if (options.trace !== undefined) writeOut(options.trace, renderJsonLines(first.trace));
    if (options.bundle !== undefined) writeBundle(options.bundle, procedure, { shown: first, rig });
    const verdicts = [verdictOf(procedure, first.findings)];
    for (let seed = procedure.seed + 1; verdicts.length < times; seed = (seed + 1) & 0x7fffffff)
      verdicts.push(verdictOf(procedure, (await playedOnce(stages, { ...procedure, seed })).findings));
    const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
    return {
      ...{ first, times, passed: count('passes now'), unshown: count('not shown') },
      same: count('same failure') + count('fails'),
    };
  } finally {
    await stages.close();
  }
}

type Verdict = 'same failure' | 'another failure' | 'fails' | 'passes now' | 'not shown';

/** Says whether the failure that the procedure is kept for still shows. */
function verdictOf(procedure: Procedure, findings: readonly Finding[]): Verdict {
  const { fails } = procedure;
  if (findings.length === 0) return isOfExpectation(procedure) ? 'not shown' : 'passes now';
  if (fails === undefined) return 'fails';
  return findings.some((finding) => signatureOf(finding) === fails) ? 'same failure' : 'another failure';
}

/** The verdict of all plays: the failure counts when it shows once. */
function verdictOfAll(procedure: Procedure, { same, passed, times, unshown }: Plays): Verdict {
  const { fails } = procedure;
  if (unshown === times) return 'not shown';
  if (same > 0) return fails === undefined ? 'fails' : 'same failure';
  return passed === times ? 'passes now' : 'another failure';
}

function tell({ procedure, facts }: ReadProcedure, plays: Plays, options: RunOptions): void {
  const { first, times, same, passed } = plays;
  const verdict = verdictOfAll(procedure, plays);
  const rate = { count: same, of: times };
  if (options.json === true)
    printJson({
      format: PLAYS_FORMAT,
      verdict,
      ...(procedure.fails !== undefined && { fails: procedure.fails }),
      times,
      same,
      passed,
      interval: rateInterval(same, times, CONFIDENCE),
      digest: first.digest,
      ...(facts && { isDigestOfBundle: facts.digest === first.digest }),
      findings: first.findings.map(written),
    });
  else
    process.stdout.write(
      [
        showProcedure(procedure, first.findings),
        `Digest  ${first.digest}${facts === undefined ? '' : showDigest(facts.digest, first.digest)}`,
        ...(times === 1 ? [] : [`Plays   ${showRate(rate)}; ${passed} passed`]),
        `Verdict ${verdict}${verdict === 'not shown' ? NOT_SHOWN : ''}`,
        ...(procedure.test?.again === undefined ? [] : [`Suite   ${procedure.test.again}`]),
        '',
      ].join('\n'),
    );
}

const NOT_SHOWN =
  ': the play differs from the failed test, and no judge finds anything wrong. What the test itself expected, only its suite can tell.';

const showDigest = (before: string, now: string): string =>
  before === now ? ', as in the bundle' : `; in the bundle ${before}`;

/** `3 of 20 show the failure: 15.0 %, 95 % interval 3.2 % to 37.9 %` */
export function showRate(rate: Rate): string {
  const { from, to } = rateInterval(rate.count, rate.of, CONFIDENCE);
  return `${rate.count} of ${rate.of} show the failure: ${percent(rate.count / rate.of)}, ${percent(CONFIDENCE, 0)} interval ${percent(from)} to ${percent(to)}`;
}

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
