import { constants } from 'node:fs';
import type { HostFiles } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { instant, ns } from '../../units/index.ts';
import type { AgentAnswer } from '../agent-files.ts';

const MAX_RECORD = 8192;
const MARK = 'h1-hil: the clock of the log';
const NOTHING_MORE = -11;
const OVERWRITTEN = -32;

interface Mark {
  readonly stampNs: number;
  readonly boottimeNs: number;
  /** The truth lies so near. */
  readonly withinNs: number;
}

/**
 * Where the stamps of a device's kernel log lie on its clock: records of our own, each written there between two readings of
 * the clock. A stamp is placed by the last one before it, since the clock of the log stands still while a device sleeps.
 */
export class LogMarks {
  readonly #marks: Mark[] = [];
  #count = 0;
  #reader: number | undefined;

  constructor(
    private readonly files: HostFiles,
    private readonly write: (text: string) => Promise<AgentAnswer>,
  ) {}

  /** @returns false where this user may not write to the log, or it cannot be read */
  async add(): Promise<boolean> {
    this.#reader ??= await this.#open();
    if (this.#reader < 0) return false;
    const text = `${MARK} ${++this.#count}`;
    const { result, body } = await this.write(`<7>${text}\n`);
    if (result < 0 || body.length !== 16) return false;
    const view = Buffer.from(body);
    const [before, after] = [Number(view.readBigUInt64LE(0)), Number(view.readBigUInt64LE(8))];
    const stampNs = await this.#stampOf(this.#reader, text);
    if (stampNs === undefined) return false;
    this.#marks.push({ stampNs, boottimeNs: (before + after) / 2, withinNs: (after - before) / 2 });
    return true;
  }

  /** A moment of the device's clock for a stamp; undefined before the first mark was written. */
  at(stampNs: number): Instant | undefined {
    const mark = this.#marks.findLast((one) => one.stampNs <= stampNs) ?? this.#marks[0];
    return mark && instant(mark.boottimeNs + (stampNs - mark.stampNs));
  }

  /** How far the worst mark may be from the truth. Stamps themselves are whole microseconds. */
  get within(): Duration {
    return ns(Math.max(0, ...this.#marks.map(({ withinNs }) => withinNs)) + 1000);
  }

  async #open(): Promise<number> {
    const reader = await this.files.open('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
    if (reader >= 0) await this.files.toEnd?.(reader);
    return reader;
  }

  async #stampOf(reader: number, text: string): Promise<number | undefined> {
    for (;;) {
      const record = await this.files.read(reader, MAX_RECORD);
      if (record === OVERWRITTEN) continue;
      if (record === NOTHING_MORE || typeof record === 'number') return undefined;
      const line = Buffer.from(record).toString();
      if (!line.includes(text)) continue;
      return Number(/^\d+,\d+,(\d+),/.exec(line)?.[1]) * 1000;
    }
  }
}
