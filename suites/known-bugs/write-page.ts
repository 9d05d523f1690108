import { readFileSync, writeFileSync } from 'node:fs';
import type { Table } from '../../fixtures/index.ts';
import { renderPage, verdictsOf } from './page.ts';

const PAGE = new URL('../../docs/known-bugs.md', import.meta.url);

const [file, option] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the summary.json of a run of known-bugs.');
const { tables } = JSON.parse(readFileSync(file, 'utf8')) as { readonly tables: readonly Table[] };
const page = renderPage(verdictsOf(tables));
if (option !== '--check') writeFileSync(PAGE, page);
else if (readFileSync(PAGE, 'utf8') !== page) {
  process.stderr.write(
    `docs/known-bugs.md does not say what this run came to. Make it anew: node --import tsx suites/known-bugs/write-page.ts ${file}\n`,
  );
  process.exitCode = 1;
}
