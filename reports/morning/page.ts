import type { Morning, RigState, State } from '../../src/history/index.ts';
import { placeOf, showMoment, STATES } from '../../src/history/index.ts';
import { html, NOTHING } from './html.ts';
import type { Html } from './html.ts';
import { STYLE } from './style.ts';
import { rigStrip, trendChart } from './trend.ts';
import type { Group } from './words.ts';
import {
  counted,
  countsOf,
  groupsOf,
  MEANING,
  movedTexts,
  reasonsOf,
  sentenceOf,
  showNight,
  showRate,
  showSeen,
} from './words.ts';

/** So many failures of one state are shown whole; the command line has the others. */
const MAX_CARDS = 100;
const MAX_ROWS = 60;

const TONE_OF_VERDICT = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'warn',
  'no verdict': 'warn',
  interrupted: 'warn',
} as const;
const TONE_OF_STATE: Readonly<Record<State, string>> = {
  ...{ new: 'bad', flaky: 'warn', known: 'calm', quarantined: 'none', 'not run': 'none', fixed: 'good' },
};

/** What the page may load: nothing but what stands in it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

const COPY = `document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-copy]');
  if (!button) return;
  navigator.clipboard.writeText(button.previousElementSibling.textContent).then(() => {
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
});`;

/** One page about a night, that needs no server and no network. */
export function renderMorning(morning: Morning): string {
  const { night, verdict } = morning;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <title>${verdict}: night of ${night}</title>
      </head>
      <body>
        <header>
          <div class="top">
            <div>
              <h1>Night to ${showNight(night)}</h1>
              <p>${sentenceOf(morning)}</p>
            </div>
            <span class="verdict ${TONE_OF_VERDICT[verdict]}">${verdict}</span>
          </div>
          ${becauseOf(morning)}${countTiles(morning)}
        </header>
        <main>
          ${STATES.map((state) => stateSection(morning, state))}
          ${trendSection(morning)}${rigSection(morning)}${movedSection(morning)}${unrunSection(morning)}${contradictionSection(morning)}
          ${runSection(morning)}
        </main>
        <footer>
          <p>
            ${counted(morning.passed, 'result')} passed, ${morning.failed} failed, ${morning.skipped} skipped,
            ${morning.notRun} not run. A failure is one signature: rule, error, place and whose fault it is,
            without times and addresses. A night is from noon to noon. A retry is evidence and turns no
            failure into a pass.
          </p>
        </footer>
      </body>
    </html> `;
  // Styles and script are ours, and are no text to escape.
  return page.text
    .replace('</head>', () => `<style>${STYLE}</style></head>`)
    .replace('</body>', () => `<script>${COPY}</script></body>`);
}

const becauseOf = ({ because, ended }: Morning): Html =>
  because.length === 0
    ? NOTHING
    : html`<ul class="because">
        ${because.map((reason) => html`<li>${reason}</li>`)}${
          ended.length === 0 ? NOTHING : html`<li>Ended: ${ended.map(placeOf).join('; ')}</li>`
        }
      </ul>`;

const anchorOf = (state: State): string => state.replace(' ', '-');

function countTiles(morning: Morning): Html {
  const tiles = countsOf(morning).map(
    ({ state, count }) =>
      html`<li>
        <a class="${count === 0 ? 'none' : TONE_OF_STATE[state]}" href="#${anchorOf(state)}"
          ><b>${count}</b>${MEANING[state].title}</a
        >
      </li>`,
  );
  return html`<ul class="counts">
    ${tiles}
  </ul>`;
}

function stateSection({ items }: Morning, state: State): Html {
  const groups = groupsOf(items).filter((one) => one.state === state);
  if (groups.length === 0 && state !== 'new') return html`<span id="${anchorOf(state)}"></span>`;
  const { title, says } = MEANING[state];
  const rest = groups.length - MAX_CARDS;
  return html`<section id="${anchorOf(state)}">
    <h2>${title}</h2>
    <p>${groups.length === 0 ? 'nothing that was not seen before' : says}</p>
    ${groups.slice(0, MAX_CARDS).map(card)}${rest > 0 ? html`<p class="empty">and ${rest} more: h1-hil morning --json</p>` : NOTHING}
  </section>`;
}

function card({ first, items, state }: Group): Html {
  const { signature, says, why, issue, again, run, isFirstSeen } = first;
  const drivers = [...new Set(items.map(({ test }) => test.profile))].filter((name) => name !== '');
  const rigs = [...new Set(items.flatMap((one) => one.rigs))];
  return html`<article class="card">
    <h3>${signature.place}</h3>
    <p>
      <span class="tag ${TONE_OF_STATE[state]}">${signature.fault}</span
      >${isFirstSeen && state !== 'new' ? html`<span class="tag bad">first seen this night</span>` : NOTHING}${
        issue === undefined ? NOTHING : html`<span class="tag calm">${issue.id}, ${issue.owner}</span>`
      }${drivers.map((name) => html`<span class="tag none">${name}</span>`)}${rigs.map((name) => html`<span class="tag none">rig ${name}</span>`)}
    </p>
    <p class="says">${says}</p>
    <p>
      ${capital(why)}.${issue === undefined ? '' : ` Known as ${issue.id} until ${issue.until}: ${issue.reason}.`}
    </p>
    <p class="soft">
      ${showRate(first.rate)} · ${showSeen(first)} · rule ${signature.rule} · run ${run.run.slice(0, 8)} on
      rig ${run.rig} · signature ${signature.hash}
    </p>
    ${again === null ? NOTHING : html`<div class="again"><code>${again}</code><button type="button" data-copy>Copy</button></div>`}
    ${others(items)}
  </article>`;
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function others(items: Group['items']): Html {
  if (items.length === 1) return NOTHING;
  const rows = items.map(({ test, rate, why }) => html`<li>${test.profile}: ${showRate(rate)}; ${why}</li>`);
  return html`<details>
    <summary>${items.length} tests and drivers</summary>
    <ul>
      ${rows}
    </ul>
  </details>`;
}

const trendSection = ({ trend, nights }: Morning): Html =>
  html`<section>
    <h2>Trend</h2>
    <p>
      failures in each of ${nights} nights: red is new in its night, grey was known; a dot is a night without
      failure, a ring one without a run
    </p>
    <div class="card trend">${trendChart(trend)}</div>
  </section>`;

/** Columns of one word each, which is not broken. */
const WORDS: readonly string[] = ['rig', 'worst margin', 'began', 'last run'];

/** One table; cells of a column whose name begins with # are numbers. */
function table(names: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html {
  const kind = (at: number): string =>
    names[at]!.startsWith('#') ? 'number' : WORDS.includes(names[at]!) ? 'word' : '';
  const head = names.map(
    (name, at) => html`<th scope="col" class="${kind(at)}">${name.replace('#', '')}</th>`,
  );
  const body = rows.slice(0, MAX_ROWS).map(
    (cells) =>
      html`<tr>
        ${cells.map((cell, at) => html`<td class="${kind(at)}">${cell}</td>`)}
      </tr>`,
  );
  const rest = rows.length - MAX_ROWS;
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
    ${rest > 0 ? html`<p class="empty">and ${rest} more: h1-hil morning --json</p>` : NOTHING}`;
}

const rigSection = ({ rigs, nights }: Morning): Html =>
  html`<section>
    <h2>Rigs</h2>
    <p>the worst verdict of each of ${nights} nights, as far as runs say it; a short green mark is a pass</p>
    ${table(['rig', 'this night', 'verdicts', '#runs', '#lab failed', 'chip', 'last run'], rigs.map(rigRow))}
  </section>`;

function rigRow(rig: RigState): (string | Html)[] {
  const verdicts = [...new Set(rig.tonight.map(({ verdict }) => verdict))];
  const now =
    verdicts.length === 0
      ? html`<span class="tag none">no run</span>`
      : html`${verdicts.map((one) => html`<span class="tag ${TONE_OF_VERDICT[one]}">${one}</span>`)}`;
  return [
    html`<b>${rig.rig}</b><br /><small>${rig.hosts.join(', ')}</small>`,
    ...[now, rigStrip(rig), String(rig.runs), String(rig.withoutVerdict), rig.chip, showMoment(rig.last)],
  ];
}

function movedSection({ moved }: Morning): Html {
  if (moved.length === 0)
    return html`<section>
      <h2>Margins and times</h2>
      <p>nothing moved by more than chance explains</p>
    </section>`;
  const rows = moved.map((one) => {
    const { before, after, change, margin } = movedTexts(one);
    const tone = one.direction === 'worse' ? 'bad' : one.direction === 'better' ? 'good' : 'none';
    return [
      ...[
        html`<span class="tag ${tone}">${one.direction}</span>`,
        one.name,
        one.rig,
        before,
        after,
        change,
        margin,
      ],
      html`<small
        >${one.run.run.slice(0, 8)} against ${one.against.run.slice(0, 8)}, ${one.tests} tests, by chance
        ${one.chance.toExponential(0)}</small
      >`,
    ];
  });
  return html`<section>
    <h2>Margins and times</h2>
    <p>what moved on a rig since the night before, by more than chance explains</p>
    ${table(['', 'rule or time', 'rig', '#median before', '#median now', '#change', 'worst margin', ''], rows)}
  </section>`;
}

function unrunSection({ unrun }: Morning): Html {
  if (unrun.length === 0)
    return html`<section>
      <h2>Not run</h2>
      <p>every test of the night said something</p>
    </section>`;
  const rows = reasonsOf(unrun).map(({ rigs, outcome, reason, tests, example }) => [
    ...[outcome, tests, rigs.join(', ')],
    html`${reason}<br /><small>such as: ${example}</small>`,
  ]);
  return html`<section>
    <h2>Not run</h2>
    <p>what this night says nothing about, and why</p>
    ${table(['', '#tests', 'rig', 'why'], rows)}
  </section>`;
}

function contradictionSection({ contradictions }: Morning): Html {
  if (contradictions.length === 0) return NOTHING;
  const rows = contradictions.map(({ test, run, other }) => [
    ...[test.suite, test.profile, test.title, `${run.run.slice(0, 8)} and ${other.run.slice(0, 8)}`],
  ]);
  return html`<section>
    <h2>Passed, and not the same</h2>
    <p>same seed, commit and rig in simulated time, and yet other frames or other times</p>
    ${table(['suite', 'driver', 'test', 'runs'], rows)}
  </section>`;
}

function runSection({ runs }: Morning): Html {
  const rows = runs.map((run) => [
    html`<code>${run.run.slice(0, 8)}</code>`,
    html`<span class="tag ${TONE_OF_VERDICT[run.verdict]}">${run.verdict}</span>`,
    ...[showMoment(run.started), run.rig, String(run.passed), String(run.failed)],
    html`<code>${run.again}</code>`,
  ]);
  if (rows.length === 0)
    return html`<section>
      <h2>Runs</h2>
      <p>none in this night</p>
    </section>`;
  return html`<section>
    <h2>Runs</h2>
    <p>each with the command that repeats it</p>
    ${table(['run', 'verdict', 'began', 'rig', '#passed', '#failed', 'again'], rows)}
  </section>`;
}
