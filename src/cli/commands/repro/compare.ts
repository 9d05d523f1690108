import type { Command } from 'commander';
import type { Rate } from '../../../report/rates.ts';
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

type Comparison = 'helped' | 'made it worse' | 'fails otherwise' | 'not shown';

const EXIT_OF = {
  helped: EXIT.pass,
  'made it worse': EXIT.failure,
  'fails otherwise': EXIT.failure,
  'not shown': EXIT.inconclusive,
} as const;

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

Exit codes: 0 the fix helped, 1 the failure became more frequent, or more plays fail in another way, 2 usage, 4 the
plays do not show a difference.`,
    )
    .action((before: string, after: string, options: CompareOptions) => {
      const confidence = checkedConfidence(options.confidence);
      const files = [readPlays(before), readPlays(after)] as const;
      checkSameFailure(files);
      const [was, is] = [rateOf(files[0]), rateOf(files[1])];
      const chance = chanceOfDifference(was, is);
      const others = [othersOf(files[0]), othersOf(files[1])] as const;
      const verdict = chance > 1 - confidence ? 'not shown' : verdictOf([was, is], others);
      if (options.json === true) printJson({ verdict, before: was, after: is, others, chance, confidence });
      else
        process.stdout.write(
          `Before  ${showRate(was)}${showOthers(others[0])}\nAfter   ${showRate(is)}${showOthers(others[1])}\nChance  ${chance.toPrecision(2)} that equal rates differ as much (Fisher's exact test, one-sided)\nVerdict ${SAYS[verdict]}\n`,
        );
      process.exitCode = EXIT_OF[verdict];
    });
}

const SAYS: Readonly<Record<Comparison, string>> = {
  helped: 'the fix helped',
  'made it worse': 'the failure became more frequent',
  'fails otherwise':
    'the failure became rarer, and more plays fail in another way than before: the fix is not shown to help',
  'not shown': 'these plays do not show a difference; more plays may',
};

const rateOf = ({ same, times }: PlaysFile): Rate => ({ count: same, of: times });

/** How many plays failed in another way. */
const othersOf = ({ same, passed, times }: PlaysFile): Rate => ({ count: times - same - passed, of: times });

/** What plays say whose rates differ. A driver that fails before it comes to the failure does not have it either. */
function verdictOf([was, is]: readonly [Rate, Rate], [before, after]: readonly [Rate, Rate]): Comparison {
  if (is.count * was.of > was.count * is.of) return 'made it worse';
  return after.count * before.of > before.count * after.of ? 'fails otherwise' : 'helped';
}

const showOthers = ({ count }: Rate): string => (count === 0 ? '' : `; ${count} fail in another way`);

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
