import { zipSync } from 'fflate';
import { z } from 'zod';
import type { CaptureBytes } from '../trace/index.ts';
import { ZipArchive } from '../trace/index.ts';
import { printableLines, UsageError } from '../units/index.ts';
import type { Procedure } from './schema.ts';
import { parseProcedure } from './schema.ts';

/** Maximum size of a bundle, and of each of its files when it is unpacked, in bytes. */
const MAX_FILE = 32 << 20;
const MAX_UNPACKED = 128 << 20;
/** Maximum number of bytes of a file that is kept in memory. */
const MAX_KEPT = 64 << 20;
/** The time of every file in a bundle, so that the same content makes the same bytes. */
const NO_TIME = '1980-01-01T00:00:00';

/** The files of a bundle, in their order, each with what it holds. */
export const BUNDLE_FILES = {
  'bundle.json': 'what the bundle is: the failure, the findings, the digest of the trace, the versions',
  'page.txt': 'the procedure as a page for a person, with its findings',
  'procedure.json': 'the procedure, for h1-hil repro',
  'rig.yaml': 'the rig file',
  'numbers.json': 'every number of the driver and of the board',
  'trace.jsonl': 'the trace, for h1-hil decode',
  'waves.vcd': 'the last part of the trace as waves',
  'picture.svg': 'the moment of the first finding',
} as const;
type BundleFile = keyof typeof BUNDLE_FILES;
/** The text of each file of a bundle. */
export type BundleTexts = Readonly<Record<BundleFile, string>>;

const factsSchema = z.strictObject({
  format: z.literal('h1-repro 1'),
  fails: z.string().max(400).optional(),
  findings: z.array(z.string().max(400)).max(1000),
  digest: z.string().regex(/^[0-9a-f]{1,64}$/, 'a digest is made of lower-case hexadecimal digits'),
  versions: z.record(z.string().max(40), z.string().max(200)),
});
/** What `bundle.json` says: the failure that the bundle is kept for, and what was seen when it was written. */
export type BundleFacts = z.output<typeof factsSchema>;

/** A bundle that was read: the procedure, and what was seen when it was written. */
export interface Bundle {
  readonly facts: BundleFacts;
  readonly procedure: Procedure;
}

/** The file is not a bundle that can be played. */
class BundleWrong extends UsageError {}

/** Packs the files of a bundle. The same texts make the same bytes. */
export function packBundle(texts: BundleTexts): Uint8Array {
  const names = Object.keys(BUNDLE_FILES) as BundleFile[];
  return zipSync(Object.fromEntries(names.map((name) => [name, Buffer.from(texts[name])])), {
    mtime: NO_TIME,
  });
}

/**
 * Reads a bundle. Nothing of it is unpacked to a disk and nothing of it is run; the checksum of every file is checked.
 * `file` is its name in messages. @throws UsageError with the first problem
 */
export function readBundle(bytes: CaptureBytes, file: string): Bundle {
  if (bytes.size > MAX_FILE)
    throw new BundleWrong(`${file} has ${bytes.size} bytes; a bundle has at most ${MAX_FILE}.`);
  const archive = new ZipArchive(file, bytes);
  checkEntries(archive, file);
  const texts = new Map<string, string>();
  for (const entry of archive.entries) {
    if (entry.name === 'bundle.json' || entry.name === 'procedure.json')
      texts.set(entry.name, Buffer.from(archive.whole(entry, MAX_KEPT)).toString('utf8'));
    else checkSum(archive, entry);
  }
  const facts = parseFacts(texts.get('bundle.json')!, file);
  const procedure = parseProcedure(texts.get('procedure.json')!, `procedure.json of ${file}`);
  return { facts, procedure };
}

type Entry = ZipArchive['entries'][number];

/** Reads a file to its end, which checks its length and its checksum, and keeps nothing. */
function checkSum(archive: ZipArchive, entry: Entry): void {
  const pieces = archive.pieces(entry);
  while (pieces.next().done !== true);
}

/** @throws BundleWrong unless the archive has exactly the files of a bundle, each once, and not too large */
function checkEntries({ entries }: ZipArchive, file: string): void {
  const seen = new Set<string>();
  let unpacked = 0;
  for (const { name, size } of entries) {
    if (!Object.hasOwn(BUNDLE_FILES, name))
      throw new BundleWrong(
        `${file} has a file ${printableLines(JSON.stringify(name.slice(0, 100)))}, which no bundle has. A bundle has ${Object.keys(BUNDLE_FILES).join(', ')}.`,
      );
    if (seen.has(name))
      throw new BundleWrong(`${file} has ${name} twice. A bundle has each of its files once.`);
    seen.add(name);
    unpacked += size;
    if (unpacked > MAX_UNPACKED)
      throw new BundleWrong(
        `${file} would unpack to more than ${MAX_UNPACKED} bytes, which is the most for a bundle.`,
      );
  }
  const missing = Object.keys(BUNDLE_FILES).filter((name) => !seen.has(name));
  if (missing.length > 0)
    throw new BundleWrong(`${file} is no whole bundle: it lacks ${missing.join(', ')}.`);
}

function parseFacts(text: string, file: string): BundleFacts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BundleWrong(`bundle.json of ${file} is not JSON.`, { cause });
  }
  const checked = factsSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [first] = checked.error.issues;
  throw new BundleWrong(
    `bundle.json of ${file} is wrong: ${first?.path.join('.') || 'the file'}: ${first?.message ?? 'it cannot be read'}. docs/procedures.md says what a bundle is.`,
  );
}
