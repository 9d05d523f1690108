import { Readable } from 'node:stream';
import { expect, test } from '@playwright/test';
import { linesOf, TOO_LONG } from '../../src/cli/lines.ts';

async function read(chunks: readonly (string | Uint8Array)[], most: number): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of linesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), most))
    lines.push(line);
  return lines;
}

test('lines come whole, however the bytes are cut', async () => {
  const text = 'frame 83\r\n\nadvance 5 µs\nlast';
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut++)
    expect(await read([bytes.subarray(0, cut), bytes.subarray(cut)], 100)).toEqual([
      'frame 83',
      '',
      'advance 5 µs',
      'last',
    ]);
});

test('a line of the most characters is one, a longer one is told once, and the next is read', async () => {
  expect(await read(['abcd\nabcde\nab', 'cde', 'f\nabc'], 4)).toEqual(['abcd', TOO_LONG, TOO_LONG, 'abc']);
});

test('a line of 400 MB is dropped while it comes', async () => {
  const chunk = Buffer.alloc(1_000_000, 'a');
  const input = Readable.from(
    (function* () {
      for (let i = 0; i < 400; i++) yield chunk;
      yield Buffer.from('\nready\n');
    })(),
  );
  const before = process.memoryUsage().rss;
  const lines: unknown[] = [];
  for await (const line of linesOf(input, 1000)) lines.push(line);
  expect(lines).toEqual([TOO_LONG, 'ready']);
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
});
