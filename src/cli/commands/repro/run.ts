import type { Command } from 'commander';
import type { Finding, Procedure } from '../../../procedure/index.ts';
import { judge, showProcedure, signatureOf, Stages } from '../../../procedure/index.ts';
import { loadRig } from '../../../rig/index.ts';
import { renderJsonLines, tee, TraceDigest, TraceRecorder } from '../../../trace/index.ts';
import { EXIT } from '../../exit-code.ts';
import { readProcedure, writeOut } from '../../procedure-file.ts';
import { withLease } from '../../with-rig.ts';

interface RunOptions {
  readonly rig?: string;
  readonly trace?: string;
  readonly json?: true;
}

/** `h1-hil repro run`: plays a procedure and says what became of its failure. */
export function addReproRun(repro: Command): void {
  repro
    .command('run')
    .description('play a procedure, judge it, and say whether it fails as it did')
    .argument('<file>', 'the procedure')
    .option('-r, --rig <name>', 'play it on this rig, in the place of the simulated board that it writes')
    .option('--trace <file>', 'write the trace as JSON Lines, for h1-hil decode')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil repro run examples/procedures/glitch.json
  h1-hil repro run found.json --rig ./my-bench.yaml
  h1-hil repro run found.json --trace found.jsonl && h1-hil decode found.jsonl --rules

Exit codes: 0 nothing was found, 1 it fails, 2 usage, 3 lab failure (no verdict).`,
    )
    .action(async (file: string, options: RunOptions) => {
      const procedure = readProcedure(file);
      const { findings, digest, recorder } = await playOnce(procedure, options.rig);
      if (options.trace !== undefined) writeOut(options.trace, renderJsonLines(recorder));
      const verdict = verdictOf(procedure, findings);
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ verdict, digest, findings: findings.map(written) }, undefined, 2)}\n`
          : `${showProcedure(procedure, findings)}\nDigest  ${digest}\nVerdict ${verdict}\n`,
      );
      process.exitCode = findings.length === 0 ? EXIT.pass : EXIT.failure;
    });
}

const written = (finding: Finding) => ({ ...finding, signature: signatureOf(finding) });

interface Once {
  readonly findings: readonly Finding[];
  readonly digest: string;
  readonly recorder: TraceRecorder;
}

async function playOnce(procedure: Procedure, rigName: string | undefined): Promise<Once> {
  if (rigName === undefined) return playOn(new Stages(), procedure);
  const rig = loadRig(rigName);
  return withLease(rig, `repro run on ${rigName}`, () => playOn(new Stages(rig), procedure));
}

async function playOn(stages: Stages, procedure: Procedure): Promise<Once> {
  const recorder = new TraceRecorder();
  const digest = new TraceDigest();
  try {
    const played = await stages.play(procedure, tee(recorder, digest));
    return { findings: judge(played), digest: digest.hex(), recorder };
  } finally {
    await stages.close();
  }
}

/** Says whether the failure that the procedure is kept for still shows. */
function verdictOf({ fails }: Procedure, findings: readonly Finding[]): string {
  if (findings.length === 0) return 'passes now';
  if (fails === undefined) return 'fails';
  return findings.some((finding) => signatureOf(finding) === fails) ? 'same failure' : 'another failure';
}
