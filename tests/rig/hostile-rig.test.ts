import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from '@playwright/test';
import { loadRig, parseRig, suiteFiles } from '../../src/rig/index.ts';
import { HilError } from '../../src/units/index.ts';

// Rig files that nobody means well with, or that a slip of the keyboard made.

const rig = (board: string): string => `description: a rig\nboard: ${board}\n`;
const WRONG = [
  {
    what: 'noise faster than any host',
    text: rig('{ kind: sim, faults: [{ kind: ready-noise, rateHz: 1.0e+18 }] }'),
  },
  {
    what: 'noise on a line',
    text: rig('{ kind: sim, faults: [{ kind: line-noisy, line: SCK, rateHz: 1000000 }] }'),
  },
  { what: 'a wait without end', text: rig('{ kind: sim, chip: { bootTimeUs: 1.0e+300 } }') },
  { what: 'wait bytes without end', text: rig('{ kind: sim, chip: { waitBytes: 9007199254740991 } }') },
  { what: 'a time that is no number', text: rig('{ kind: sim, chip: { bootTimeUs: .nan } }') },
  { what: 'an endless time', text: rig('{ kind: sim, chip: { bootTimeUs: .inf } }') },
  { what: 'a guest of a petabyte', text: rig('{ kind: virtual-lab, memoryMb: 1073741824 }') },
  { what: 'a program outside of the guest', text: rig("{ kind: virtual-lab, programs: ['../../x=/etc'] }") },
  { what: 'the same within', text: rig("{ kind: virtual-lab, programs: ['bin/../../x=/etc'] }") },
  {
    what: 'a driver that is a path',
    text: rig(
      '{ kind: linux, stack: kernel, driver: ../../../x, spi: { device: /dev/spidev0.0, sckHz: 1 } }',
    ),
  },
  {
    what: 'a port that leaves /dev',
    text: rig(
      '{ kind: linux, spi: { device: /dev/spidev0.0, sckHz: 1 }, console: { port: /dev/../etc/passwd } }',
    ),
  },
  { what: 'a description for a terminal', text: 'description: "\\e]0;owned\\a"\nboard: { kind: sim }\n' },
  { what: 'a key for a terminal', text: 'description: a rig\n"\\e[2J": 1\nboard: { kind: sim }\n' },
  { what: 'half a megabyte', text: `${rig('{ kind: sim }')}${'# nothing\n'.repeat(50_000)}` },
] as const;

for (const { what, text } of WRONG)
  test(`${what} is refused with its place, and without a control character`, () => {
    let said = '';
    try {
      parseRig(text, 'rig.yaml');
    } catch (failure) {
      expect(failure).toBeInstanceOf(HilError);
      said = (failure as Error).message;
    }
    expect(said).toMatch(/^rig\.yaml:\d+:\d+: /);
  });

test('a rig file that is no file, or is endless, is refused', () => {
  expect(() => loadRig('/dev/zero')).toThrow('it is no plain file');
  expect(() => loadRig('/')).toThrow('it is no plain file');
});

test('2,000 mutated rig files are read or refused in words, each at once', () => {
  test.setTimeout(240_000);
  const seeds = [
    rig('{ kind: sim, firmware: 0.5.4, faults: [{ kind: ready-late, byMs: 3 }] }'),
    rig('{ kind: linux, spi: { device: /dev/spidev0.0, sckHz: 1000000 }, lines: { reset: { gpio: 4 } } }'),
    rig('{ kind: virtual-lab, programs: [tpm2], memoryMb: 512 }'),
  ];
  const pieces = fc.constantFrom(
    '&a',
    '*a',
    '<<:',
    '!!js ',
    '[',
    '{',
    '"',
    '\u001b',
    '\u0000',
    '1e999',
    '-',
    ':',
    '\n',
  );
  const mutation = fc.tuple(fc.nat(), fc.nat(6), fc.oneof(pieces, fc.string({ maxLength: 8 })));
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(mutation, { minLength: 1, maxLength: 5 }),
      (seed, changes) => {
        const text = changes.reduce((now, [at, length, by]) => {
          const place = at % (now.length + 1);
          return now.slice(0, place) + by + now.slice(place + length);
        }, seed);
        const began = performance.now();
        try {
          parseRig(text, 'rig.yaml');
        } catch (failure) {
          expect(failure).toBeInstanceOf(HilError);
        }
        expect(performance.now() - began).toBeLessThan(10_000);
      },
    ),
    { numRuns: 2000, seed: 14 },
  );
});

test('folders with characters of regular expressions are found, and nothing beside them', () => {
  const base = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  for (const name of [
    'c++',
    'hon+(x)',
    'a[b]',
    '$HOME',
    'back\\slash',
    'a|b',
    '^.*',
    'plain',
    'with space',
    'ünïcode',
  ]) {
    const folder = join(base, name);
    const file = join(folder, 'bring-up', 'a.suite.ts');
    expect(
      suiteFiles(folder, []).some((pattern) => pattern.test(file)),
      name,
    ).toBe(true);
    expect(
      suiteFiles(folder, ['bring-up']).some((pattern) => pattern.test(file)),
      name,
    ).toBe(true);
    expect(
      suiteFiles(folder, ['other']).some((pattern) => pattern.test(file)),
      name,
    ).toBe(false);
    expect(
      suiteFiles(`${folder}x`, []).some((pattern) => pattern.test(file)),
      name,
    ).toBe(false);
  }
  rmSync(base, { recursive: true });
});
