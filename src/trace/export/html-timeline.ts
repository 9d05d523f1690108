import { readFileSync } from 'node:fs';
import type { Instant } from '../../units/index.ts';
import { inMs, inUs, showDuration } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { hexOf, meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { EndingSink } from '../events.ts';
import type { Violation } from '../rules/judgement.ts';
import type { TraceSource } from '../source.ts';
import { withoutEnd } from '../tee.ts';

/** Lanes of the page, top to bottom. */
const LANES = [
  'steps',
  'breaches',
  'commands',
  'frames',
  'INT_AP_L',
  'power and reset',
  'log',
  'console',
] as const;
type Lane = (typeof LANES)[number];

/** Maximum number of items on a page. With more, a page is slow to open. */
const MAX_ITEMS = 60_000;
/** Maximum number of bytes that are shown of a frame, and of characters that are shown of a text. */
const MAX_BYTES = 80;
const MAX_TEXT = 400;

/** Bytes of a frame in hex, at most 80; how many there are, and where the data begin. */
type FrameBytes = readonly [sent: string, received: string, count: number, dataAt: number];
/**
 * A bar or, when it has no length, a moment: its lane, its begin and length in us, its label, and what pointing shows;
 * of a frame its bytes as well.
 */
type Item = readonly [
  lane: number,
  from: number,
  length: number,
  label: string,
  details: string,
  bytes?: FrameBytes,
];

/** What a page says beside the trace. */
export interface HtmlOptions {
  readonly title?: string;
  /** Marked where they happened. */
  readonly violations?: readonly Violation[];
  readonly dropped?: number;
}

/**
 * A trace as one page that needs nothing else: frames, pulses, commands, steps, log and console on one time axis, which
 * the wheel zooms and the mouse drags. Given to `write` at the end.
 */
export class HtmlTimeline implements EndingSink {
  readonly #items: Item[] = [];
  readonly #decoder: TraceDecoder;
  readonly #sink: EndingSink;
  #leftOut = 0;

  constructor(
    private readonly write: (html: string) => void,
    private readonly options: HtmlOptions = {},
  ) {
    this.#decoder = new TraceDecoder(this.#listener());
    this.#sink = withoutEnd(this.#decoder);
    for (const violation of options.violations ?? []) this.breach(violation);
  }

  frame(...event: Parameters<EndingSink['frame']>): void {
    this.#sink.frame(...event);
  }

  select(...event: Parameters<EndingSink['select']>): void {
    this.#sink.select(...event);
  }

  edge(...event: Parameters<EndingSink['edge']>): void {
    this.#sink.edge(...event);
  }

  power(...event: Parameters<EndingSink['power']>): void {
    this.#sink.power(...event);
  }

  failure(...event: Parameters<EndingSink['failure']>): void {
    this.#sink.failure(...event);
  }

  log(...event: Parameters<EndingSink['log']>): void {
    this.#sink.log(...event);
  }

  mark(...event: Parameters<EndingSink['mark']>): void {
    this.#sink.mark(...event);
  }

  breach({ rule, at, seen, allowed }: Violation): void {
    this.#moment(
      'breaches',
      at,
      rule.id,
      `${rule.title}\n${seen} was seen; allowed: ${allowed}. ${rule.source}`,
    );
  }

  end(): void {
    this.#decoder.end();
    this.write(page(this.options.title ?? 'Trace', this.#items, this.#note()));
  }

  #note(): string {
    const dropped = this.options.dropped ?? 0;
    return [
      ...(dropped > 0 ? [`${dropped} earlier events were overwritten`] : []),
      ...(this.#leftOut > 0 ? [`${this.#leftOut} later things are left out`] : []),
    ].join('; ');
  }

  #listener(): TraceListener {
    return {
      access: (access) => {
        const name = access.length < 4 ? 'no header' : `${access.direction} ${registerName(access.address)}`;
        const data = hexOf(access.data.subarray(0, MAX_BYTES));
        const details = [
          `#${access.index} ${name}`,
          data,
          meaningOf(access),
          `${access.waitBytes} wait bytes`,
          `sent ${hexOf(access.sent.subarray(0, MAX_BYTES))}`,
          `received ${hexOf(access.received.subarray(0, MAX_BYTES))}`,
        ];
        const span = [access.fall, access.rise] as const;
        this.#bar('frames', span, `${name} ${data}`, details.join('\n'), bytesOf(access));
        if (access.pulses > 0)
          this.#bar(
            'INT_AP_L',
            [access.pulseFrom, access.pulseTo],
            'pulse',
            `ready pulse, ${showDuration(access.pulseDelay)} behind the frame`,
          );
      },
      command: (exchange) => {
        const { command, response } = exchange;
        const details = [
          `>> ${exchange.describe()}, ${command.length} bytes`,
          `<< ${exchange.describeResponse()}, ${response.length} bytes`,
          hexOf(command.subarray(0, MAX_BYTES)),
          hexOf(response.subarray(0, MAX_BYTES)),
        ];
        this.#bar('commands', [exchange.begun, exchange.ended], exchange.describe(), details.join('\n'));
      },
      select: (fall, rise) => {
        this.#bar('frames', [fall, rise], 'no clock', 'CS asserted without a clock');
      },
      strayPulse: (from) => {
        this.#moment('INT_AP_L', from, 'stray', 'INT_AP_L asserted, and no frame waits for it');
      },
      reset: (isAsserted, at) => {
        const text = `TPM_RST_L ${isAsserted ? 'asserted' : 'deasserted'}`;
        this.#moment('power and reset', at, text, text);
      },
      power: (isOn, at) => {
        this.#moment('power and reset', at, `power ${isOn ? 'on' : 'off'}`, `power ${isOn ? 'on' : 'off'}`);
      },
      failure: (from, to, text) => {
        this.#bar('frames', [from, to], text, text);
      },
      log: (level, text, at) => {
        this.#moment('log', at, text, `${level}: ${text}`);
      },
      mark: (text, at) => {
        this.#moment(/^console(, gap)?: /.test(text) ? 'console' : 'steps', at, text, text);
      },
    };
  }

  #moment(lane: Lane, at: Instant, label: string, details: string): void {
    this.#bar(lane, [at, at], label, details);
  }

  #bar(
    lane: Lane,
    [from, to]: readonly [Instant, Instant],
    label: string,
    details: string,
    bytes?: FrameBytes,
  ): void {
    if (this.#items.length >= MAX_ITEMS) {
      this.#leftOut++;
      return;
    }
    const length = Number.isNaN(to) ? 0 : to - from;
    const stamp = `${inMs(from as never).toFixed(4)} ms${length > 0 ? `, ${showDuration(length as never)}` : ''}`;
    const item = [
      LANES.indexOf(lane),
      inUs(from as never),
      inUs(length as never),
      label.slice(0, MAX_TEXT),
      `${stamp}\n${details.slice(0, 4 * MAX_TEXT)}`,
    ] as const;
    this.#items.push(bytes === undefined ? item : [...item, bytes]);
  }
}

/** The same of a whole trace. */
export function renderHtml(source: TraceSource, options: HtmlOptions = {}): string {
  const parts: string[] = [];
  const sink = new HtmlTimeline((html) => parts.push(html), { ...options, dropped: source.dropped });
  source.replay(sink);
  sink.end();
  return parts.join('');
}

const hexText = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, MAX_BYTES)).toString('hex');

const bytesOf = ({ sent, received, length, dataAt }: Access): FrameBytes => [
  hexText(sent),
  hexText(received),
  length,
  Math.min(dataAt, length),
];

/** As JSON that cannot end the script it stands in. */
const embedded = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]!);

/** What the page does in a browser: plain JavaScript, beside this file. */
const script = (): string => readFileSync(new URL('./html-timeline-page.js', import.meta.url), 'utf8');

function page(title: string, items: readonly Item[], note: string): string {
  const ordered = [...items].sort((a, b) => a[1] - b[1]);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
body { margin: 0; font: 12px/1.4 'DejaVu Sans Mono', Menlo, Consolas, monospace; color: #202124; background: #fff; }
header { padding: 8px 12px; }
h1 { font-size: 14px; margin: 0; }
p { margin: 6px 0 0; color: #5f6368; }
b { color: #202124; margin-left: 1em; }
i { font-style: normal; color: #202124; padding: 0 4px; }
.header { background: #cfe2f3; } .wait { background: #eceff1; } .ready { background: #b7e1cd; } .data { background: #fff2cc; }
button { font: inherit; padding: 1px 8px; }
canvas { display: block; width: 100%; cursor: grab; }
#details { white-space: pre-wrap; overflow-wrap: anywhere; padding: 8px 12px; min-height: 9em; border-top: 1px solid #b0b6bb; }
</style>
<header><h1>${escaped(title)}</h1>
<p><button value="all">All</button> <button value="out">&minus;</button> <button value="in">+</button>
<button value="left">&larr;</button> <button value="right">&rarr;</button>
<button value="previous">Previous</button> <button value="next">Next</button> <b id="window"></b></p>
<p>Wheel: zoom. Drag: move. Keys: arrows, + and -, n and p for next and previous, 0 for all. Bytes, MOSI above MISO, are spread
evenly over their frame: <i class="header">header</i> <i class="wait">wait</i> <i class="ready">ready</i> <i class="data">data</i>.
${escaped(note)}</p></header>
<canvas id="timeline" tabindex="0" aria-label="timeline"></canvas>
<div id="details">Point at something to read what it is.</div>
<script>
const LANES = ${embedded(LANES)};
const ITEMS = ${embedded(ordered)};
${script()}
</script>
</html>
`;
}
