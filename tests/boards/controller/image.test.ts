import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { skippedWithout } from '../../programs.ts';
import { parseHex } from '../../../src/boards/emulated-controller/index.ts';

const SOURCES = fileURLToPath(new URL('../../../rigs/controller/', import.meta.url));

test('the committed image of the controller is what its sources build, byte for byte', () => {
  const skipped = skippedWithout('gcc-avr and avr-libc', 'avr-gcc');
  test.skip(skipped !== undefined, skipped);
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  try {
    cpSync(SOURCES, folder, { recursive: true });
    rmSync(join(folder, 'controller.hex'));
    const { status, stderr } = spawnSync('make', ['-s', '-C', folder], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(folder, 'controller.hex'), 'utf8')).toBe(
      readFileSync(join(SOURCES, 'controller.hex'), 'utf8'),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a damaged image is refused, not run', () => {
  const memory = new Uint8Array(64);
  expect(() => {
    parseHex(':0100000001FE\n:00000001FF\n', memory);
  }).not.toThrow();
  expect(memory[0]).toBe(1);
  for (const text of [':0100000002FE\n:00000001FF\n', ':0100000001FE\n', 'hello\n'])
    expect(() => {
      parseHex(text, memory);
    }).toThrow(RangeError);
});
