import type { Command } from 'commander';
import { chanceOfDifference } from '../../../report/rates.ts';
import { UsageError } from '../../../units/index.ts';
import { EXIT } from '../../exit-code.ts';
import { printJson } from '../../print-json.ts';
import type { PlaysFile } from './plays-file.ts';
import { readPlays } from './plays-file.ts';
import { showRate } from './run.ts';

interface CompareOptions {
  readonly confidence: string;
  readonly json?: true;
}

type Comparison = 'helped' | 'made it worse' | 'not shown';

const EXIT_OF = { helped: EXIT.pass, 'made it worse': EXIT.failure, 'not shown': EXIT.inconclusive } as const;

/** `h1-hil repro compare`: says whether a fix helped. */
export function addReproCompare(repro: Command): void {
  repro
    .command('compare')
    .description('compare the plays before a fix with those after it: two rates, and whether they differ')
    .argument('<before>', 'what h1-hil repro run --times n --json printed before the fix')
    .argument('<after>', 'the same after the fix')
    .option('--confidence <number>', 'a chance difference is called a difference this seldom', '0.95')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil repro run found.h1repro --times 100 --json > before.json
  h1-hil repro run found.h1repro --times 100 --json > after.json
  h1-hil repro compare before.json after.json

Exit codes: 0 the fix helped, 1 the failure became more frequent, 2 usage, 4 the plays do not show a difference.`,
    )
    .action((before: string, after: string, options: CompareOptions) => {
      const confidence = checkedConfidence(options.confidence);
      const files = [readPlays(before), readPlays(after)] as const;
      checkSameFailure(files);
      const [was, is] = [rateOf(files[0]), rateOf(files[1])];
      const chance = chanceOfDifference(was, is);
      const verdict: Comparison =
        chance > 1 - confidence
          ? 'not shown'
          : is.count / is.of < was.count / was.of
            ? 'helped'
            : 'made it worse';
      if (options.json === true) printJson({ verdict, before: was, after: is, chance, confidence });
      else
        process.stdout.write(
          `Before  ${showRate(was)}\nAfter   ${showRate(is)}\nChance  ${chance.toPrecision(2)} that equal rates differ as much (Fisher's exact test, one-sided)\nVerdict ${SAYS[verdict]}\n`,
        );
      process.exitCode = EXIT_OF[verdict];
    });
}

const SAYS: Readonly<Record<Comparison, string>> = {
  helped: 'the fix helped',
  'made it worse': 'the failure became more frequent',
  'not shown': 'these plays do not show a difference; more plays may',
};

const rateOf = ({ same, times }: PlaysFile) => ({ count: same, of: times });

function checkSameFailure([before, after]: readonly [PlaysFile, PlaysFile]): void {
  if (before.fails !== after.fails)
    throw new UsageError(
      `The plays are of two failures: ${before.fails ?? 'any failure'}, and ${after.fails ?? 'any failure'}. Play the same procedure before and after.`,
    );
}

function checkedConfidence(text: string): number {
  const confidence = Number(text);
  if (!(confidence > 0.5 && confidence < 1))
    throw new UsageError(`A confidence lies between 0.5 and 1, and ${text} does not.`);
  return confidence;
}
