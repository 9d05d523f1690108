import { UsageError, ns } from '../units/index.ts';
import type { Duration } from '../units/index.ts';

/** A line of the chip protocol that cannot be carried out; the message is the answer's reason. */
export class BadLine extends UsageError {}

/** The most bytes of one frame: the chip takes any number, its client's patience does not. */
const MAX_BYTES = 65_536;
const UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const;
/** Keeps the sum of all steps exact in nanoseconds. */
const MAX_STEP_NS = 86_400e9;

/** `83 d4 0f 00*6`, spaces between bytes as one likes; a count repeats the byte before it. @throws BadLine */
export function parseBytes(words: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  for (const word of words) {
    const [, digits, count] = /^((?:[0-9a-f]{2})+)(?:\*([1-9]\d{0,5}))?$/i.exec(word) ?? [];
    if (digits === undefined)
      throw new BadLine(
        `"${word.slice(0, 40)}" is no byte: write two hexadecimal digits a byte, 00*6 for six of them`,
      );
    const pairs = digits.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
    const times = Number(count ?? 1);
    if (bytes.length + pairs.length + times - 1 > MAX_BYTES)
      throw new BadLine(`one line carries at most ${MAX_BYTES} bytes`);
    bytes.push(...pairs);
    for (let i = 1; i < times; i++) bytes.push(pairs.at(-1)!);
  }
  if (bytes.length === 0) throw new BadLine('there is no byte to clock');
  return Uint8Array.from(bytes);
}

/** `300us`, `1.5 s`. @throws BadLine */
export function parseDuration(words: readonly string[]): Duration {
  const text = words.join('');
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ns|us|ms|s)$/.exec(text) ?? [];
  if (number === undefined)
    throw new BadLine(`"${text.slice(0, 40)}" is no time: write a number and ns, us, ms or s, such as 300us`);
  const count = Number(number) * UNITS[unit as keyof typeof UNITS];
  if (count > MAX_STEP_NS) throw new BadLine('one step is at most 86400s');
  return ns(count);
}

/** Bytes as a line of the protocol has them: `83 d4 0f 00`. */
export const showBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
