/** One thing that the doctor examined. */
export interface Check {
  readonly name: string;
  readonly verdict: 'right' | 'wrong' | 'not looked at';
  /** What was seen, or why it was not examined. */
  readonly seen: string;
  /** What to do; present when it is wrong. */
  readonly remedy?: string;
}

/** A check that found what it should. */
export const right = (name: string, seen: string): Check => ({ name, verdict: 'right', seen });
/** A check that found something else, with the remedy. */
export const wrong = (name: string, seen: string, remedy: string): Check => ({
  name,
  verdict: 'wrong',
  seen,
  remedy,
});
/** A check that could not be made, with the reason. */
export const notLooked = (name: string, seen: string): Check => ({ name, verdict: 'not looked at', seen });

const isWrong = ({ verdict }: Check): boolean => verdict === 'wrong';

/** The first thing to mend. Later checks may be wrong only because of it. */
export const firstWrong = (checks: readonly Check[]): Check | undefined => checks.find(isWrong);

/** The last line: `2 of 6 wrong, begin with SPI device.`, or `6 of 6 right, 1 not looked at.` */
export function summaryOf(checks: readonly Check[]): string {
  const looked = checks.filter(({ verdict }) => verdict !== 'not looked at').length;
  const left = looked === checks.length ? '' : `, ${checks.length - looked} not looked at`;
  const first = firstWrong(checks);
  if (first === undefined) return `${looked} of ${looked} right${left}.`;
  return `${checks.filter(isWrong).length} of ${looked} wrong${left}, begin with ${first.name}.`;
}
