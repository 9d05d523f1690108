import type { RigState, TrendNight } from '../../src/history/index.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

const WIDTH = 1000;
const HEIGHT = 150;
/** Below the bars stand the dates. */
const FOOT = 22;
/** Above them the number of the highest. */
const HEAD = 16;

/** A bar a night: failures that were seen, and those of them that were new. Nights without a run have a ring. */
export function trendChart(trend: readonly TrendNight[]): Html {
  const most = Math.max(1, ...trend.map(({ failures }) => failures));
  const step = WIDTH / trend.length;
  const scale = (HEIGHT - FOOT - HEAD) / most;
  const base = HEIGHT - FOOT;
  const bars = trend.map((one, at) => bar(one, { left: at * step, step, scale, base }));
  const dates = trend.flatMap(({ night }, at) =>
    at % 5 === (trend.length - 1) % 5
      ? [
          html`<text x="${((at + 0.5) * step).toFixed(1)}" y="${HEIGHT - 5}" text-anchor="middle"
            >${night.slice(5)}</text
          >`,
        ]
      : [],
  );
  const label = `Failures in each of ${trend.length} nights, at most ${most}`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
    <line x1="0" x2="${WIDTH}" y1="${base}" y2="${base}" stroke="var(--line)" />
    ${bars}${dates}
  </svg>`;
}

interface Place {
  readonly left: number;
  readonly step: number;
  readonly scale: number;
  readonly base: number;
}

function bar(one: TrendNight, { left, step, scale, base }: Place): Html {
  const { night, runs, passed, failed, silent, failures, fresh } = one;
  const title = `${night}: ${runs} runs, ${passed} passed, ${failed} failed, ${silent} skipped or not run; ${failures} failures, ${fresh} of them new`;
  const middle = (left + step / 2).toFixed(1);
  if (runs === 0)
    return html`<g
      ><title>${night}: no run</title
      ><circle cx="${middle}" cy="${base - 6}" r="3.5" fill="none" stroke="var(--mute)"
    /></g>`;
  if (failures === 0)
    return html`<g
      ><title>${title}</title><circle cx="${middle}" cy="${base - 6}" r="3.5" fill="var(--good)"
    /></g>`;
  const [x, width] = [(left + step * 0.18).toFixed(1), (step * 0.64).toFixed(1)];
  const [old, now] = [(failures - fresh) * scale, fresh * scale];
  const rect = (top: number, height: number, color: string): Html =>
    html`<rect
      x="${x}"
      width="${width}"
      y="${top.toFixed(1)}"
      height="${height.toFixed(1)}"
      rx="2"
      fill="var(--${color})"
    />`;
  return html`<g
    ><title>${title}</title>${rect(base - old, old, 'mute')}${rect(base - old - now, now, 'bad')}
    <text x="${middle}" y="${(base - old - now - 4).toFixed(1)}" text-anchor="middle">${failures}</text></g
  >`;
}

const COLOR = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'warn',
  'no verdict': 'warn',
  interrupted: 'mute',
} as const;
const CELL = 6;

/** The verdicts of a rig, a mark a night; a night without a run is empty. */
export function rigStrip({ verdicts, rig }: RigState): Html {
  const width = verdicts.length * CELL;
  const marks = verdicts.flatMap((verdict, at) =>
    verdict === null
      ? []
      : [
          html`<rect
            x="${at * CELL}"
            y="${verdict === 'pass' ? 7 : 1}"
            width="${CELL - 1.5}"
            height="${verdict === 'pass' ? 7 : 13}"
            rx="1"
            fill="var(--${COLOR[verdict]})"
            ><title>${verdict}</title></rect
          >`,
        ],
  );
  return html`<svg
    class="strip"
    viewBox="0 0 ${width} 16"
    role="img"
    aria-label="Verdicts of rig ${rig}, night by night"
  >
    <line x1="0" x2="${width}" y1="15" y2="15" stroke="var(--line)" />
    ${marks}
  </svg>`;
}
