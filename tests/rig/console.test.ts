import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from '@playwright/test';
import { SimBoard } from '../../src/boards/sim/index.ts';
import type { ConsoleLine } from '../../src/rig/index.ts';
import { openSimulatedConsole, RigConsole } from '../../src/rig/console/index.ts';
import { instant, ms } from '../../src/units/index.ts';
import { run, Workplace } from '../cli/h1-hil.ts';
import { skippedWithoutSerialPort } from '../programs.ts';

/** A console on a stream, and what it told. */
function onStream() {
  const stream = new PassThrough();
  const lines: ConsoleLine[] = [];
  const console = new RigConsole({ stream, close: async () => undefined }, () => instant(7));
  console.observe((line) => lines.push(line));
  return { stream, lines };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('lines are told whole, however they arrive, and without their ends', async () => {
  const { stream, lines } = onStream();
  stream.write('[0.1 ho');
  stream.write('w]\r\nnext\n');
  await turn();
  expect(lines).toEqual([
    { at: 7, text: '[0.1 how]', isGap: false },
    { at: 7, text: 'next', isGap: false },
  ]);
});

test('bytes that cannot be read are a gap, and the next line is whole', async () => {
  const { stream, lines } = onStream();
  stream.write(Uint8Array.of(0xff, 0x80, 0x0a, 0x6f, 0x6b, 0x0a));
  await turn();
  expect(lines.map(({ isGap }) => isGap)).toEqual([true, false]);
  expect(lines[1]?.text).toBe('ok');
});

test('a line that does not end is a gap, not memory without limit', async () => {
  const { stream, lines } = onStream();
  stream.write('x'.repeat(400));
  await turn();
  expect(lines).toEqual([{ at: 7, text: '400 bytes without the end of a line', isGap: true }]);
});

test('a port that goes is one gap and no failure', async () => {
  const { stream, lines } = onStream();
  stream.destroy(new Error('unplugged'));
  await turn();
  expect(lines).toEqual([{ at: 7, text: 'the console’s port is gone', isGap: true }]);
});

test.describe('over a pseudo-terminal', () => {
  const skipped = skippedWithoutSerialPort();
  test.skip(skipped !== undefined, skipped);

  test('the simulated console is heard over a pseudo-terminal, stamped with the virtual time of each line', async () => {
    const board = new SimBoard({ seed: 1, firmware: '0.5.4' });
    const { console, settle, close } = await openSimulatedConsole(board);
    const lines: ConsoleLine[] = [];
    console.observe((line) => lines.push(line));
    await board.clock.sleep(ms(3));
    await board.power!.on();
    await board.clock.sleep(ms(100));
    await board.reset!.deassert();
    await board.clock.sleep(ms(1000));
    await settle();
    await close();
    await board.close();
    expect(lines).toEqual([
      { at: ms(3), text: '--- simulated H1, Cr50 0.5.4: power-on ---', isGap: false },
      { at: ms(103), text: '[simulated H1: TPM_RST_L deasserted]', isGap: false },
    ]);
  });

  test('the trace of a failed test has the lines of the console', async () => {
    test.setTimeout(90_000);
    const place = new Workplace();
    try {
      place.write('bench.yaml', 'description: A bench\nboard:\n  kind: sim\n  console: simulated\n');
      const { code } = await run(place.suites('mixed'));
      expect(code).toBe(1);
      const traces = filesIn(place.report).filter((file) =>
        readFileSync(file, 'latin1').includes('console: ---'),
      );
      expect(traces.length).toBeGreaterThan(0);
    } finally {
      place.remove();
    }
  });
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
