import type { FailureClass } from '../../report/attribution.ts';
import type { Mutant, Outcome, Side } from './mutant.ts';
import { CLASS_OF_MUTANT } from './mutant.ts';

/**
 * A mutant that no test can find, since it behaves as the source does. It is named by its texts, so that it is found again
 * when lines have moved, and no longer when they were changed.
 */
export interface Equivalent extends Pick<Mutant, 'file' | 'code' | 'original' | 'replacement'> {
  readonly reason: string;
}

/** What became of a number of mutants. */
export interface MutantCount {
  readonly mutants: number;
  readonly killed: number;
  readonly rightClass: number;
  readonly survived: number;
  readonly unreached: number;
  readonly equivalent: number;
}

const isMutant = (one: Equivalent, { file, code, original, replacement }: Mutant): boolean =>
  one.file === file && one.code === code && one.original === original && one.replacement === replacement;

/** The reason why a mutant is equivalent; undefined when it is not known to be. */
export const reasonOf = (mutant: Mutant, equivalents: readonly Equivalent[]): string | undefined =>
  equivalents.find((one) => isMutant(one, mutant))?.reason;

/** Entries that name no mutant of the source any more. They have to be looked at again, and removed or mended. */
export const staleOf = (equivalents: readonly Equivalent[], all: readonly Mutant[]): readonly Equivalent[] =>
  equivalents.filter((one) => !all.some((mutant) => isMutant(one, mutant)));

/** Mutants that live and are not known to be equivalent, in the order of their places. */
export const holesOf = (
  outcomes: readonly Outcome[],
  equivalents: readonly Equivalent[],
): readonly Outcome[] =>
  outcomes
    .filter(({ fate }) => fate === 'survived' || fate === 'unreached')
    .filter((outcome) => reasonOf(outcome, equivalents) === undefined)
    .sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));

/** The class of the failures that killed it; undefined when nothing failed, or nobody could say. */
const classOf = (outcome: Outcome): FailureClass | undefined =>
  outcome.fate === 'killed' ? outcome.class : undefined;

/** Counts outcomes. An equivalent mutant that was killed all the same counts as killed. */
export function countOutcomes(outcomes: readonly Outcome[], equivalents: readonly Equivalent[]): MutantCount {
  const killed = outcomes.filter(({ fate }) => fate === 'killed' || fate === 'hung');
  const alive = outcomes.filter(({ fate }) => fate === 'survived' || fate === 'unreached');
  const equivalent = alive.filter((outcome) => reasonOf(outcome, equivalents) !== undefined);
  const holes = alive.filter((outcome) => !equivalent.includes(outcome));
  return {
    mutants: outcomes.length,
    killed: killed.length,
    rightClass: killed.filter((outcome) => classOf(outcome) === CLASS_OF_MUTANT[outcome.side]).length,
    survived: holes.filter(({ fate }) => fate === 'survived').length,
    unreached: holes.filter(({ fate }) => fate === 'unreached').length,
    equivalent: equivalent.length,
  };
}

/** Of the mutants that are not equivalent, the part that was killed: 0 to 1. */
export const killedPart = ({ mutants, killed, equivalent }: MutantCount): number =>
  mutants === equivalent ? 1 : killed / (mutants - equivalent);

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** One line of a table of Markdown. */
function row(name: string, count: MutantCount): string {
  const { mutants, killed, rightClass, survived, unreached, equivalent } = count;
  const cells = [mutants, killed, percent(killedPart(count)), rightClass, survived, unreached, equivalent];
  return `| ${[name, ...cells].join(' | ')} |`;
}

const HEAD = [
  '| source | mutants | killed | part | class right | survived | reached by no test | equivalent |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** The outcomes as a table of Markdown: chip, driver, and each file. */
export function mutantTable(outcomes: readonly Outcome[], equivalents: readonly Equivalent[]): string {
  const of = (name: string, some: readonly Outcome[]): string => row(name, countOutcomes(some, equivalents));
  const side = (name: Side): string =>
    of(
      `**${name}**`,
      outcomes.filter((outcome) => outcome.side === name),
    );
  const files = [...new Set(outcomes.map(({ file }) => file))].sort();
  const rows = files.map((file) =>
    of(
      `\`${file}\``,
      outcomes.filter((outcome) => outcome.file === file),
    ),
  );
  return [...HEAD, of('**all**', outcomes), side('chip'), side('driver'), ...rows].join('\n');
}

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
};

/** A mutant that lives, in two lines: where, and what was changed. */
export function showHole(outcome: Outcome): string {
  const { file, line, kind, original, replacement } = outcome;
  const tests =
    outcome.fate === 'survived'
      ? `${outcome.tests} of ${outcome.reaching} tests passed`
      : 'reached by no test';
  return `${file}:${line}  ${kind}, ${tests}\n    - ${shorten(original)}\n    + ${shorten(replacement)}`;
}

/** Text between back-quotes in Markdown. */
const quoted = (text: string): string => `\`${shorten(text).replaceAll('`', "'")}\``;

/** What lives, and what is equivalent with the reason, as lists of Markdown. */
export function listOfAlive(outcomes: readonly Outcome[], equivalents: readonly Equivalent[]): string {
  const holes = holesOf(outcomes, equivalents).map(
    ({ file, line, original, replacement, fate }) =>
      `- \`${file}:${line}\`: ${quoted(original)} becomes ${quoted(replacement)}${fate === 'unreached' ? ', reached by no test' : ''}`,
  );
  const same = equivalents.map(
    ({ file, code, replacement, reason }) =>
      `- \`${file}\`: in ${quoted(code)}, ${quoted(replacement)}. ${reason}`,
  );
  return [
    'Those that live:',
    holes.length === 0 ? 'none.' : holes.join('\n'),
    'Those that behave as the source does:',
    same.join('\n'),
  ].join('\n\n');
}
