import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import type { ReplayReport } from '../../src/procedure/index.ts';
import { CapturedAnswers, compareReplay, hostSideOf, replayOn } from '../../src/procedure/index.ts';
import { openRig, simBoardSchema } from '../../src/rig/index.ts';
import type { WrittenSimBoard } from '../../src/rig/index.ts';
import { openCapture } from '../../src/trace/index.ts';

interface How {
  readonly board?: Partial<WrittenSimBoard>;
  readonly seed?: number;
  readonly fast?: boolean;
}

async function replay(
  file: string,
  { board: more = {}, seed = 1, fast = false }: How = {},
): Promise<ReplayReport> {
  const capture = openCapture(file);
  const side = hostSideOf(capture, file);
  const answers = new CapturedAnswers(side.commands);
  const written = simBoardSchema.parse({ kind: 'sim', firmware: '0.5.4', ...more });
  const rig = { description: 'one', board: written, name: 'one', file: '', key: '' };
  const { board } = await openRig(rig, seed, { instead: answers.instead });
  try {
    const replayed = await replayOn(board, side, {
      fast,
      onStart: () => {
        answers.begin();
      },
    });
    return compareReplay(side, replayed, { board, capture, firmware: '0.5.4', stoodIn: answers.given });
  } finally {
    await board.close();
  }
}

const classesOf = ({ differences }: ReplayReport): string[] => [
  ...new Set(differences.map((one) => one.class)),
];

for (const seed of [1, 2, 3])
  for (const fast of [false, true])
    test(`a healthy chip answers a capture of a healthy one the same, seed ${seed}${fast ? ', fast' : ''}`, async () => {
      const report = await replay('examples/healthy.vcd', { seed, fast });
      expect(report).toMatchObject({ frames: 55, same: 55, differences: [] });
    });

/** What is wrong with a chip, and the classes that name it. */
const WRONG: readonly (readonly [
  what: string,
  board: Partial<WrittenSimBoard>,
  classes: readonly string[],
])[] = [
  ['wide ready pulses', { chip: { pulseWidthUs: 40 } }, ['times']],
  ['late ready pulses', { chip: { pulseDelayUs: 500 } }, ['times']],
  ['long wait states', { chip: { waitBytes: 60 } }, ['wait bytes']],
  [
    'a pulse left out',
    { faults: [{ kind: 'ready-missing', frames: { from: 40, count: 1 } }] },
    ['pulses', 'times'],
  ],
  ['pulses that come twice', { faults: [{ kind: 'ready-doubled', gapUs: 500 }] }, ['pulses', 'times']],
  ['slow commands', { chip: { commandTimeUs: 2_500_000 } }, ['times']],
  ['a flipped bit', { faults: [{ kind: 'bit-error', byte: 12, bit: 3, frames: { from: 20 } }] }, ['bytes']],
  ['an open MISO', { faults: [{ kind: 'line-open', line: 'MISO' }] }, ['start', 'bytes']],
];

for (const [what, board, classes] of WRONG)
  test(`${what}: the difference is named`, async () => {
    expect(classesOf(await replay('examples/healthy.vcd', { board }))).toEqual(
      expect.arrayContaining([...classes]),
    );
  });

test('without INT_AP_L pauses stand for the pulses, which are not compared', async () => {
  const report = await replay('examples/healthy.vcd', { board: { has: { readyLine: false } } });
  expect(report).toMatchObject({ same: 55, differences: [] });
});

/** Captures of others are no part of the project: they lie beside it, or beside a folder that holds it. */
function bootCapture(name: string): string | undefined {
  for (let at = resolve(import.meta.dirname, '../..'); at !== dirname(at); at = dirname(at)) {
    const file = resolve(at, 'shared/captures', name);
    if (existsSync(file)) return file;
  }
  return undefined;
}

for (const name of ['bobba_boot.vcd', 'bobba_boot.sal'])
  test(`the boot of a real Chromebook, ${name}: 382 of 382 answers are the same [TRACE]`, async () => {
    const file = bootCapture(name);
    test.skip(file === undefined, 'The capture of a Chromebook boot is not beside this repository.');
    const report = await replay(file!);
    expect(report).toMatchObject({ frames: 382, same: 382, own: 0, differences: [] });
    const other = await replay(file!, { board: { firmware: '0.3.11' } });
    expect(other.same).toBe(378);
    expect(other.differences[0]?.says).toContain('The read of TPM_FW_VER differs from byte');
  });
