import { z } from 'zod';
import { UsageError } from '../../../units/index.ts';
import { bytesOf } from '../../procedure-file.ts';

/** The value of `format` in what `repro run --json` prints. */
export const PLAYS_FORMAT = 'h1-plays 1';
/** Confidence of an interval of a rate. */
export const CONFIDENCE = 0.95;
const MAX_BYTES = 8 << 20;

const playsSchema = z
  .object({
    format: z.literal(PLAYS_FORMAT),
    fails: z.string().optional(),
    times: z.number().int().positive(),
    same: z.number().int().nonnegative(),
    passed: z.number().int().nonnegative(),
  })
  .refine(({ times, same }) => same <= times, 'same: more plays show the failure than there were')
  .refine(
    ({ times, same, passed }) => same + passed <= times,
    'passed: more plays have an end than there were',
  );
/** How often a procedure was played, failed as it did, and passed. The rest failed in another way. */
export type PlaysFile = z.output<typeof playsSchema>;

/** Reads what `repro run --json` printed. @throws UsageError */
export function readPlays(file: string): PlaysFile {
  const text = bytesOf(file, MAX_BYTES).toString('utf8');
  const wrong = (why: string, options?: ErrorOptions) =>
    new UsageError(
      `${file} does not hold plays (${why}). Make it with h1-hil repro run PROCEDURE --times 100 --json > ${file}.`,
      options,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong('it is not JSON', { cause });
  }
  const checked = playsSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [first] = checked.error.issues;
  throw wrong(`${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim());
}
