import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { renderVcd } from '../../src/trace/index.ts';
import { hertz } from '../../src/units/index.ts';
import { goodTrace, sourceOf } from '../trace/good-trace.ts';
import { run, Workplace } from './h1-hil.ts';

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
    /^cs-edges +exactly 2 +kept \d+ times\nburst-count +1 to 63 +kept \d+ times\n$/,
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
  { ending: 'pcapng', begins: /^\n\r\r\n/ },
])
  test(`--export writes .${ending}`, async () => {
    const file = join(place.folder, `out.${ending}`);
    const { code, stdout } = await run(['decode', capture, '--export', file, '--to', '3000']);
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(file, 'latin1')).toMatch(begins);
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

const WRONG = [
  {
    what: 'a file that is not there',
    args: ['/nowhere/a.vcd'],
    says: /The capture \/nowhere\/a\.vcd cannot be read/,
  },
  { what: 'a folder', args: ['/tmp'], says: /The capture \/tmp is not a file\./ },
  { what: 'an ending nobody knows', args: [import.meta.filename], says: /no format goes by "\.ts"/ },
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
