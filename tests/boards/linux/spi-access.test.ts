import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { SpiAccess } from '../../../src/boards/linux/options.ts';
import { isBuilt } from '../../is-built.ts';

// spidev by its system calls and through the package, both as they are, on a kernel that is played: see spidev-shim.c.

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

let folder = '';
let why = '';

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  const { status } = spawnSync(
    'cc',
    ['-shared', '-fPIC', '-O1', '-o', join(folder, 'shim.so'), here('spidev-shim.c'), '-ldl'],
    { stdio: 'inherit' },
  );
  if (status !== 0) why = 'no C compiler here builds the stand-in for the kernel';
});
test.afterAll(() => {
  rmSync(folder, { recursive: true });
});
test.beforeEach(() => {
  test.skip(why !== '', why);
});

interface Session {
  readonly outcomes: readonly unknown[];
  /** One line a CS assertion. */
  readonly wires: readonly string[];
}

function session(
  through: SpiAccess,
  frames: readonly string[],
  settings: Record<string, number> = {},
): Session {
  const log = join(folder, 'wires');
  writeFileSync(log, '');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', here('board-session.ts'), through, ...frames],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        LD_PRELOAD: join(folder, 'shim.so'),
        SHIM_LOG: log,
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
      },
    },
  );
  expect(stdout, stderr).not.toBe('');
  return {
    outcomes: JSON.parse(stdout) as unknown[],
    wires: readFileSync(log, 'utf8').trim().split('\n'),
  };
}

/** The package that makes it possible, and what it says of a device that is busy. */
const WAYS = [
  { through: 'ioctl', needs: 'koffi', busy: 'open /dev/spidev7.0: EBUSY' },
  { through: 'spi-device', needs: 'spi-device', busy: 'EBUSY, Device or resource busy' },
] as const;

for (const { through, needs, busy } of WAYS)
  test.describe(through, () => {
    test.skip(!isBuilt(needs), `the package ${needs} is not built here`);

    test('frames reach the wire whole, each under one CS assertion and in two calls to the kernel', () => {
      const { outcomes, wires } = session(through, ['read', 'write']);
      expect(wires.slice(0, 2)).toEqual(['v 83 d4 0f 00 00 00 00 00 00^', 'v 00 d4 00 18 00 40^']);
      expect(outcomes[0]).toEqual([0xe0, 0x1a, 0x28, 0x00]);
      expect(outcomes.at(-1)).toEqual({ transactions: 2, systemCalls: 4 });
    });

    test('a chip that stalls is polled byte by byte, once, and then met as it is', () => {
      const { outcomes, wires } = session(through, ['read', 'read'], { SHIM_WAITS: 4 });
      expect(wires[1]).toBe('v 83 d4 0f 00 00 00 00 00 00 00 00 00^');
      expect(outcomes[1]).toEqual([0xe0, 0x1a, 0x28, 0x00]);
      expect(outcomes.at(-1)).toEqual({ transactions: 2, systemCalls: 7 });
    });

    test('a wake pulse is CS for 1000 us without a clock', () => {
      expect(session(through, ['wake']).wires[0]).toBe('v _1000^');
    });

    test('an error of the kernel in the data is told with its number, and CS is released', () => {
      const { outcomes, wires } = session(through, ['read', 'read'], { SHIM_FAIL_AT: 1 });
      expect(outcomes[0]).toBe('SPI transaction failed: the data, error 5.');
      expect(wires[0]).toBe('v 83 d4 0f 00 00^');
      expect(outcomes[1]).toEqual([0xe0, 0x1a, 0x28, 0x00]);
    });

    test('a chip that never says ready is given up, and CS is released', () => {
      const { outcomes, wires } = session(through, ['read', 'wake'], { SHIM_WAITS: 1_000_000 });
      expect(outcomes[0]).toMatch(/^Still stalled after \d+ wait bytes; the limit is 20 ms\.$/);
      expect(wires[1]).toBe('v _1000^');
    });

    test('a device that another program keeps is named, with what to do', () => {
      const EBUSY = 16;
      expect(session(through, [], { SHIM_OPEN_ERRNO: EBUSY }).outcomes).toEqual([
        `DeviceRefused: /dev/spidev7.0 cannot be opened in mode 0 at 1000000 Hz: ${busy}. Unbind the driver that has it, or see what the kernel log says of its controller.`,
      ]);
    });
  });
