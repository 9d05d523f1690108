import { expect, test } from '@playwright/test';
import { renderTables, showTable, TableBook } from '../../src/report/tables.ts';

function book(): TableBook {
  const book = new TableBook();
  book.add({ table: 'Lines', row: 'cut', text: 'failed', tone: 'bad' }, 'recommended');
  book.add({ table: 'Lines', row: 'present', text: 'used, 4 ms' }, 'coreboot');
  return book;
}

test('a table has a row for each thing and a column for each profile that has a cell', () => {
  const [table] = book().tables(['cr50-spi-v1', 'recommended', 'coreboot']);
  expect(table).toEqual({
    title: 'Lines',
    columns: ['recommended', 'coreboot'],
    rows: [
      { name: 'cut', cells: { recommended: { text: 'failed', tone: 'bad' } } },
      { name: 'present', cells: { coreboot: { text: 'used, 4 ms' } } },
    ],
  });
  expect(showTable(table!)).toBe(
    ['Lines    recommended  coreboot', 'cut      failed       -', 'present  -            used, 4 ms'].join(
      '\n',
    ),
  );
});

test('the page holds what the cells say and nothing that a cell could do', () => {
  const page = renderTables('a & b', [
    { title: '<script>', columns: ['x'], rows: [{ name: '"', cells: { x: { text: '<b>', tone: 'bad' } } }] },
  ]);
  expect(page).toContain('<h1>a &amp; b</h1>');
  expect(page).toContain('<h2>&lt;script&gt;</h2>');
  expect(page).toContain('<th scope="row">&quot;</th><td class="bad">&lt;b&gt;</td>');
  expect(page).not.toMatch(/https?:|<script/);
});
