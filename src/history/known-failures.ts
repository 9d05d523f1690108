import { z } from 'zod';
import { checkedYaml, textOfFile } from '../written/index.ts';
import { printableLines, UsageError } from '../units/index.ts';
import { isNight } from './nights.ts';
import type { TestName } from './record.ts';
import type { Signature } from './signature.ts';

/** A file of known failures is wrong. */
export class KnownFailuresWrong extends UsageError {}

const word = z
  .string('a text is wanted')
  .min(1, 'a text is wanted, and this one is empty')
  .max(400, 'at most 400 characters are wanted')
  .refine(
    (text) => printableLines(text) === text && !text.includes('\n'),
    'control characters have no place here',
  );

const day = z
  .string('a date such as 2026-12-24 is wanted')
  .refine(isNight, 'a date such as 2026-12-24 is wanted');

/** Who answers for an entry, why it is there, and its last day. */
const answered = { owner: word, reason: word, until: day };

const place = {
  suite: word.optional(),
  test: word.optional(),
  profile: word.optional(),
  rig: word.optional(),
};

const quarantined = z
  .strictObject({ ...place, ...answered })
  .refine(
    ({ suite, test }) => suite !== undefined || test !== undefined,
    'suite or test has to say what is quarantined',
  );

const known = z
  .strictObject({
    id: word,
    signature: z
      .string()
      .regex(
        /^[0-9a-f]{12}$/,
        'a signature has twelve signs from 0 to 9 and a to f, as the morning page shows it',
      )
      .optional(),
    rule: word.optional(),
    error: word.optional(),
    ...place,
    ...answered,
  })
  .refine(
    ({ signature, rule, error, suite, test }) =>
      [signature, rule, error, suite, test].some((one) => one !== undefined),
    'signature, rule, error, suite or test has to say which failure it is',
  );

const schema = z.strictObject({
  quarantine: z.array(quarantined).max(1000).optional(),
  known: z.array(known).max(1000).optional(),
});

/** Tests that are run and told, and do not decide a night. */
export type Quarantined = z.infer<typeof quarantined>;
/** A failure that somebody looks after. It still decides a night. */
export type KnownIssue = z.infer<typeof known>;

/** What a file of known failures says. */
export interface KnownFailures {
  readonly quarantine: readonly Quarantined[];
  readonly known: readonly KnownIssue[];
}

/** Where there is no file. */
export const NOTHING_KNOWN: KnownFailures = { quarantine: [], known: [] };

/** A right file, for people who have a wrong one. */
export const EXAMPLE = `quarantine:
  - suite: sleep-wake
    test: the chip sleeps after 20 s
    owner: anna
    reason: the bench loses the edge, see ticket 12
    until: 2026-12-24
known:
  - id: BUG-7
    rule: chip-broke
    error: ready-pulse-late
    owner: ben
    reason: mended in firmware 0.5.300
    until: 2027-01-31`;

const MAX_BYTES = 1024 * 1024;

/** Reads a file of known failures. @throws KnownFailuresWrong with every place and a right example */
export function readKnownFailures(file: string): KnownFailures {
  const text = textOfFile(
    file,
    MAX_BYTES,
    (reason, cause) =>
      new KnownFailuresWrong(`The known failures in ${file} cannot be read: ${reason}.`, { cause }),
  );
  return parseKnownFailures(text, file);
}

/** @throws KnownFailuresWrong with every place and a right example */
export function parseKnownFailures(text: string, file: string): KnownFailures {
  const { quarantine = [], known: issues = [] } = checkedYaml(text, { schema }, (problems) => {
    const lines = problems.map(({ line, column, what }) => `${file}:${line}:${column}: ${what}`);
    return new KnownFailuresWrong(`${lines.join('\n')}\nA right file:\n${EXAMPLE}`);
  });
  return { quarantine, known: issues };
}

/** The entries whose last day lies before this night. */
export const endedBy = ({ quarantine, known }: KnownFailures, night: string): (Quarantined | KnownIssue)[] =>
  [...quarantine, ...known].filter(({ until }) => until < night);

/** Which test an entry is about, for people. */
export const placeOf = (entry: Quarantined | KnownIssue): string =>
  [
    'id' in entry ? entry.id : undefined,
    'signature' in entry ? entry.signature : undefined,
    ...[entry.suite, entry.test, entry.profile && `(${entry.profile})`, entry.rig && `on ${entry.rig}`],
  ]
    .filter((part) => part !== undefined)
    .join(' · ');

/** The entry that quarantines a test on a rig. It holds up to its last day, and this night alone looks at it. */
export const quarantineOf = (
  { quarantine }: KnownFailures,
  test: Pick<TestName, 'suite' | 'title' | 'profile'>,
  rig: string,
  night: string,
): Quarantined | undefined => quarantine.find((entry) => entry.until >= night && isAbout(entry, test, rig));

/** The entry that a failure fits. */
export const issueOf = (
  { known: all }: KnownFailures,
  signature: Signature,
  test: Pick<TestName, 'suite' | 'title' | 'profile'>,
  rig: string,
): KnownIssue | undefined =>
  all.find(
    (entry) =>
      isAbout(entry, test, rig) &&
      (entry.signature === undefined || entry.signature === signature.hash) &&
      (entry.rule === undefined || entry.rule === signature.rule) &&
      (entry.error === undefined || signature.error.includes(entry.error)),
  );

const isAbout = (
  entry: Pick<Quarantined, 'suite' | 'test' | 'profile' | 'rig'>,
  { suite, title, profile }: Pick<TestName, 'suite' | 'title' | 'profile'>,
  rig: string,
): boolean =>
  (entry.suite ?? suite) === suite &&
  (entry.test ?? title) === title &&
  (entry.profile ?? profile) === profile &&
  (entry.rig ?? rig) === rig;
