import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../units/index.ts';
import { ROOT } from './root.ts';

const OUT = join(ROOT, 'reports', 'out');

/** What a run leaves in its folder. */
const OURS: ReadonlySet<string> = new Set([
  'allure-results',
  'allurerc.json',
  'attachments',
  'html',
  'junit.xml',
  'measures.jsonl',
  'rig-failures.json',
  'summary.json',
]);

/**
 * The folder a run writes to: new, or that of an earlier run, whose files are removed.
 * @throws UsageError when the wanted folder has other files, which stay.
 */
export function makeRunFolder(wanted: string | undefined, rig: string, seed: number): string {
  const folder = wanted === undefined ? join(OUT, `${stamp()}-${rig}-${seed}`) : resolve(wanted);
  try {
    mkdirSync(folder, { recursive: true });
    const names = readdirSync(folder);
    const foreign = names.find((name) => !OURS.has(name));
    if (foreign !== undefined)
      throw new UsageError(
        `The report cannot go to ${folder}: ${foreign} is there and is not of an earlier report. Name an empty folder.`,
      );
    for (const name of names) rmSync(join(folder, name), { recursive: true });
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The report cannot go to ${folder}: ${reason}.`, { cause });
  }
  return folder;
}

/** `reports/out/latest` leads to the newest run. */
export function linkLatest(folder: string): void {
  if (dirname(folder) !== OUT) return;
  const link = join(OUT, 'latest');
  rmSync(link, { force: true });
  symlinkSync(basename(folder), link);
}

const stamp = (): string => new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
