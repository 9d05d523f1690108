import { expect, test } from '@playwright/test';
import type { KernelSeen } from '../../src/cli/kernel-page.ts';
import { renderKernels } from '../../src/cli/kernel-page.ts';
import type { ListedBug } from '../../src/cli/known-bugs.ts';
import type { Played } from '../../src/parity/index.ts';
import { JOURNALS } from '../../src/parity/index.ts';
import type { Instant } from '../../src/units/index.ts';
import { ms } from '../../src/units/index.ts';

const played = (change: Partial<Played>): Played => ({
  acts: [{ shape: 'R f00/4', bytes: 'e01a2800', at: 0 as Instant }],
  time: ms(7),
  frames: 25,
  gap: ms(2),
  log: [],
  ...change,
});

/** A kernel that does the same in every operation. */
const kernel = (version: string, profile: string, change: Partial<Played>, cell: string): KernelSeen => ({
  rig: `rig-${version}`,
  version,
  profile,
  description: 'an emulator',
  played: new Map(JOURNALS.map(({ name, operations }) => [name, operations.map(() => played(change))])),
  laboratory: {
    title: 'INT_AP_L',
    columns: [profile],
    rows: [{ name: 'stuck low', cells: { [profile]: { text: cell } } }],
  },
});

const BUG: ListedBug = {
  id: 'K-38',
  title: 'a zero-length read',
  observable: 'gone',
  has: ['linux-6.1', 'linux-6.12'],
  where: { kind: 'kernel', rig: 'virtual-lab', mendedIn: { '6.12': '6.12.117' } },
  folder: 'suites/kernel-driver',
};

test('the page has what differs in numbers, acts, log, laboratory and known bugs', () => {
  const page = renderKernels(
    [
      kernel('6.1.192', 'linux-6.1', {}, 'falls back'),
      kernel('6.12.117', 'linux-6.12', { frames: 24, acts: [], log: ['hello'] }, 'fails'),
    ],
    [BUG],
    'h1-hil lab differences',
  );
  expect(page).toContain('| healthy | probe | 25 | 24 |');
  expect(page).toContain('| healthy | probe | 7 ms | 7 ms |');
  expect(page).toContain(
    '| 6.12.117 (rig-6.12.117) | stall | remove | not sent: R f00/4 e01a2800<br>logged: hello |',
  );
  expect(page).toContain('| stuck low | falls back | fails | differs |');
  expect(page).toContain('| K-38 | a zero-length read | still in | mended in 6.12.117 |');
});

test('kernels that do the same have no row among the differences, and an earlier release still has a bug', () => {
  const page = renderKernels(
    [kernel('6.12.117', 'linux-6.12', {}, 'fails'), kernel('6.12.100', 'linux-6.12', {}, 'fails')],
    [BUG],
    'h1-hil lab differences',
  );
  expect(page).not.toContain('| 6.12.100 (rig-6.12.100) | healthy');
  expect(page).toContain('| stuck low | fails | fails | same |');
  expect(page).toContain('| K-38 | a zero-length read | mended in 6.12.117 | still in; mended in 6.12.117 |');
});
