import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Culprit } from '../units/index.ts';
import { HilError, LabFailure } from '../units/index.ts';
import { expectationOf } from './expectation.ts';

/** One error of a test, as the worker that caught it knew it. */
export interface Thrown {
  /** Its class and the beginning of its message: for people, and for nothing else. */
  readonly says: string;
  /**
   * `lab`: the lab failed. `stated`: an error of this project, which states whom it blames. `language`: an error of the
   * language, or any other that came up in the program of chip or driver, so that a program is wrong. `other`: an expectation
   * that was not met, or anything else.
   */
  readonly kind: 'lab' | 'stated' | 'language' | 'other';
  /** Whom it blames. An error of the language blames whose program it came up in, when that is chip or driver. */
  readonly blames?: Culprit;
}

const LANGUAGE_ERRORS = [TypeError, ReferenceError, RangeError, SyntaxError] as const;

/**
 * Tells from an error whose fault it is. When one of its causes is a failure of the lab, that one decides. Otherwise
 * the innermost cause that states a culprit decides, since the outer errors only tell what it prevented.
 */
export function describeThrown(error: unknown): Thrown {
  const chain = causesOf(error);
  const lab = chain.find((one) => one instanceof LabFailure);
  if (lab !== undefined) return { says: sayingOf(lab), kind: 'lab', blames: lab.blames };
  const stated = chain.findLast((one) => one instanceof HilError);
  if (stated !== undefined) return { says: sayingOf(stated), kind: 'stated', blames: stated.blames };
  const ofLanguage = chain.find((one) => LANGUAGE_ERRORS.some((kind) => one instanceof kind));
  const foreign = ofLanguage ?? chain.findLast((one) => one instanceof Error);
  const blames = foreign instanceof Error ? programOf(foreign) : undefined;
  if (ofLanguage === undefined && blames === undefined) return { says: sayingOf(error), kind: 'other' };
  return { says: sayingOf(error), kind: 'language', ...(blames && { blames }) };
}

const PROJECT = new URL('../../', import.meta.url);
/** The project's folder, as a stack names it. */
const ROOTS = [PROJECT.href, fileURLToPath(PROJECT)];

/** Whose program each folder of the project is. */
const PROGRAMS: readonly (readonly [folder: string, culprit: Culprit])[] = [
  ['src/sim/', 'chip'],
  ['src/driver/', 'driver'],
];
const NOT_OURS = /(^|\/)node_modules\//;
/** Codecs and units serve chip, driver and test alike. An error that comes up in them is the caller's. */
const CALLED = ['src/wire/', 'src/tpm/', 'src/units/'] as const;

/**
 * In whose program an error came up, by the innermost place of its stack that is a file of this project, beside codecs and
 * units. What its message says does not count.
 */
function programOf(error: Error): Culprit | undefined {
  const { stack = '', message } = error;
  const places = stack
    .slice(stack.indexOf(message) + message.length)
    .split('\n')
    .map(sourcePlace);
  const files = places.flatMap((place) => {
    const root = ROOTS.find((one) => place.includes(one));
    const file = root === undefined ? undefined : place.slice(place.indexOf(root) + root.length);
    return file === undefined || NOT_OURS.test(file) ? [] : [file];
  });
  const innermost = files.find((file) => !CALLED.some((folder) => file.startsWith(folder)));
  return PROGRAMS.find(([folder]) => innermost?.startsWith(folder))?.[1];
}

/** A place of the stack in a file that was bundled, with the source from which its line was made; others as they are. */
function sourcePlace(place: string): string {
  const [, file, line, column] = /((?:file:\/\/)?\/[^()]+\.js):(\d+):(\d+)\)?$/.exec(place) ?? [];
  if (file === undefined) return place;
  const map = `${file.startsWith('file:') ? fileURLToPath(file) : file}.map`;
  if (!existsSync(map)) return place;
  const payload = JSON.parse(readFileSync(map, 'utf8')) as ConstructorParameters<typeof SourceMap>[0];
  const entry = new SourceMap(payload).findEntry(Number(line) - 1, Number(column) - 1);
  // The bundle is made as if it stood in the root folder.
  return 'originalSource' in entry ? resolve('/', entry.originalSource) : place;
}

/** The error and its causes, the outermost first. */
function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && !chain.includes(one);)
    one = chain.push(one) > 0 && one instanceof Error ? one.cause : undefined;
  return chain;
}

/** What an expectation saw and expected; of any other error the first line of its message. */
function sayingOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const [first = ''] = stripVTControlCharacters(text).split('\n');
  return expectationOf(text) ?? first;
}
