import { expect, test } from '@playwright/test';
import type { Board } from '../../src/board/index.ts';
import { withParts } from '../../src/board/index.ts';
import { controlledBoard } from '../../src/boards/controller/index.ts';
import { RigController } from '../../src/boards/controller/rig-controller.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import { traced } from '../../src/boards/traced.ts';
import { TraceRecorder } from '../../src/trace/index.ts';

/** A board with every part that a board can have, and one that no interface knows yet. */
const whole = (): Board & { readonly thermometer: string } =>
  withParts(new SimBoard({ seed: 1 }), {
    thermometer: '21 degrees',
    kernel: { files: {}, device: 'spi0.0', driver: 'tpm_tis_spi' } as unknown as Board['kernel'],
    observeWires: () => () => undefined,
  });

/** What a wrapper may change; everything else it hands through. */
const WRAPPERS: readonly {
  readonly name: string;
  readonly wrap: (board: Board) => Board;
  readonly changes: readonly string[];
}[] = [
  { name: 'nothing but withParts', wrap: (board) => withParts(board, {}), changes: [] },
  {
    name: 'the recorded board',
    wrap: (board) => traced(board, new TraceRecorder()),
    changes: ['spi', 'reset', 'power', 'close'],
  },
  {
    name: 'the board beside a rig controller',
    wrap: (board) => controlledBoard(board, Object.create(RigController.prototype) as RigController),
    changes: ['facts', 'capabilities', 'spi', 'reset', 'power', 'faults', 'close'],
  },
];

/** Every part that the interface knows; a new one does not compile until it stands here. */
const PARTS: Readonly<Record<keyof Board, true>> = {
  facts: true,
  capabilities: true,
  clock: true,
  spi: true,
  bus: true,
  ready: true,
  reset: true,
  power: true,
  faults: true,
  chip: true,
  kernel: true,
  device: true,
  observeWires: true,
  secondDevice: true,
  close: true,
};

const partsOf = (board: Board): Readonly<Record<string, unknown>> => ({ ...board });

const isMethod = (part: unknown): boolean => typeof part === 'function';

for (const { name, wrap, changes } of WRAPPERS)
  test(`${name} hands through every part that it does not change, one added later included`, () => {
    const board = whole();
    const inner = partsOf(board);
    const wrapped = partsOf(wrap(board));
    for (const part of Object.keys(PARTS))
      if (changes.includes(part)) expect.soft(wrapped[part], part).not.toBe(inner[part]);
      else if (isMethod(inner[part])) expect.soft(isMethod(wrapped[part]), part).toBe(true);
      else expect.soft(wrapped[part], part).toBe(inner[part]);
    expect(wrapped).toHaveProperty('thermometer', '21 degrees');
    expect(wrapped['chip']).toBe(board.chip);
  });

test('a part that is replaced inside is seen outside, and one that is said to be undefined is gone', () => {
  const sim = new SimBoard({ seed: 1 });
  const wrapped = withParts(sim, { secondDevice: undefined });
  const before = wrapped.chip;
  sim.renew(2);
  expect(wrapped.chip).not.toBe(before);
  expect(wrapped.chip).toBe(sim.chip);
  expect(sim.secondDevice).toBeDefined();
  expect(wrapped.secondDevice).toBeUndefined();
});

test('a method that is handed through reaches the private fields of its own object', async () => {
  const sim = new SimBoard({ seed: 1 });
  const { faults } = withParts(sim, {});
  const panel = withParts(faults, { can: () => true });
  await panel.set({ kind: 'ready-open' });
  expect(sim.faults.active).toEqual([{ kind: 'ready-open' }]);
  expect(panel.active).toEqual([{ kind: 'ready-open' }]);
});

test('a getter among the changes is asked each time', () => {
  let count = 0;
  const wrapped = withParts(
    { name: 'a' },
    {
      get name() {
        count++;
        return `call ${count}`;
      },
    },
  );
  expect([wrapped.name, wrapped.name]).toEqual(['call 1', 'call 2']);
});
