import type { TraceEvent, TraceSource } from '../../src/trace/index.ts';
import type { Instant } from '../../src/units/index.ts';
import { instant } from '../../src/units/index.ts';

/** Every field of an event can be changed here: a mutation is one edge or one byte. */
type Mutable<T> = T extends unknown ? { -readonly [K in keyof T]: T[K] } : never;
export type Event = Mutable<TraceEvent>;
export type FrameEvent = Extract<Event, { kind: 'frame' }>;

const us = (count: number): Instant => instant(count * 1000);

const endOf = (event: Event): number => ('rise' in event ? event.rise : 'to' in event ? event.to : event.at);

/** The events as a trace. */
export function sourceOf(events: readonly Event[]): TraceSource {
  const order = [...events].sort((a, b) => endOf(a) - endOf(b));
  return {
    dropped: 0,
    replay: (sink) => {
      for (const event of order)
        switch (event.kind) {
          case 'frame':
            sink.frame(event);
            break;
          case 'select':
            sink.select(event.fall, event.rise);
            break;
          case 'edge':
            sink.edge(event.line, event.isAsserted, event.at);
            break;
          case 'power':
            sink.power(event.isOn, event.at);
            break;
          case 'failure':
            sink.failure(event.from, event.to, event.text);
            break;
          case 'log':
            sink.log(event.level, event.text, event.at);
            break;
          case 'mark':
            sink.mark(event.text, event.at);
            break;
        }
    },
  };
}

class TraceMaker {
  readonly events: Event[] = [];
  /** In microseconds. */
  now = 0;

  constructor(private readonly options: { readonly pulses: boolean; readonly gapUs: number }) {}

  at(us_: number): this {
    this.now = us_;
    return this;
  }

  add(event: Event): this {
    this.events.push(event);
    return this;
  }

  /** CS low for 150 us, the pulse 40 us later and 9 us wide, the next frame after the gap. [CHIP 8] [CHIP 3] */
  frame(mosi: readonly number[], miso: readonly number[], polled: number): this {
    const fall = us(this.now);
    const rise = us(this.now + 150);
    this.add({
      kind: 'frame',
      fall,
      rise,
      sent: Uint8Array.from(mosi),
      received: Uint8Array.from(miso),
      pollAt: 4,
      polled,
      elided: 0,
      ending: 'complete',
    });
    if (this.options.pulses) {
      this.add({ kind: 'edge', line: 'INT_AP_L', isAsserted: true, at: us(this.now + 190) });
      this.add({ kind: 'edge', line: 'INT_AP_L', isAsserted: false, at: us(this.now + 199) });
    }
    return this.at(this.now + 150 + this.options.gapUs);
  }

  read(register: number, ...data: number[]): this {
    const header = [0x80 | (data.length - 1), 0xd4, register >> 8, register & 0xff];
    return this.frame([...header, 0, 0, ...data.map(() => 0)], [0, 0, 0, 0, 0, 1, ...data], 2);
  }

  write(register: number, ...data: number[]): this {
    const header = [data.length - 1, 0xd4, register >> 8, register & 0xff];
    return this.frame([...header, 0, 0, ...data], [0, 0, 0, 0, 0, 1, ...data.map(() => 1)], 2);
  }

  wake(): this {
    this.add({ kind: 'select', fall: us(this.now), rise: us(this.now + 1000) });
    return this.at(this.now + 3000);
  }
}

const STS = 0x18;
const FIFO = 0x24;

/**
 * A host that does everything right: power, reset, locality, a command whose bytes come in two bursts, a response in
 * one, a sleep with a wake pulse, and a slow command. Bytes as in [CHIP 10.2].
 */
export function goodTrace(options: { readonly pulses: boolean; readonly gapUs: number }): Event[] {
  const maker = new TraceMaker(options);
  maker
    .add({ kind: 'power', isOn: false, at: us(0) })
    .add({ kind: 'edge', line: 'TPM_RST_L', isAsserted: false, at: us(0) })
    .add({ kind: 'power', isOn: true, at: us(10) })
    .add({ kind: 'edge', line: 'TPM_RST_L', isAsserted: true, at: us(20) })
    .add({ kind: 'edge', line: 'TPM_RST_L', isAsserted: false, at: us(2020) })
    .at(2_000_000)
    // The first frame after a TPM reset is answered with FF. [CHIP 1.3]
    .frame([0x83, 0xd4, 0x0f, 0, 0, 0, 0, 0, 0], [...Array<number>(8).fill(0xff), 1], 1)
    .read(0x0f00, 0xe0, 0x1a, 0x28, 0x00)
    .write(0x0000, 0x02)
    .read(0x0000, 0xa0)
    .read(STS, 0x80, 0x3f, 0x00, 0x04)
    .write(STS, 0x40)
    .read(STS, 0xc0, 0x3f, 0x00, 0x04)
    .write(FIFO, 0x80, 0x01, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x45, 0x00)
    .read(STS, 0xc8)
    .write(FIFO, 0x00)
    .read(STS, 0xc0)
    .write(STS, 0x20)
    .read(STS, 0xc0)
    .read(STS, 0xd0, 0x0a, 0x00, 0x04)
    .read(FIFO, 0x80, 0x01, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00)
    .read(STS, 0x80)
    .write(STS, 0x40)
    .add({ kind: 'mark', text: 'suspended', at: us(maker.now + 1000) })
    .add({ kind: 'mark', text: 'resumed', at: us(maker.now + 2_000_000) })
    .at(maker.now + 2_100_000)
    .wake()
    .read(STS, 0x80, 0x3f, 0x00, 0x04)
    .write(STS, 0x40)
    .write(FIFO, 0x80, 0x01, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x01, 0x7e)
    .write(STS, 0x20)
    .at(maker.now + 800_000)
    .read(STS, 0xc0)
    .at(maker.now + 100_000)
    .read(STS, 0xd0)
    .read(FIFO, 0x80, 0x01, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x01, 0x42)
    .write(STS, 0x40)
    .write(0x0000, 0x20);
  return maker.events;
}
