import { existsSync, readdirSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { literal } from '../rig/index.ts';
import { didYouMean, UsageError } from '../units/index.ts';

/** A place in the folder of the suites, as it is typed on the command line. */
export interface Place {
  /** Folder of the suite. */
  readonly suite: string;
  /** File of it, with its ending; undefined when the whole suite is meant. */
  readonly file?: string;
  /** Line at which a test begins, from 1. */
  readonly line?: number;
}

const ENDING = '.suite.ts';

/**
 * Reads a suite, one of its files, or a test by its line: `sleep-wake`, `sleep-wake/margin`, `sleep-wake/margin.suite.ts:79`.
 * A path from the working folder is read too.
 * @throws UsageError when it is not there, with the nearest name.
 */
export function placeOf(text: string, folder: string): Place {
  const [, path = text, line] = /^(.*?):(\d{1,6})(?::\d{1,6})?$/.exec(text) ?? [];
  const [suite = '', ...rest] = withinFolder(path, folder)
    .split(sep)
    .filter((part) => part !== '');
  const known = suitesOf(folder);
  if (!known.includes(suite))
    throw new UsageError(
      `There is no suite ${path}${didYouMean(suite, known)} Known suites: ${known.join(', ')}.`,
    );
  if (rest.length === 0) {
    if (line !== undefined)
      throw new UsageError(`${text} has a line, and ${suite} is a folder: name the file too.`);
    return { suite };
  }
  return {
    suite,
    file: fileOf(join(folder, suite), rest.join('/')),
    ...(line !== undefined && { line: Number(line) }),
  };
}

/** The path below the folder, whether it was given from there, from the working folder, or with the folder's own name. */
function withinFolder(path: string, folder: string): string {
  const fromHere = relative(folder, resolve(path));
  const isInside = fromHere !== '' && !fromHere.startsWith('..') && !isAbsolute(fromHere);
  if (isInside && (isAbsolute(path) || existsSync(resolve(path)))) return fromHere;
  const name = `${basename(folder)}/`;
  return path.startsWith(name) ? path.slice(name.length) : path;
}

function fileOf(suite: string, name: string): string {
  const files = readdirSync(suite, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith(ENDING),
  );
  const file = [name, `${name}${ENDING}`].find((one) => files.includes(one));
  if (file !== undefined) return file;
  const plain = files.map((one) => one.slice(0, -ENDING.length));
  throw new UsageError(
    `Suite ${basename(suite)} has no file ${name}${didYouMean(name.replace(/(\.suite)?\.ts$/, ''), plain)} Its files: ${plain.sort().join(', ')}.`,
  );
}

/** The folders of suites in a folder. @throws UsageError when it is not there. */
export function suitesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw new UsageError(`There is no folder of suites at ${folder}.`, { cause });
  }
}

/** How a place is written, shortest form. */
export const showPlace = ({ suite, file, line }: Place): string =>
  `${suite}${file === undefined ? '' : `/${file.slice(0, -ENDING.length)}`}${line === undefined ? '' : `:${line}`}`;

/** Filters of the test runner: regular expressions over absolute paths, and a line behind. None when whole suites are meant. */
export function filtersOf(places: readonly Place[], folder: string): string[] {
  if (places.every(({ file }) => file === undefined)) return [];
  return places.map(({ suite, file, line }) => {
    const path = literal(join(folder, suite, file ?? ''));
    return `^${path}${file === undefined ? '/' : '$'}${line === undefined ? '' : `:${line}`}`;
  });
}
