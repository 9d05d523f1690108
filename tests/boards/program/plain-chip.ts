import { createInterface } from 'node:readline';
import { ChipSession } from '../../../src/chip-protocol/index.ts';
import { hertz } from '../../../src/units/index.ts';

/** A chip that knows the lines that the protocol demands, and no optional line. */
const session = new ChipSession({ seed: 7, sck: hertz(1_000_000), engine: 'built-in' });
const LEFT_OUT = ['horizon', 'renew', 'asleep', 'counters', 'about'];
for await (const line of createInterface({ input: process.stdin })) {
  const answer = LEFT_OUT.includes(line.split(' ')[0]!) ? ['error not here'] : session.answer(line);
  process.stdout.write(answer.map((one) => `${one}\n`).join(''));
}
session.close();
