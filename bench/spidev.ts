import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Our stack over spidev beside a driver in C that does the least, both on a kernel and a chip that are played: calls to the
// kernel, and processor time. Wall time is nobody's measure here, since a loaded machine takes as long as it likes.

const here = (file: string): string => fileURLToPath(new URL(`spidev/${file}`, import.meta.url));

const ROUNDS = '25';
const CALLS = '800';
/** What a call to the kernel and the bus of a fast host take. */
const REAL_COSTS = { BENCH_CALL_US: '15', BENCH_SCK_HZ: '10000000' };

/** Counts of design section 6. */
const GOALS: Record<string, { readonly frames: number; readonly ioctls: number }> = {
  'GetRandom(32)': { frames: 7, ioctls: 11 },
  'Hash(1024)': { frames: 39, ioctls: 59 },
};

interface Measured {
  readonly name: string;
  readonly isTraced?: boolean;
  readonly ioctls: number;
  readonly frames: number;
  readonly faults: number;
  readonly ns: number;
  readonly softwareNs: number;
}

const folder = mkdtempSync(join(tmpdir(), 'h1-hil-bench-'));

function run(program: string, args: readonly string[], settings: Record<string, string>): Measured[] {
  const output = execFileSync(program, args, {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...settings,
      LD_PRELOAD: join(folder, 'preload.so'),
      BENCH_GPIOCHIP: join(folder, 'gpiochip0'),
    },
  });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measured);
}

const ours = (through: string, settings: Record<string, string>): Measured[] =>
  run(process.execPath, ['--import', 'tsx', here('session.ts'), through, ROUNDS, CALLS], settings);

const lines: {
  readonly name: string;
  readonly value: string;
  readonly goal: string;
  readonly isMet: boolean;
}[] = [];

function compare(through: string): void {
  const yardstick = run(join(folder, 'yardstick'), [ROUNDS, CALLS], REAL_COSTS);
  const costly = ours(through, REAL_COSTS);
  const free = ours(through, {});
  for (const [name, goal] of Object.entries(GOALS)) {
    const find = (all: readonly Measured[], isTraced?: boolean): Measured =>
      all.find(
        (measured) => measured.name === name && (isTraced === undefined || measured.isTraced === isTraced),
      )!;
    const counted = find(free, true);
    lines.push({
      name: `${name}, ${through}: frames / ioctls`,
      value: `${counted.frames} / ${counted.ioctls}`,
      goal: `${goal.frames} / ${goal.ioctls}`,
      isMet: counted.frames === goal.frames && counted.ioctls === goal.ioctls && counted.faults === 0,
    });
    const trace = find(free, true).softwareNs / find(free, false).softwareNs;
    lines.push({
      name: `${name}, ${through}: software time with the trace on`,
      value: `${trace.toFixed(2)} of that with it off (${us(find(free, false).softwareNs)})`,
      goal: 'at most 1.3',
      isMet: trace <= 1.3,
    });
    const command = find(costly, false).ns / find(yardstick).ns;
    lines.push({
      name: `${name}, ${through}: command at 15 us a call, 10 MHz`,
      value: `${command.toFixed(2)} of the yardstick's ${us(find(yardstick).ns)}`,
      goal: 'at most 1.1',
      isMet: command <= 1.1,
    });
  }
}

const us = (ns: number): string => `${(ns / 1000).toFixed(0)} us`;

try {
  const compile = ['-O2', '-Wall', '-Wextra', '-Werror'];
  const chip = [here('preload.c'), here('chip.c')];
  execFileSync('cc', [...compile, '-shared', '-fPIC', '-o', join(folder, 'preload.so'), ...chip, '-ldl']);
  execFileSync('cc', [...compile, '-o', join(folder, 'yardstick'), here('yardstick.c')]);
  writeFileSync(join(folder, 'gpiochip0'), '');
  for (const through of ['spi-device', 'ioctl']) compare(through);
} finally {
  rmSync(folder, { recursive: true });
}
for (const { name, value, goal, isMet } of lines)
  process.stdout.write(
    `${name.padEnd(60)}${value.padEnd(48)}${goal.padEnd(14)}${isMet ? 'met' : 'MISSED'}\n`,
  );
if (!lines.every(({ isMet }) => isMet)) process.exitCode = 1;
