import { constants } from 'node:fs';
import type { Clock, HostFiles, KernelSeat } from '../board/index.ts';
import type { LogLine } from '../driver/index.ts';
import { KernelRefused } from './kernel-error.ts';

const MAX_RECORD = 8192;
const EAGAIN = -11;
const EPIPE = -32;

/** The kernel log of a host, as far as it was read: every record since this was opened. */
export class KernelLog {
  readonly records: LogLine[] = [];

  private constructor(
    private readonly files: HostFiles,
    private readonly descriptor: number,
    private readonly logTime: KernelSeat['logTime'],
  ) {}

  /** Opens the log, without the records that are in it already. @throws KernelRefused */
  static async open({ files, logTime }: Pick<KernelSeat, 'files' | 'logTime'>): Promise<KernelLog> {
    const descriptor = await files.open('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
    if (descriptor < 0) throw new KernelRefused('open /dev/kmsg', descriptor);
    const log = new KernelLog(files, descriptor, logTime);
    if (files.toEnd !== undefined) await files.toEnd(descriptor);
    else while ((await log.#next()) !== undefined);
    return log;
  }

  /** Reads the new records. A record gets the present moment where nobody can translate the kernel's stamps. */
  async update(clock: Clock): Promise<void> {
    for (let record = await this.#next(); record !== undefined; record = await this.#next()) {
      const line = parseRecord(record);
      if (line === undefined) continue;
      const { stampNs, ...rest } = line;
      this.records.push({ ...rest, at: this.logTime?.(stampNs) ?? clock.now() });
    }
  }

  async #next(): Promise<string | undefined> {
    for (;;) {
      const record = await this.files.read(this.descriptor, MAX_RECORD);
      if (typeof record !== 'number') return Buffer.from(record).toString();
      if (record === EAGAIN) return undefined;
      // The oldest records were overwritten before they were read. The next read continues after the gap.
      if (record !== EPIPE) throw new KernelRefused('read /dev/kmsg', record);
    }
  }
}

const LEVELS: readonly LogLine['level'][] = [
  'error',
  'error',
  'error',
  'error',
  'warn',
  'info',
  'info',
  'debug',
];

interface Record extends Omit<LogLine, 'at'> {
  readonly stampNs: number;
}

/** `6,339,5140900,-;tpm_tis_spi spi0.0: text`: priority, number, us; continuation lines begin with a space. */
function parseRecord(record: string): Record | undefined {
  const match = /^(\d+),\d+,(\d+),[^;]*;(?:(.*?): )?(.*)$/m.exec(record);
  if (match === null) return undefined;
  return {
    stampNs: Number(match[2]) * 1000,
    level: LEVELS[Number(match[1]) & 7] ?? 'debug',
    device: match[3] ?? 'kernel',
    text: match[4] ?? '',
  };
}
