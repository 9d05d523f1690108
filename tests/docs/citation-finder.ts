import type { Citation } from '../../src/report/citations.ts';
import { CITATION_KEYS, parseCitation, parseCitations } from '../../src/report/citations.ts';

/** A citation as it stands in a file; `citation` is undefined when no document has its key. */
export interface Found {
  readonly text: string;
  readonly line: number;
  readonly citation: Citation | undefined;
}

/** `[CHIP 1.3]`, in a comment or a page also across a line's end. */
const BRACKET = /\[([^[\]]{1,160})\]/g;

/** The arguments of `source('CHIP 1.3', 'DRIVER 2.5')`. */
const CALL = /\bsource\(([^()]*)\)/g;

const LITERAL = /'([^'\n]+)'|"([^"\n]+)"/g;

/** A name of a document in capitals and a number of a clause, whether the name is known or not. */
const LOOKS_CITED = /^[A-Z][A-Z0-9-]{2,}(?: Part)? (?:\d+(?:\.\d+)*|[A-Z]-\d+|S\d+)(?=$|,)/;

/** The number of a known bug that stands alone. */
const BUG = /^[KL]-\d\d$/;

/** A line's end inside a comment or a paragraph, with what begins the next line. */
const LINE_END = /\s*\n\s*(?:\*|\/\/|#|>)?\s*/g;

/** Every citation of a text: brackets, arguments of `source`, literals that are a citation, numbers of known bugs. */
export function findCitations(text: string, isPage = false): readonly Found[] {
  const found: Found[] = [];
  const note = (index: number, cited: string, citations: readonly (Citation | undefined)[]): void => {
    const line = text.slice(0, index).split('\n').length;
    for (const citation of citations) found.push({ text: cited, line, citation });
  };
  for (const { 1: inside = '', index } of text.matchAll(BRACKET)) {
    const plain = inside.replace(LINE_END, ' ').replaceAll('`', '');
    if (isCited(plain)) note(index, plain, orUnknown(parseCitations(plain)));
  }
  for (const { 1: inside = '', index } of text.matchAll(CALL))
    for (const literal of literalsOf(inside)) note(index, literal, [parseCitation(literal)]);
  const outside = text.replace(CALL, ({ length }) => ' '.repeat(length));
  for (const { 1: single, 2: double = '', index } of outside.matchAll(LITERAL)) {
    const literal = single ?? double;
    if (BUG.test(literal)) note(index, literal, [{ key: 'BUGS', clause: literal }]);
    else if (literal.includes(' ') && isCited(literal) && !isPage)
      note(index, literal, [parseCitation(literal)]);
  }
  if (isPage)
    for (const { 0: id, index } of text.matchAll(/(?<![\w-])[KL]-\d\d(?![\w-])/g))
      note(index, id, [{ key: 'BUGS', clause: id }]);
  return found;
}

const orUnknown = (citations: readonly Citation[]): readonly (Citation | undefined)[] =>
  citations.length === 0 ? [undefined] : citations;

const literalsOf = (text: string): string[] =>
  [...text.matchAll(LITERAL)].map(({ 1: single, 2: double = '' }) => single ?? double);

function isCited(text: string): boolean {
  if (LOOKS_CITED.test(text)) return true;
  const key = CITATION_KEYS.find((known) => text === known || text.startsWith(`${known} `));
  return key !== undefined || CITATION_KEYS.some((known) => text.startsWith(`${known},`));
}
