import { expect, test } from '@playwright/test';
import { abilitiesOf, loadRig, openRig } from '../../src/rig/index.ts';

/** Releases at both sides of each change, on both branches of the firmware. [CHIP 4.6] [CHIP 7] */
const CASES: readonly (readonly [firmware: string | undefined, held: readonly string[]])[] = [
  ['0.3.18', []],
  ['0.4.18', []],
  ['0.3.19', ['clean-abort']],
  ['0.4.25', ['clean-abort']],
  [undefined, ['clean-abort', 'command']],
  ['0.5.4', ['clean-abort', 'command']],
  ['0.6.4', ['clean-abort']],
  ['0.5.5', ['clean-abort', 'long-pulses']],
  ['0.6.41', ['clean-abort', 'long-pulses']],
];

for (const [firmware, held] of CASES)
  test(`a simulated chip of firmware ${firmware ?? 'that its file does not say'} has ${held.join(' and ') || 'none of what came later'}`, async () => {
    const rig = loadRig('sim');
    const { board } = await openRig(rig, 1);
    const described = { ...rig, board: { ...rig.board, ...(firmware !== undefined && { firmware }) } };
    const names: readonly string[] = abilitiesOf(described, board);
    await board.close();
    expect(
      names.filter((name) => ['clean-abort', 'command', 'long-pulses'].includes(name)).toSorted(),
    ).toEqual(held);
  });
