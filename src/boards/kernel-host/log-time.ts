import { constants } from 'node:fs';
import type { Clock, HostFiles, KernelSeat } from '../../board/index.ts';
import { earlier, later, ns } from '../../units/index.ts';

const MAX_RECORD = 8192;
const MARK = 'h1-hil: the clock of the log';

/**
 * Where the stamps of the kernel log lie on a board's clock: a record of our own is written, and its stamp read back.
 * Good to the time that the write takes; undefined when this user may not write to the log.
 */
export async function logTimeOf(files: HostFiles, clock: Clock): Promise<KernelSeat['logTime']> {
  const log = await files.open('/dev/kmsg', constants.O_RDWR | constants.O_NONBLOCK);
  if (log < 0) return undefined;
  try {
    const text = `${MARK} ${clock.now()}`;
    const before = clock.now();
    if ((await files.write(log, Buffer.from(`<7>${text}\n`))) < 0) return undefined;
    const written = later(before, ns((clock.now() - before) / 2));
    for (;;) {
      const record = await files.read(log, MAX_RECORD);
      if (typeof record === 'number') return undefined;
      const line = Buffer.from(record).toString();
      if (!line.includes(text)) continue;
      const stampNs = Number(/^\d+,\d+,(\d+),/.exec(line)?.[1]) * 1000;
      const origin = earlier(written, ns(stampNs));
      return (otherNs) => later(origin, ns(otherNs));
    }
  } finally {
    await files.close(log);
  }
}
