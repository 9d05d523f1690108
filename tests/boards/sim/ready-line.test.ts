import { expect, test } from '@playwright/test';
import type { Fault } from '../../../src/board/index.ts';
import { LineUnavailable } from '../../../src/board/index.ts';
import { ReadyLine } from '../../../src/boards/sim/ready-line.ts';
import { VirtualClock } from '../../../src/sim/clock.ts';
import { Random } from '../../../src/sim/random.ts';
import { hertz, ms, us } from '../../../src/units/index.ts';

type ReadyFault = Parameters<ReadyLine['set']>[0];

/** A line whose chip pulses for 8 us at 0, 1, 2 ... ms, and the edges the host saw, in us. */
function bench(pulses: number, ...faults: readonly ReadyFault[]) {
  const clock = new VirtualClock();
  const line = new ReadyLine(clock, new Random(1));
  const edges: string[] = [];
  line.observe((edge, at) => edges.push(`${edge} ${at / 1000}`));
  for (const fault of faults) line.set(fault);
  for (let i = 0; i < pulses; i++) {
    clock.after(ms(i), () => {
      line.drive(true);
    });
    clock.after(us(i * 1000 + 8), () => {
      line.drive(false);
    });
  }
  const run = (): void => {
    clock.advance(ms(pulses));
  };
  return { clock, line, edges, run };
}

const edgesOf = (pulses: number, ...faults: readonly ReadyFault[]): string[] => {
  const { edges, run } = bench(pulses, ...faults);
  run();
  return edges;
};

test('without a fault the host sees what the chip drives', () => {
  expect(edgesOf(2)).toEqual(['asserted 0', 'deasserted 8', 'asserted 1000', 'deasserted 1008']);
});

test('a late line delays the whole pulse', () => {
  expect(edgesOf(1, { kind: 'ready-late', by: us(300) })).toEqual(['asserted 300', 'deasserted 308']);
});

test('a pulse of another width is seen with that width', () => {
  expect(edgesOf(1, { kind: 'ready-width', width: us(100), hostNeeds: us(1) })).toEqual([
    'asserted 0',
    'deasserted 100',
  ]);
});

test('a pulse shorter than the host needs is not seen', () => {
  expect(edgesOf(1, { kind: 'ready-width', width: us(0.5), hostNeeds: us(1) })).toEqual([]);
});

test('missing pulses are counted from the moment the fault is set', () => {
  expect(edgesOf(3, { kind: 'ready-missing', frames: { from: 1, count: 1 } })).toEqual([
    'asserted 0',
    'deasserted 8',
    'asserted 2000',
    'deasserted 2008',
  ]);
});

test('a doubled pulse comes again after the gap', () => {
  expect(edgesOf(1, { kind: 'ready-doubled', gap: us(50) })).toEqual([
    'asserted 0',
    'deasserted 8',
    'asserted 50',
    'deasserted 58',
  ]);
});

for (const [fault, edges] of [
  [{ kind: 'ready-open' }, []],
  [{ kind: 'ready-stuck', level: 'high' }, []],
  [{ kind: 'ready-stuck', level: 'low' }, ['asserted 0']],
  [{ kind: 'ready-inverted' }, ['asserted 0', 'deasserted 0', 'asserted 8']],
] as const satisfies readonly (readonly [Fault, readonly string[]])[])
  test(`a line with ${JSON.stringify(fault)} shows ${edges.length} edges for one pulse`, () => {
    expect(edgesOf(1, fault)).toEqual([...edges]);
  });

test('noise comes at its mean rate, drawn from the seed', () => {
  const { clock, edges } = bench(0, { kind: 'ready-noise', rate: hertz(1000) });
  clock.advance(ms(1000));
  // 1000 pulses of two edges on average; five standard deviations are 160 pulses
  expect(edges.length).toBeGreaterThan(1680);
  expect(edges.length).toBeLessThan(2320);
});

test('clearing faults stops noise and shows the chip again', () => {
  const { clock, line, edges } = bench(0, { kind: 'ready-noise', rate: hertz(1000) });
  line.clear();
  clock.advance(ms(100));
  line.drive(true);
  expect(edges).toEqual(['asserted 100000']);
});

test('a watch reports edges of its kind after it was armed, oldest first', () => {
  const { line, run, clock } = bench(3);
  run();
  const watch = line.arm('asserted');
  line.drive(true);
  line.drive(false);
  clock.advance(us(5));
  line.drive(true);
  expect([watch.take(), watch.take(), watch.take()]).toEqual([3_000_000, 3_005_000, undefined]);
});

test('a wait ends with the edge when it comes in time', async () => {
  const { line, clock } = bench(2);
  const watch = line.arm('deasserted');
  expect(await watch.next(ms(5))).toBe(8_000);
  expect(clock.now()).toBe(8_000);
});

test('a wait ends at its limit when no edge comes', async () => {
  const { line, clock } = bench(0);
  expect(await line.arm('asserted').next(ms(750))).toBeUndefined();
  expect(clock.now()).toBe(750_000_000);
});

test('a wait among several threads is woken by the edge another thread causes', async () => {
  const { line, clock } = bench(0);
  const watch = line.arm('asserted');
  const [woken] = await clock.together<unknown>([
    async () => {
      await watch.next(ms(750));
      return clock.now();
    },
    async () => {
      await clock.sleep(ms(3));
      line.drive(true);
    },
  ]);
  expect(woken).toBe(3_000_000);
});

test('a request that fails says its error number', () => {
  const { line } = bench(0, { kind: 'ready-request-fails', errno: 16 });
  expect(() => line.arm('deasserted')).toThrow(LineUnavailable);
});
