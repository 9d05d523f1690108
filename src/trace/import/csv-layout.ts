import { CaptureError, printable } from './capture-error.ts';
import {
  isIsoTime,
  TICKS_PER_SECOND,
  sigrokTicks,
  ticksOfUnit,
  TIME_UNITS,
  timeColumn,
} from './csv-times.ts';

/** What errors call this format. */
export const FORMAT = 'CSV';

/** How the lines of a CSV are to be read. */
export interface CsvLayout {
  readonly separator: string;
  /** Names of the columns that are channels, and the column of each. */
  readonly names: readonly string[];
  readonly columns: readonly number[];
  /** Columns of a line. */
  readonly width: number;
  /** Column of the times; -1 where each line is one sample. */
  readonly timeAt: number;
  /** Ticks of one unit of time, or of one sample; 'iso' for times of day. */
  readonly ticks: number | 'iso';
  /** Byte of the file at which the first line of levels begins. */
  readonly bodyAt: number;
}

/** What the user knows of a CSV that does not say it. */
export interface CsvHints {
  readonly sampleRateHz?: number | undefined;
  readonly timeUnit?: string | undefined;
  readonly names?: readonly string[] | undefined;
}

const SEPARATORS = [';', '\t', ','] as const;
const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?$/i;
const LEVEL = /^([01xzu?-]|)$/i;
const LEVEL_WORD = /^(true|false|high|low|h|l|on|off|0x[0-9a-f]{1,16})$/i;

const isValue = (field: string): boolean =>
  NUMBER.test(field) || LEVEL.test(field) || LEVEL_WORD.test(field) || isIsoTime(field);

const fieldsOf = (line: string, separator: string): string[] =>
  line.split(separator).map((field) =>
    field
      .trim()
      .replace(/^"([^"]*)"$/, '$1')
      .trim(),
  );

/** A separator by which a line is nothing but a time and levels; undefined when there is none. */
function separatorOfData(line: string): string | undefined {
  return SEPARATORS.find((separator) => {
    const fields = fieldsOf(line, separator);
    const isDecimal = separator === ',' ? !fields.some((field) => field.includes(',')) : true;
    return isDecimal && fields.every(isValue) && fields.filter((field) => field !== '').length >= 2;
  });
}

/** The text of bytes that were taken as one character each. */
const unicode = (line: string): string => Buffer.from(line, 'latin1').toString('utf8');

/** Columns, but for an empty one behind the last separator. */
const widthOf = (fields: readonly string[]): number => fields.length - (fields.at(-1) === '' ? 1 : 0);

const isComment = (line: string): boolean => /^\s*[#;%]/.test(line);

/**
 * How the lines of a CSV are to be read, by its beginning, in which each byte is a character: comment lines, a line of names, maybe a line of units, then
 * the first line of levels.
 *
 * @throws CaptureError when it has no such line, or states a unit that nobody knows.
 */
export function readLayout(head: string, hints: CsvHints): CsvLayout {
  const above: string[] = [];
  let bodyAt = 0;
  let separator: string | undefined;
  let first = '';
  for (const line of head.split('\n')) {
    separator = isComment(line) ? undefined : separatorOfData(line.trim());
    first = line;
    if (separator !== undefined) break;
    above.push(line.trim());
    bodyAt += line.length + 1;
  }
  if (separator === undefined)
    throw new CaptureError(
      FORMAT,
      0,
      'no line has a time and levels below a line with names, such as "Time [s],CS,CLK,MOSI,MISO" and "0.001,1,0,0,0"; a semicolon or a tab may stand for the comma.',
    );
  const cells = fieldsOf(first.trim(), separator);
  const texts = above.filter((line) => line !== '' && !isComment(line));
  const titles = texts.map((line) => fieldsOf(unicode(line), separator)).filter(({ length }) => length > 1);
  // A last cell that is empty is a level that nobody knows, where the names have it, and a bare separator otherwise.
  const isLevel =
    cells.at(-1) === '' &&
    titles.some((title) => widthOf(title) === cells.length) &&
    !titles.some((title) => widthOf(title) === widthOf(cells));
  const data = isLevel ? [...cells.slice(0, -1), 'x'] : cells;
  const names = titles.find((title) => widthOf(title) === widthOf(data));
  if (names === undefined && titles.length > 0)
    throw new CaptureError(
      FORMAT,
      bodyAt,
      `its names have ${widthOf(titles.at(-1)!)} columns, and its lines ${widthOf(data)}.`,
    );
  return layoutOf({
    separator,
    data,
    titles: names === undefined ? [] : titles.slice(titles.indexOf(names)),
    comments: above.filter(isComment).map(unicode),
    hints,
    bodyAt,
  });
}

interface Beginning {
  readonly separator: string;
  /** Fields of the first line of levels. */
  readonly data: readonly string[];
  /** Fields of the lines above: names first, units maybe. */
  readonly titles: readonly (readonly string[])[];
  readonly comments: readonly string[];
  readonly hints: CsvHints;
  readonly bodyAt: number;
}

function layoutOf(beginning: Beginning): CsvLayout {
  const { separator, data, hints, bodyAt } = beginning;
  const header = headerOf(beginning);
  const timeAt = timeIndex(header, data);
  const width = data.length;
  const columns = [...data.keys()].filter(
    (column) =>
      column !== timeAt && !(column === width - 1 && data[column] === '' && header[column] === undefined),
  );
  const names = columns.map((column, i) => hints.names?.[i] ?? header[column] ?? `column ${column}`);
  return { separator, names, columns, width, timeAt, ticks: ticksOf(beginning, header, timeAt), bodyAt };
}

/** What sigrok writes above a column of levels in place of the channel's name. */
const KIND = /^logic$/i;

/** The names of the columns; those that a comment of sigrok gives when no line does. */
function headerOf({ titles, comments, data }: Beginning): readonly string[] {
  const [title] = titles;
  if (title === undefined) return listedHeader(comments, data) ?? data.map((_, column) => `column ${column}`);
  if (!title.some((name) => KIND.test(name))) return title;
  const kinds = [...title.keys()].filter((column) => KIND.test(title[column]!));
  const names = listedNames(comments);
  return names.length === kinds.length
    ? title.map((name, column) => names[kinds.indexOf(column)] ?? name)
    : title.map((name, column) => (KIND.test(name) ? `column ${column}` : name));
}

function listedHeader(comments: readonly string[], data: readonly string[]): readonly string[] | undefined {
  const names = listedNames(comments);
  if (names.length === data.length) return names;
  return names.length === data.length - 1 ? ['Time', ...names] : undefined;
}

/** Names of the channels by a comment of sigrok. */
function listedNames(comments: readonly string[]): readonly string[] {
  const listed = comments
    .map((line) => /^;\s*Channels\s*\([^)]{0,20}\):(.*)$/i.exec(line)?.[1])
    .find((names) => names !== undefined);
  return (listed ?? '').split(',').map((name) => name.trim());
}

const SAMPLES = /^(samples?|sample (number|index)|index|#)$/i;

function timeIndex(header: readonly string[], data: readonly string[]): number {
  const timed = header.findIndex((name) => timeColumn(name) !== undefined);
  const named = timed >= 0 ? timed : header.findIndex((name) => SAMPLES.test(name));
  if (named >= 0) return named;
  return data[0] !== undefined && !LEVEL.test(data[0]) ? 0 : -1;
}

/** Ticks of one unit of the times. @throws CaptureError when the file states a unit that is not known, or none. */
function ticksOf(beginning: Beginning, header: readonly string[], timeAt: number): number | 'iso' {
  const { data, titles, hints, comments } = beginning;
  const name = header[timeAt] ?? '';
  if (timeAt < 0 || SAMPLES.test(name)) return ticksOfSample(comments, hints);
  const text = data[timeAt]!;
  if (isIsoTime(text)) return 'iso';
  const rate = statedRate(comments);
  if (hints.timeUnit === undefined && comments.some(isOfSigrok) && isWhole(text) && rate > 0)
    return sigrokTicks(rate);
  const unit = hints.timeUnit ?? timeColumn(name)?.unit ?? unitBelow(titles[1]?.[timeAt]);
  if (unit !== undefined) {
    const ticks = ticksOfUnit(unit);
    if (ticks !== undefined) return ticks;
    throw new CaptureError(
      FORMAT,
      0,
      `its times are in "${printable(unit)}"; ${TIME_UNITS} can be read. Say which of them it is: --time-unit.`,
    );
  }
  // Sigrok writes whole nanoseconds below a bare "Time"; all others that name no unit write seconds.
  return comments.some(isOfSigrok) || isWhole(text) ? 10 : TICKS_PER_SECOND;
}

const isOfSigrok = (line: string): boolean => /libsigrok\b(?!4DSL)/.test(line);
const isWhole = (text: string): boolean => /^[+-]?\d+$/.test(text);

const unitBelow = (text: string | undefined): string | undefined =>
  /^[[(]?\s*([^\])]{1,12}?)\s*[\])]?$/.exec(text ?? '')?.[1];

const RATE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Samples a second that a comment states; NaN when none does. */
function statedRate(comments: readonly string[]): number {
  const stated = comments
    .map((line) => /sample ?rate:?\s*(\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?)\s?([kmg]?)(?:hz)?/i.exec(line))
    .find((found) => found !== null);
  return stated ? Number(stated[1]) * RATE_FACTORS[stated[2]!.toLowerCase()]! : NaN;
}

function ticksOfSample(comments: readonly string[], hints: CsvHints): number {
  const hertz = hints.sampleRateHz ?? statedRate(comments);
  if (!(hertz > 0 && hertz < Infinity))
    throw new CaptureError(
      FORMAT,
      0,
      'its lines have no times, and it states no sample rate. Say it: --sample-rate HZ.',
    );
  return TICKS_PER_SECOND / hertz;
}
