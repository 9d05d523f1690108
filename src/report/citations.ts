/** One citation: a key of docs/sources/README.md and the clause, file or commit that it names. */
export interface Citation {
  readonly key: string;
  /** What stands behind the key; empty when it stands alone, as in `VIRTUAL-LAB`. */
  readonly clause: string;
}

/** Keys of our own pages: the page and the prefix of its anchors. */
const PAGES: Readonly<Record<string, { readonly page: string; readonly anchor: string }>> = {
  CHIP: { page: 'chip.md', anchor: 'chip' },
  DRIVER: { page: 'driver.md', anchor: 'driver' },
  BUGS: { page: 'bugs.md', anchor: 'bugs' },
  HOSTS: { page: 'hosts.md', anchor: 'hosts' },
  'VIRTUAL-LAB': { page: 'hosts.md', anchor: 'virtual-lab' },
  TRACE: { page: 'chip.md', anchor: 'trace' },
  ORACLE: { page: 'chip.md', anchor: 'oracle' },
};

/** Keys of public documents: they are rows of the table in docs/sources/README.md. */
const DOCUMENTS = [
  'EC-git',
  'EC',
  'TPM2',
  'PTP',
  'FIPS',
  'RFC',
  'APPNOTE',
  'ATmega328P',
  'SPI Block Guide',
  'SERVOD',
  'PDUDAEMON',
  'UHUBCTL',
  'XML-RPC',
];

/** Every key that a citation may begin with. */
export const CITATION_KEYS: readonly string[] = [...Object.keys(PAGES), ...DOCUMENTS];

const FOLDER = 'docs/sources';

/** `CHIP 1.3` is `{ key: 'CHIP', clause: '1.3' }`; undefined when the text begins with no known key. */
export function parseCitation(text: string): Citation | undefined {
  const plain = text.trim().replace(/\s+/g, ' ');
  const key = CITATION_KEYS.find((known) => plain === known || plain.startsWith(`${known} `));
  return key === undefined ? undefined : { key, clause: plain.slice(key.length).trim() };
}

/** A part of a list that continues the clause before it, and is no clause of its own: `frame 30`. */
const DETAIL = /^[a-z]+ \d/;

/**
 * The citations of one bracket: `CHIP 4.2, 4.3, ORACLE S31` are three. What begins with no key belongs to the key before
 * it; the sections of a public document stay one citation, as in `TPM2 Part 3, 9.3 and 9.4`.
 */
export function parseCitations(text: string): readonly Citation[] {
  const found: Citation[] = [];
  for (const part of text.split(/\s*,\s*/)) {
    const citation = parseCitation(part);
    const last = found.at(-1);
    if (citation !== undefined) found.push(citation);
    else if (last === undefined) return [];
    else if (last.key in PAGES && !DETAIL.test(part)) found.push({ key: last.key, clause: part });
    else found[found.length - 1] = { key: last.key, clause: `${last.clause}, ${part}` };
  }
  return found;
}

/** The name of a clause in an anchor: `L-08(b)` stands in clause `L-08`, `S16 to S33` begins at `s16`. */
const nameOf = (clause: string): string => /^[\w.-]*[\w-]/.exec(clause)?.[0].toLowerCase() ?? '';

/**
 * Where a citation leads, from the top of the repository: `docs/sources/chip.md#chip-1.3`. A public document leads to its
 * row of the table; a text without a known key leads nowhere.
 */
export function citationLink(text: string): string | undefined {
  const citation = parseCitation(text);
  if (citation === undefined) return undefined;
  const { key, clause } = citation;
  const own = PAGES[key];
  if (own === undefined) return `${FOLDER}/README.md#key-${key.toLowerCase().replaceAll(' ', '-')}`;
  const anchor = key === 'TRACE' || clause === '' ? own.anchor : `${own.anchor}-${nameOf(clause)}`;
  return `${FOLDER}/${own.page}#${anchor}`;
}

/** The page of a report that a citation opens, from the folder of its `index.html`: `sources/chip.html#chip-1.3`. */
export const linkInReport = (text: string): string =>
  (citationLink(text) ?? `${FOLDER}/README.md`).replace('docs/', '').replace('.md', '.html');

/** The clauses that a test's description cites, which are links: `Source: [CHIP 1.3](...)`. */
export const citedIn = (description: string): string[] =>
  description.startsWith('Source: ')
    ? Array.from(description.matchAll(/\[([^\]]+)\]\(/g), ([, clause]) => clause!)
    : [];
