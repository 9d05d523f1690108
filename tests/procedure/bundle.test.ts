import { expect, test } from '@playwright/test';
import { unzipSync, zipSync } from 'fflate';
import type { Procedure } from '../../src/procedure/index.ts';
import { bundleTexts, packBundle, playShown, readBundle, Stages } from '../../src/procedure/index.ts';
import { Random } from '../../src/sim/index.ts';
import { bytesInMemory } from '../../src/trace/index.ts';
import { UsageError } from '../../src/units/index.ts';

const WAKELESS = 'rule wake-after-idle (host)';
const PROCEDURE: Procedure = {
  format: 'h1-procedure 1',
  driver: { row: 'recommended', changes: { wake: null } },
  seed: 1,
  fails: WAKELESS,
  acts: [
    { act: 'probe' },
    { act: 'idle', forMs: 1734.5 },
    { act: 'command', bytes: '80010000000c0000017b0010' },
  ],
};

let packed: Promise<Uint8Array> | undefined;
/** The bundle of the procedure; it is made once. */
const pack = (): Promise<Uint8Array> => (packed ??= packNow());

async function packNow(): Promise<Uint8Array> {
  const stages = new Stages();
  try {
    const shown = await playShown(stages, PROCEDURE);
    return packBundle(bundleTexts(PROCEDURE, shown, { versions: { 'h1-hil': '0' } }));
  } finally {
    await stages.close();
  }
}

const read = (bytes: Uint8Array) => readBundle(bytesInMemory(bytes), 'found.h1repro');

/** The bundle with some of its files changed; undefined takes a file out. */
async function changed(files: Readonly<Record<string, string | undefined>>): Promise<Uint8Array> {
  const all: Record<string, Uint8Array> = { ...unzipSync(await pack()) };
  for (const [name, text] of Object.entries(files))
    if (text === undefined) Reflect.deleteProperty(all, name);
    else all[name] = Buffer.from(text);
  return zipSync(all, { level: 1 });
}

test('a bundle holds the eight files that other tools open, and gives the procedure back', async () => {
  const bytes = await pack();
  const files = unzipSync(bytes);
  expect(Object.keys(files)).toEqual([
    'bundle.json',
    'page.txt',
    'procedure.json',
    'rig.yaml',
    'numbers.json',
    'trace.jsonl',
    'waves.vcd',
    'picture.svg',
  ]);
  const text = (name: string): string => Buffer.from(files[name]!).toString('utf8');
  expect(text('waves.vcd')).toContain('$enddefinitions');
  expect(text('picture.svg')).toMatch(/^<svg[^]*wake-after-idle[^]*<\/svg>/);
  expect(text('page.txt')).toContain('! rule wake-after-idle');
  expect(text('rig.yaml')).toContain('kind: sim');
  expect(text('trace.jsonl').split('\n').length).toBeGreaterThan(50);
  const bundle = read(bytes);
  expect(bundle.procedure).toEqual(PROCEDURE);
  expect(bundle.facts).toMatchObject({ fails: WAKELESS, findings: [WAKELESS] });
});

test('the same play packs the same bytes', async () => {
  expect(Buffer.from(await packNow()).equals(Buffer.from(await packNow()))).toBe(true);
});

const WRONG: readonly (readonly [string, Readonly<Record<string, string | undefined>>, RegExp])[] = [
  ['a path out of the folder', { '../../etc/cron.d/x': 'x' }, /has a file "\.\.\/\.\.\/etc/],
  ['an absolute path', { '/tmp/x': 'x' }, /has a file "\/tmp\/x", which no bundle has/],
  ['a script', { 'run.sh': 'x' }, /has a file "run\.sh"/],
  ['a name of control characters', { '\u001b[2J': 'x' }, /has a file "\\u001b\[2J"/],
  ['no procedure', { 'procedure.json': undefined }, /lacks procedure\.json/],
  [
    'neither trace nor waves',
    { 'trace.jsonl': undefined, 'waves.vcd': undefined },
    /lacks trace\.jsonl, waves\.vcd/,
  ],
  ['facts that are no JSON', { 'bundle.json': '{' }, /bundle\.json of found\.h1repro is not JSON/],
  ['facts of a later format', { 'bundle.json': '{"format":"h1-repro 2"}' }, /bundle\.json of .* format/],
  ['a procedure with an unknown act', { 'procedure.json': '{"acts":[{"act":"exec"}]}' }, /is no procedure/],
  ['a bomb', { 'waves.vcd': '0'.repeat(129 << 20) }, /would unpack to more than/],
];
for (const [name, files, says] of WRONG)
  test(`a bundle with ${name} is refused in one sentence that names it`, async () => {
    const bytes = await changed(files);
    expect(() => read(bytes)).toThrow(UsageError);
    expect(() => read(bytes)).toThrow(says);
  });

test('a bundle that has a file twice is refused', async () => {
  const bytes = Buffer.from(await pack());
  const renamed = Buffer.from(bytes.toString('latin1').replaceAll('bundle.json', 'picture.svg'), 'latin1');
  expect(() => read(renamed)).toThrow('has picture.svg twice');
});

test('a bomb that hides its size is refused when it is longer than it says', async () => {
  const bytes = Buffer.from(await changed({ 'waves.vcd': '0'.repeat(20 << 20) }));
  const entry = bytes.lastIndexOf('waves.vcd') - 46;
  bytes.writeUInt32LE(1000, entry + 24);
  expect(() => read(bytes)).toThrow('longer than it says');
});

test('300 mutated bundles are read, or refused with a sentence', async () => {
  const whole = await pack();
  const random = new Random(18);
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const bytes = mutated(whole, random);
    try {
      read(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).toMatch(/^[^\n]{10,600}$/);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(200);
});

/** A copy with some bytes changed, cut off, or in the directory, where the names and sizes are. */
function mutated(whole: Uint8Array, random: Random): Uint8Array {
  const below = (most: number): number => random.integer(0, most - 1);
  const cut = random.next() < 0.2 ? 1 + below(whole.length) : whole.length;
  const bytes = whole.slice(0, cut);
  const from = random.next() < 0.5 ? Math.max(0, bytes.length - 700) : 0;
  for (let count = 1 + below(8); count > 0; count--) bytes[from + below(bytes.length - from)] = below(256);
  return bytes;
}
