import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that hold nothing of ours. */
const NOT_OURS = new Set(['node_modules', '.git', 'out', 'test-results']);

/** Files of the project with this ending, relative to its root: what git tracks, or all of a copy without git. */
export const trackedFiles = (ending: string): string[] =>
  (existsSync('.git') ? tracked() : below('.')).filter((file) => file.endsWith(ending) && existsSync(file));

const tracked = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

const below = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => (entry.isDirectory() ? below(join(folder, entry.name)) : [join(folder, entry.name)]));
