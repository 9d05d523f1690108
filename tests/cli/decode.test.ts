import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { zipSync } from 'fflate';
import { renderVcd, RULES } from '../../src/trace/index.ts';
import { hertz } from '../../src/units/index.ts';
import { writeInput } from '../trace/field-cases/cases.ts';
import { goodTrace, sourceOf } from '../trace/good-trace.ts';
import { run, Workplace } from './h1-hil.ts';

// Each command is a process of its own, and a test may need several.
test.describe.configure({ timeout: 120_000 });

let place: Workplace;
let capture = '';
test.beforeEach(() => {
  place = new Workplace();
  capture = place.write(
    'small.vcd',
    renderVcd(sourceOf(goodTrace({ pulses: true, gapUs: 300 })), { sck: hertz(1_000_000) }),
  );
});
test.afterEach(() => {
  place.remove();
});

test('a capture is decoded to frames and commands, as text and as JSON Lines', async () => {
  const text = await run(['decode', capture]);
  expect(text.stdout).toMatch(/^\d+ frames, \d+ empty CS assertions, \d+ commands; /);
  expect(text.stdout).toContain('TPM_STS');
  expect(text.code).toBe(0);
  const json = await run(['decode', capture, '--json']);
  const kinds = new Set(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind),
  );
  expect([...kinds]).toEqual(expect.arrayContaining(['trace', 'frame', 'access', 'command']));
});

test('--commands leaves out the frames', async () => {
  const { stdout } = await run(['decode', capture, '--commands']);
  expect(stdout).toContain('>> TPM2_');
  expect(stdout).not.toContain('TPM_STS');
});

test('a capture that keeps the rules ends with 0, one that breaks a rule with 1 and the place', async () => {
  const good = await run(['decode', capture, '--rules', 'cs-edges', 'burst-count']);
  expect(good.stdout).toMatch(
    /^cs-edges +exactly 2 +kept \d+ times\nburst-count +1 to 63 +kept \d+ times\n\n0 of 2 rules broken, 2 kept, 0 not judged, 0 without an occasion\.\n$/,
  );
  expect(good.code).toBe(0);
  const slow = place.write(
    'slow.vcd',
    renderVcd(sourceOf(goodTrace({ pulses: true, gapUs: 2_000_000 })), { sck: hertz(1_000_000) }),
  );
  const bad = await run(['decode', slow, '--rules', 'wake-after-idle']);
  expect(bad.stdout).toMatch(/wake-after-idle +at most 1000 ms +BROKEN \d+ of \d+ times/);
  expect(bad.stdout).toMatch(/\d+\.\d{3} ms {2}wake-after-idle: .* was seen; allowed: /);
  expect(bad.code).toBe(1);
});

for (const { ending, begins } of [
  { ending: 'txt', begins: /^\d+ frames/ },
  { ending: 'vcd', begins: /^\$/ },
  { ending: 'jsonl', begins: /^\{"kind":"trace"/ },
  { ending: 'json', begins: /^\{/ },
  { ending: 'svg', begins: /^<svg/ },
  { ending: 'html', begins: /^<!doctype html>/ },
  { ending: 'pcapng', begins: /^\n\r\r\n/ },
])
  test(`--export writes .${ending}`, async () => {
    const file = join(place.folder, `out.${ending}`);
    const { code, stdout } = await run(['decode', capture, '--export', file, '--to', '3000']);
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(file, 'latin1')).toMatch(begins);
  });

test('a file behind --rules is the capture, and without one it is said what is missing', async () => {
  const [before, behind] = [
    await run(['decode', capture, '--rules']),
    await run(['decode', '--rules', capture]),
  ];
  expect(behind.stdout).toBe(before.stdout);
  expect((await run(['decode', '--rules', 'cs-edges', capture])).stdout).toMatch(/^cs-edges/);
  const none = await run(['decode', '--rules', 'cs-edges']);
  expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/decode takes the file of a capture/)]);
});

test('--export writes one page to zoom, with its breaches when it is judged', async () => {
  const slow = place.write(
    'slow.vcd',
    renderVcd(sourceOf(goodTrace({ pulses: true, gapUs: 2_000_000 })), { sck: hertz(1_000_000) }),
  );
  const file = join(place.folder, 'out.html');
  const { code } = await run(['decode', slow, '--rules', 'wake-after-idle', '--export', file]);
  expect(code).toBe(1);
  const html = readFileSync(file, 'utf8');
  expect(html).toMatch(/^<!doctype html>/);
  expect(html).toContain('"wake-after-idle"');
});

test('--measure gives count, least, median, most, limit, margin and the worst moment', async () => {
  const { stdout, code } = await run(['decode', capture, '--measure']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ +count +least +median +most +limit +margin +worst at ms\n/);
  // The good trace has 26 pulses, each 40 us behind its frame and 9 us wide, and commands that take 0.75 and 900.75 ms.
  expect(stdout).toMatch(/^pulse-width +26 +9 us +9 us +9 us +4 to 16 or 100 to 250 us +5 us +2000\.1900$/m);
  expect(stdout).toMatch(/^pulse delay +26 +40 us +40 us +40 us +- +- +2000\.1900$/m);
  expect(stdout).toMatch(/^command latency +2 +750 us +450\.75 ms +900\.75 ms +- +- +\d+\.\d{4}$/m);
  const json = await run(['decode', capture, '--measure', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    rules: { 'pulse-width': { unit: 'us', count: 26, least: 9, median: 9, most: 9, margin: 5 } },
    kinds: { 'command latency': { count: 2, least: 750_000 } },
  });
});

test('a mistake in the set-up is named, nothing is judged and that is no pass, and --fix mends it', async () => {
  const inverted = writeInput(place.folder, '07-bad-wiring-decoded-in-silence/cs-inverted.vcd');
  const text = await run(['decode', inverted]);
  expect(text.stdout).toMatch(/^!! Set-up: .* CS is inverted: .* Try --invert cs, or --fix\.\n0 frames/);
  const judged = await run(['decode', inverted, '--rules']);
  expect(judged.stdout).toContain('Nothing was judged: this is no pass.');
  expect(judged.code).toBe(4);
  const json = await run(['decode', inverted, '--json']);
  expect(json.stdout).toContain('"option":"--invert cs"');
  const stated = await run(['decode', inverted, '--rules', '--invert', 'cs']);
  expect([stated.code, stated.stdout]).toEqual([
    0,
    expect.stringContaining(`0 of ${RULES.length} rules broken`),
  ]);
  const fixed = await run(['decode', inverted, '--rules', '--fix']);
  expect([fixed.code, fixed.stdout]).toEqual([0, stated.stdout]);
  expect(fixed.stderr).toMatch(/^Fixed: .* It is read with --invert cs\.\n$/);
});

test('text, commands and pictures count time alike, and a window in which nothing lies is refused', async () => {
  const trace = writeInput(place.folder, '06-four-wires-no-irq-channel/six-channels.vcd');
  const timeOf = (text: string) => /^ +([\d.]+) .*>> TPM2_GetRandom/m.exec(text)?.[1];
  const [full, commands] = [await run(['decode', trace]), await run(['decode', trace, '--commands'])];
  expect(timeOf(full.stdout)).toBe('1.3990');
  expect(timeOf(commands.stdout)).toBe('1.3990');
  const svg = join(place.folder, 'random.svg');
  await run(['decode', trace, '--export', svg, '--from', '1.399', '--to', '1.4']);
  expect(readFileSync(svg, 'utf8')).toContain('write TPM_DATA_FIFO');
  const inMs = readFileSync(svg, 'utf8');
  await run(['decode', trace, '--export', svg, '--from', '1399us', '--to', '0.0014s']);
  expect(readFileSync(svg, 'utf8')).toBe(inMs);
  for (const time of ['5 h', '']) {
    const { code, stderr } = await run(['decode', trace, '--export', svg, `--from=${time}`]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--from takes a time') });
  }
  const empty = await run(['decode', trace, '--export', svg, '--from', '5', '--to', '6']);
  expect(empty.stderr).toMatch(
    /Nothing lies from 5\.0000 ms to 6\.0000 ms: the trace goes from 1\.0000 ms to/,
  );
  expect(empty.code).toBe(2);
});

test('--rules with --export of a picture shows the first breach', async () => {
  const slow = place.write(
    'slow.vcd',
    renderVcd(sourceOf(goodTrace({ pulses: true, gapUs: 2_000_000 })), { sck: hertz(1_000_000) }),
  );
  const file = join(place.folder, 'breach.svg');
  const { code } = await run(['decode', slow, '--rules', 'wake-after-idle', '--export', file]);
  expect(code).toBe(1);
  const svg = readFileSync(file, 'utf8');
  expect(svg).toContain('>wake-after-idle: After 1000 ms');
  expect(svg).toContain('2 s was seen; allowed: at most 1000 ms.');
});

test('--export over the capture that it is made of writes what it writes elsewhere', async () => {
  const file = join(place.folder, 'out.vcd');
  await run(['decode', capture, '--export', file]);
  expect((await run(['decode', capture, '--export', capture])).code).toBe(0);
  expect(readFileSync(capture, 'utf8')).toBe(readFileSync(file, 'utf8'));
});

test('an export that cannot be written is a sentence, exit code 2, and leaves nothing behind', async () => {
  mkdirSync(join(place.folder, 'taken.vcd'));
  const before = readdirSync(place.folder);
  for (const name of ['taken.vcd', 'nowhere/out.vcd']) {
    const { code, stderr } = await run(['decode', capture, '--export', join(place.folder, name)]);
    expect(stderr).toMatch(/^h1-hil: The export cannot be written: .*\.\n$/);
    expect(code).toBe(2);
  }
  expect(readdirSync(place.folder)).toEqual(before);
});

/** Files known to be something else, and what is said of them. */
const OTHERS: readonly [string, string | Uint8Array, RegExp][] = [
  [
    'packets.vcd',
    Buffer.from('d4c3b2a1020004000000000000000000', 'hex'),
    /it is a pcap file, which holds packets/,
  ],
  ['wave.fst', Buffer.from('000000000000000149', 'hex'), /an FST file of GTKWave\. Convert it: fst2vcd/],
  [
    'session.pvs',
    '[General]\ndecode_signals=0\nviews=1\n',
    /a set-up file of PulseView.*Save the session itself: \.sr/,
  ],
  ['node.raw', 'Title: * test\nDate: now\n', /a waveform of LTspice, which holds voltages/],
  [
    'table.xlsx',
    zipSync({ '[Content_Types].xml': Buffer.from('x') }),
    /a document of Office\. Save the table as CSV/,
  ],
  ['some.zip', zipSync({ 'a.vcd': Buffer.from('x') }), /a zip archive of a\.vcd, and no capture\. Unpack it/],
  [
    'analog.sal',
    zipSync({ 'meta.json': Buffer.from('{}'), 'analog-0.bin': Buffer.from('x') }),
    /it has analog channels only/,
  ],
  ['packed.vcd.gz', Buffer.from('1f8b0800', 'hex'), /compressed by gzip\. Unpack it first/],
  ['empty.vcd', '', /the file is empty/],
];
for (const [name, contents, says] of OTHERS)
  test(`${name} is named for what it is, whatever else is said of it`, async () => {
    const file = place.write(name, contents);
    for (const options of [[], ['--sample-rate', '1e6', '--raw-channels', 'cs,clk,mosi,miso']]) {
      const { code, stderr } = await run(['decode', file, ...options]);
      expect(stderr).toMatch(says);
      expect(code).toBe(2);
      if (name === 'empty.vcd') break;
    }
  });

const WRONG = [
  {
    what: 'a file that is not there',
    args: ['/nowhere/a.vcd'],
    says: /The capture \/nowhere\/a\.vcd cannot be read/,
  },
  { what: 'a folder', args: ['/tmp'], says: /The capture \/tmp is not a file\./ },
  {
    what: 'a text that is no capture',
    args: [import.meta.filename],
    says: /CSV, byte 0: no line has a time and levels/,
  },
  {
    what: 'a file that is not what it is named',
    args: [import.meta.filename, '--format', 'saleae'],
    says: /byte \d+: /,
  },
  {
    what: 'an unknown rule',
    args: ['CAPTURE', '--rules', 'no-such'],
    says: /There is no rule no-such\. h1-hil rules lists/,
  },
  {
    what: 'an unknown export',
    args: ['CAPTURE', '--export', 'a.doc'],
    says: /No export goes by the ending of a\.doc/,
  },
  {
    what: 'a net nobody knows',
    args: ['CAPTURE', '--channel', 'sda=1'],
    says: /--channel takes net=name with one of the nets cs, /,
  },
  {
    what: 'raw samples without a rate',
    args: ['CAPTURE', '--format', 'raw', '--raw-channels', 'cs'],
    says: /Raw samples need both/,
  },
] as const;

for (const { what, args, says } of WRONG)
  test(`${what} is met with a sentence and exit code 2`, async () => {
    const { code, stderr } = await run(['decode', ...args.map((arg) => (arg === 'CAPTURE' ? capture : arg))]);
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync('a.doc')).toBe(false);
  });

test('h1-hil rules lists every rule with its limit and its source', async () => {
  const { stdout } = await run(['rules']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines)
    expect(line).toMatch(/^[a-z-]+ +(at least|at most|exactly|[\d.]+ to) .*\[(CHIP|DRIVER|TPM2|PTP|BUGS)/);
});
