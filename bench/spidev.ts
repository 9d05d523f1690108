import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './measure.ts';

// Our driver over spidev beside a driver in C that does the least, on a kernel and a chip that are played: calls to the
// kernel, and processor time. Wall time is not measured, since it depends on the load of the machine.

const here = (file: string): string => fileURLToPath(new URL(`spidev/${file}`, import.meta.url));

/** A process may compile its code well or badly once and for all, so the median of several processes counts. */
const PROCESSES = 5;
const ROUNDS = '7';
const CALLS = '800';
/** What a call to the kernel and the bus of a fast host take. */
const REAL_COSTS = { BENCH_CALL_US: '15', BENCH_SCK_HZ: '10000000' };

/** Counts of design section 6. */
const GOALS: Record<string, { readonly frames: number; readonly ioctls: number }> = {
  'GetRandom(32)': { frames: 7, ioctls: 11 },
  'Hash(1024)': { frames: 39, ioctls: 59 },
};

/** The first one is what a host uses by default. */
const WAYS = ['ioctl', 'spi-device'] as const;
type Way = (typeof WAYS)[number];

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

const script = (file: string, args: readonly string[], settings: Record<string, string>): Measured[] =>
  run(process.execPath, ['--import', 'tsx', here(file), ...args], settings);

/** Everything that is measured of one way to spidev. Each measurement has processes of its own. */
interface Pass {
  readonly yardstick: readonly Measured[];
  readonly alone: readonly Measured[];
  readonly costly: readonly Measured[];
  readonly free: readonly Measured[];
}

const passThrough = (through: Way): Pass => ({
  yardstick: run(join(folder, 'yardstick'), [ROUNDS, CALLS], REAL_COSTS),
  alone: through === 'ioctl' ? [] : script('package-alone.ts', [ROUNDS, CALLS], REAL_COSTS),
  costly: script('session.ts', [through, ROUNDS, CALLS, 'untraced'], REAL_COSTS),
  free: script('session.ts', [through, ROUNDS, CALLS], {}),
});

const lines: {
  readonly name: string;
  readonly value: string;
  readonly goal: string;
  readonly isMet: boolean;
}[] = [];

const find = (all: readonly Measured[], name: string, isTraced?: boolean): Measured =>
  all.find((one) => one.name === name && (isTraced === undefined || one.isTraced === isTraced))!;

const isCounted = (name: string, { frames, ioctls, faults }: Measured): boolean =>
  frames === GOALS[name]?.frames && ioctls === GOALS[name].ioctls && faults === 0;

function compare(through: Way): void {
  const passes = Array.from({ length: PROCESSES }, () => passThrough(through));
  const over = (value: (pass: Pass) => number): number => median(passes.map(value));
  for (const [name, goal] of Object.entries(GOALS)) {
    const counted = passes.map(({ free }) => find(free, name, true));
    lines.push({
      name: `${name}, ${through}: frames / ioctls`,
      value: `${counted[0]!.frames} / ${counted[0]!.ioctls}`,
      goal: `${goal.frames} / ${goal.ioctls}`,
      isMet: counted.every((one) => isCounted(name, one)),
    });
    const untraced = ({ free }: Pass): number => find(free, name, false).softwareNs;
    const trace = over((pass) => find(pass.free, name, true).softwareNs / untraced(pass));
    lines.push({
      name: `${name}, ${through}: software time with the trace on`,
      value: `${trace.toFixed(2)} of that with it off (${us(over(untraced))})`,
      goal: 'at most 1.3',
      isMet: trace <= 1.3,
    });
    const command = over(({ costly, yardstick }) => find(costly, name).ns / find(yardstick, name).ns);
    const ofYardstick = `${command.toFixed(2)} of the yardstick's ${us(over(({ yardstick }) => find(yardstick, name).ns))}`;
    lines.push({
      name: `${name}, ${through}: command at 15 us a call, 10 MHz`,
      ...(through === 'ioctl'
        ? { value: ofYardstick, goal: 'at most 1.1', isMet: command <= 1.1 }
        : besideThePackage(name, passes, ofYardstick)),
    });
  }
}

/**
 * The default way is compared with the driver in C. The package alone takes longer than that, so our driver through
 * the package is compared with the same calls alone.
 */
function besideThePackage(
  name: string,
  passes: readonly Pass[],
  ofYardstick: string,
): { readonly value: string; readonly goal: string; readonly isMet: boolean } {
  const ratio = median(passes.map(({ costly, alone }) => find(costly, name).ns / find(alone, name).ns));
  return {
    value: `${ofYardstick}, ${ratio.toFixed(2)} of the package's calls alone`,
    goal: 'at most 1.1 of these',
    isMet: ratio <= 1.1 && passes.every(({ alone }) => isCounted(name, find(alone, name))),
  };
}

const us = (ns: number): string => `${(ns / 1000).toFixed(0)} us`;

try {
  const compile = ['-O2', '-Wall', '-Wextra', '-Werror'];
  const chip = [here('preload.c'), here('chip.c')];
  execFileSync('cc', [...compile, '-shared', '-fPIC', '-o', join(folder, 'preload.so'), ...chip, '-ldl']);
  execFileSync('cc', [...compile, '-o', join(folder, 'yardstick'), here('yardstick.c')]);
  writeFileSync(join(folder, 'gpiochip0'), '');
  for (const through of WAYS) compare(through);
} finally {
  rmSync(folder, { recursive: true });
}
for (const { name, value, goal, isMet } of lines)
  process.stdout.write(
    `${name.padEnd(60)}${value.padEnd(72)}${goal.padEnd(22)}${isMet ? 'met' : 'MISSED'}\n`,
  );
if (!lines.every(({ isMet }) => isMet)) process.exitCode = 1;
