/** How good the content of a cell is; it decides the colour. */
export type Tone = 'good' | 'fair' | 'bad';

/** What one test measured: one cell of a table whose columns are the driver profiles. */
export interface Cell {
  readonly table: string;
  readonly row: string;
  readonly text: string;
  readonly tone?: Tone;
}

interface Row {
  readonly name: string;
  readonly cells: Readonly<Record<string, Pick<Cell, 'text' | 'tone'>>>;
}

/** A table of a run: rows in the order in which they came, a column a profile. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Collects cells into tables. */
export class TableBook {
  readonly #tables = new Map<string, Map<string, Map<string, Pick<Cell, 'text' | 'tone'>>>>();

  /** The table `first` stands before all others, whenever its cells come. */
  constructor(first?: string) {
    if (first !== undefined) this.#tables.set(first, new Map());
  }

  add({ table, row, text, tone }: Cell, column: string): void {
    const rows = this.#tables.get(table) ?? new Map<string, Map<string, Pick<Cell, 'text' | 'tone'>>>();
    this.#tables.set(table, rows);
    const cells = rows.get(row) ?? new Map<string, Pick<Cell, 'text' | 'tone'>>();
    rows.set(row, cells);
    cells.set(column, { text, ...(tone !== undefined && { tone }) });
  }

  /** The tables, with those of `columns` that have a cell. */
  tables(columns: readonly string[]): readonly Table[] {
    return [...this.#tables].map(([title, rows]) => ({
      title,
      columns: columns.filter((column) => [...rows.values()].some((cells) => cells.has(column))),
      rows: [...rows].map(([name, cells]) => ({ name, cells: Object.fromEntries(cells) })),
    }));
  }
}

/** For a terminal. */
export function showTable({ title, columns, rows }: Table): string {
  const lines = [
    [title, ...columns],
    ...rows.map(({ name, cells }) => [name, ...columns.map((column) => cells[column]?.text ?? '-')]),
  ];
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Text as HTML. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]!);

const STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; color: #1a1a1a; background: #fff; }
h2 { margin-top: 2rem; }
table { border-collapse: collapse; }
th, td { border: 1px solid #c8c8c8; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
thead th { background: #f0f0f0; position: sticky; top: 0; }
tbody th { font-weight: 600; white-space: nowrap; }
td.good { background: #e2f3e5; } td.fair { background: #fdf3d3; } td.bad { background: #fbdcdc; }
td.none { color: #767676; }`;

function htmlTable({ title, columns, rows }: Table): string {
  const head = ['', ...columns].map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = rows.map(({ name, cells }) => {
    const row = columns.map((column) => {
      const cell = cells[column];
      return cell === undefined
        ? '<td class="none">-</td>'
        : `<td class="${cell.tone ?? ''}">${escaped(cell.text)}</td>`;
    });
    return `<tr><th scope="row">${escaped(name)}</th>${row.join('')}</tr>`;
  });
  return `<h2>${escaped(title)}</h2>
<table><thead><tr>${head}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table>`;
}

/** One page with every table, that needs no server and no network. */
export function renderTables(heading: string, tables: readonly Table[]): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escaped(heading)}</title><style>${STYLE}</style></head>
<body>
<h1>${escaped(heading)}</h1>
${tables.map(htmlTable).join('\n')}
</body>
</html>
`;
}
