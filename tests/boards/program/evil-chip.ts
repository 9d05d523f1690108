import { createInterface } from 'node:readline';
import { ChipSession } from '../../../src/chip-protocol/index.ts';
import { hertz } from '../../../src/units/index.ts';

/** A chip whose version text has an escape character in the place of each colon. */
const session = new ChipSession({ seed: 7, sck: hertz(1_000_000), engine: 'built-in' });
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(
    session
      .answer(line)
      .map((answer) => `${spoilt(answer)}\n`)
      .join(''),
  );
session.close();

/** An answer with bytes of a version, such as `RW_A:0.5.4`, with its colons replaced. */
function spoilt(answer: string): string {
  const digits = /^ok ((?:[0-9a-f]{2} ?)+)$/.exec(answer)?.[1];
  if (digits === undefined) return answer;
  const bytes = Buffer.from(digits.replaceAll(' ', ''), 'hex');
  if (!/R[OW]_[AB]:/.test(bytes.toString('latin1'))) return answer;
  return `ok ${Buffer.from(bytes.map((byte) => (byte === 0x3a ? 0x1b : byte))).toString('hex')}`;
}
