import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { strToU8, zipSync } from 'fflate';
import { run, Workplace } from './h1-hil.ts';

// No control character of a file reaches a terminal, whatever tells of it.

test.describe.configure({ timeout: 120_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const EVIL = '\u001b]0;owned\u0007\u009b2J';
const json = (...events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

const FILES: readonly { readonly what: string; readonly name: string; readonly text: string }[] = [
  {
    what: 'a mark and a log of a trace',
    name: 'a.jsonl',
    text: json({ kind: 'mark', text: EVIL, at: 1 }, { kind: 'log', text: EVIL, at: 2 }),
  },
  { what: 'a kind of event that does not exist', name: 'a.jsonl', text: json({ kind: EVIL, at: 1 }) },
  {
    what: 'a channel of a VCD',
    name: 'a.vcd',
    text: `$timescale 1 ns $end\n$var wire 1 ! ${EVIL} $end\n$enddefinitions $end\n#0\n0!\n#9\n1!\n`,
  },
  { what: 'a channel of a CSV', name: 'a.csv', text: `Time [s],${EVIL},b\n0,1,0\n1,0,1\n` },
  { what: 'a rate of a file of nobody knows what', name: EVIL.replaceAll('/', ''), text: EVIL },
];

for (const { what, name, text } of FILES)
  test(`decode tells of ${what} without its control characters`, async () => {
    const { stdout, stderr } = await run(['decode', place.write(name, text)]);
    expect(stdout + stderr).not.toMatch(CONTROL);
    expect(stdout + stderr).not.toBe('');
  });

test("the driver's log tells a chip's version without its control characters", async () => {
  const chip = fileURLToPath(new URL('../boards/program/evil-chip.ts', import.meta.url));
  const command = JSON.stringify([process.execPath, '--import', 'tsx', chip]);
  const rig = place.write(
    'evil.yaml',
    `description: an evil chip\nboard:\n  kind: program\n  command: ${command}\n`,
  );
  const { stderr } = await run(['tpm', '--log', '--rig', rig]);
  expect(stderr).toMatch(/RW_[AB].+0\.5\./);
  expect(stderr).not.toMatch(CONTROL);
});

test('a capture of half a million frames is told in a small heap', async () => {
  const file = place.write('short.sr', sessionOf(500_000));
  const { code, lines, stderr } = await decodeWithin(96, file);
  expect([code, stderr]).toEqual([0, '']);
  expect(lines).toBeGreaterThan(500_000);
});

/**
 * A sigrok session with `frames` frames of one byte. Bits 0 to 3 of a sample are CS, SCK, MOSI and MISO. The bytes of MOSI differ
 * from frame to frame, so that no line of the text stands for many.
 */
function sessionOf(frames: number): Uint8Array {
  const size = 18;
  const samples = new Uint8Array(frames * size);
  for (let frame = 0; frame < frames; frame++) {
    samples[frame * size] = 1;
    for (let half = 0; half < 16; half++) {
      const mosi = (frame >> (7 - (half >> 1))) & 1;
      samples[frame * size + 1 + half] = (mosi << 2) | ((half & 1) << 1);
    }
  }
  const metadata = [
    ...['[global]', 'sigrok version=0.5.2', '', '[device 1]', 'capturefile=logic-1', 'total probes=4'],
    ...[
      'samplerate=24 MHz',
      'total analog=0',
      'probe1=CS',
      'probe2=CLK',
      'probe3=MOSI',
      'probe4=MISO',
      'unitsize=1',
      '',
    ],
  ].join('\n');
  return zipSync({
    version: strToU8('2'),
    metadata: strToU8(metadata),
    'logic-1-1': [samples, { level: 6 }],
  });
}

/** Runs `h1-hil decode` in a heap of `heapMib` MiB, and counts the lines that it prints. */
async function decodeWithin(
  heapMib: number,
  file: string,
): Promise<{ readonly code: number; readonly lines: number; readonly stderr: string }> {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heapMib}`, 'src/cli/start.js', 'decode', file],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [lines, stderr] = [0, ''];
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, lines, stderr };
}
