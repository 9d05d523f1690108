import { escaped } from '../report/tables.ts';
import { renderMatrix, uncitingOf } from './matrix-page.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-style.ts';
import { CLAUSES } from './requirements/index.ts';
import type { Criterion, Decision, Evidence, Run } from './verify/model.ts';

const WORD: Readonly<Record<Decision['verdict'], string>> = {
  go: 'GO',
  'no go': 'NO GO',
  'not shown': 'NOT SHOWN',
};
const MEANING: Readonly<Record<Decision['verdict'], string>> = {
  go: 'Everything that the policy asks for was shown, or is waived by somebody for a stated time.',
  'no go': 'Something that the policy asks for is broken.',
  'not shown': 'Nothing is known to be broken, and not everything that the policy asks for was shown.',
};

/** The page of a release: what was not shown first, then what changed, then all that was shown. */
export function renderPage(
  evidence: Evidence,
  { verdict, criteria }: Decision,
  rules: ReadonlyMap<string, string>,
): string {
  const { policy, runs } = evidence;
  const bad = criteria.filter(({ state }) => state === 'broken' || state === 'not shown');
  const waived = criteria.filter(({ state }) => state === 'waived');
  const shown = criteria.filter(({ state }) => state === 'shown');
  const count = (all: readonly unknown[], word: string): string => `<b>${all.length}</b> ${word}`;
  const broken = bad.filter(({ state }) => state === 'broken');
  const counts = [
    ...[count(broken, 'broken'), count(bad.slice(broken.length), 'not shown')],
    ...[count(waived, 'waived'), count(shown, 'shown')],
  ].join(' · ');
  const head = `<header class="${verdict.replace(' ', '-')}"><p class="verdict">${WORD[verdict]}</p>
<div><h1>${escaped(policy.title)}</h1><p>${MEANING[verdict]}</p><p>${counts}</p></div></header>
${factsOf(evidence)}`;
  const sections = [
    section(
      'What was not shown',
      criteriaTable(bad.toSorted(brokenFirst), 'Nothing: all that was asked for was shown or is waived.'),
    ),
    section('What is waived', waiversTable(evidence, waived)),
    section('What changed since the last release', changesTable(runs)),
    section('What was shown', criteriaTable(shown, 'Nothing.')),
    section('Margins', marginsTable(runs)),
    section('Requirements, and the tests and rules that show them', renderMatrix(runs, rules)),
    section('What the policy does not ask for', unaskedOf(evidence)),
    section('Runs', runs.map(renderRun).join('\n') || '<p>There is none.</p>'),
    section('How to check this', CHECK),
  ];
  return page(`${WORD[verdict]}: ${policy.title}`, [head, ...sections]);
}

/** The page of one run: its requirements. */
export const renderRequirements = (title: string, run: Run, rules: ReadonlyMap<string, string>): string =>
  page(title, [
    `<h1>${escaped(title)}</h1><p>Which clause was shown by which test, with which driver. What nothing shows stands first. A clause is a requirement of docs/sources; h1-hil qualify decides on a release by them.</p>`,
    renderMatrix([run], rules),
    section('Tests that cite no clause', listOf(uncitingOf([run]))),
  ]);

const page = (title: string, parts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${PAGE_STYLE}</style></head>
<body>
${parts.join('\n')}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;

const section = (title: string, content: string): string =>
  `<section><h2>${title}</h2>\n${content}</section>`;
const brokenFirst = (a: Criterion, b: Criterion): number =>
  Number(a.state !== 'broken') - Number(b.state !== 'broken');
const listOf = (names: readonly string[]): string =>
  names.length === 0
    ? '<p>None.</p>'
    : `<ul>${names.map((name) => `<li>${escaped(name)}</li>`).join('')}</ul>`;

type Row = readonly (string | { readonly html: string })[];

function table(columns: readonly string[], rows: readonly Row[], kind = ''): string {
  const head = columns.map((name) => `<th scope="col">${name}</th>`).join('');
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell) => `<td>${typeof cell === 'string' ? escaped(cell) : cell.html}</td>`).join('')}</tr>`,
  );
  return `<table class="${kind}"><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}

const tag = (state: string): { readonly html: string } => ({
  html: `<span class="tag ${state.replace(' ', '-')}">${state}</span>`,
});

function factsOf({ policy, runs, decided }: Evidence): string {
  const unique = (values: readonly string[]): string => [...new Set(values)].join(', ') || 'none';
  const hasReal = runs.some(({ isReal }) => isReal);
  return table(
    [],
    [
      ['Firmware', `Cr50 ${policy.firmware}`],
      ['Image', policy.image === null ? 'none: a simulated chip has no image' : `SHA-256 ${policy.image}`],
      ['Decided', `${decided.slice(0, 16).replace('T', ' ')} UTC`],
      ['Rigs', unique(runs.map(({ rig, isReal }) => `${rig} (${isReal ? 'real' : 'simulated'})`))],
      ...(hasReal
        ? []
        : [['Boards', { html: '<b>No real board was tested: every chip was simulated.</b>' }]]),
      ['Commit of the tests', unique(runs.map(({ commit }) => commit))],
      [
        'Compared with',
        unique(runs.flatMap(({ before }) => (before === null ? [] : [`Cr50 ${before.version}`]))),
      ],
    ],
    'facts',
  ).replace('<thead><tr></tr></thead>', '');
}

const criteriaTable = (criteria: readonly Criterion[], nothing: string): string =>
  criteria.length === 0
    ? `<p>${nothing}</p>`
    : table(
        ['', 'asked for', 'seen'],
        criteria.map(({ kind, name, state, says }) => [
          tag(state),
          asked(kind, name),
          { html: folded(says) },
        ]),
        'criteria',
      );

/** A clause with its sentence. */
function asked(kind: Criterion['kind'], name: string): { readonly html: string } {
  const clause = CLAUSES.find(({ id }) => id === name.split(',')[0]);
  return {
    html: `${kind} <b>${escaped(name)}</b>${clause === undefined ? '' : `<br><i>${escaped(clause.text)}</i>`}`,
  };
}

const MANY = 4;

/** The first sentences, and how many more there are. */
function folded(says: string): string {
  const parts = says.split('; ').map(escaped);
  if (parts.length <= MANY) return parts.join('<br>');
  const more = parts.slice(MANY).join('<br>');
  return `${parts.slice(0, MANY).join('<br>')}<details><summary>${parts.length - MANY} more</summary>${more}</details>`;
}

function waiversTable({ policy, decided }: Evidence, waived: readonly Criterion[]): string {
  if (policy.waivers.length === 0 && waived.length === 0) return '<p>Nothing.</p>';
  return table(
    ['waived', 'by', 'until', 'reason', ''],
    policy.waivers.map(({ of, name, owner, until, reason }) => [
      ...[`${of} ${name}`, owner, until, reason],
      tag(until < decided.slice(0, 10) ? 'over' : 'holds'),
    ]),
  );
}

function changesTable(runs: readonly Run[]): string {
  const compared = runs.filter(({ before }) => before !== null);
  if (compared.length === 0) return '<p>It was compared with none.</p>';
  const rows = compared.flatMap(({ rig, before }) =>
    before!.changes.map(({ name, before, after, direction, clauses }): Row => [
      ...[tag(direction), name, before, after, clauses.join(', ') || 'no clause', rig],
    ]),
  );
  if (rows.length === 0) return '<p>Nothing.</p>';
  return table(['', 'what', 'before', 'after', 'touches', 'rig'], rows);
}

const marginsTable = (runs: readonly Run[]): string =>
  table(
    ['rule', 'margin', 'values', 'closest in', 'rig'],
    runs.flatMap(({ rig, measures }) =>
      measures.map(({ name, margin, unit, count, worstIn }): Row => [
        ...[name, `${Number(margin.toPrecision(4))} ${unit}`, count.toLocaleString('en'), worstIn, rig],
      ]),
    ),
  );

function unaskedOf({ policy, runs }: Evidence): string {
  const asked = new Set(policy.demands.map(({ name }) => name.split(',')[0]));
  const clauses = CLAUSES.filter(({ id }) => !asked.has(id)).map(
    ({ id, binds, kind, text }) => `${id} (${binds}, ${kind}): ${text}`,
  );
  const uncited = uncitingOf(runs);
  return `<details><summary>${clauses.length} clauses</summary>${listOf(clauses)}</details>
<details><summary>${uncited.length} tests that cite no clause</summary>${listOf(uncited)}</details>`;
}

function renderRun({ id, rig, isReal, firmware, ended, commit, about, doubts, tests }: Run): string {
  const count = (wanted: string): number => tests.filter(({ outcome }) => outcome === wanted).length;
  const others = tests.filter(({ outcome }) => outcome !== 'pass');
  const facts: Row[] = [
    ['rig', `${rig} (${isReal ? 'real' : 'simulated'})`],
    ['firmware', firmware],
    ['ended', ended],
    ['commit', commit],
    ...Object.entries(about).map(([name, value]): Row => [name, value]),
    [
      'tests',
      `${tests.length}: ${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped`,
    ],
    ['doubts', doubts.join('; ') || 'none'],
  ];
  const list = others.map(({ outcome, name, says }): Row => [tag(outcome), name, says]);
  const rest =
    list.length === 0
      ? ''
      : `<details><summary>${list.length} that did not pass</summary>${table(['', 'test', 'says'], list)}</details>`;
  return `<h3>Run ${escaped(id.slice(0, 8))}</h3>${table([], facts, 'facts').replace('<thead><tr></tr></thead>', '')}${rest}`;
}

const CHECK = `<p>This page is part of a folder whose signature covers every file in it. With the public key of the lab,
<code>h1-hil verify FOLDER --key KEY</code> checks the signature and every digest, reads the runs again and makes the
decision again, offline. The page alone proves nothing.</p>`;
