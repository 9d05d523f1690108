import { expect, test } from '@playwright/test';
import type { SpiStep } from '../../src/board/index.ts';
import { openRig, parseRig } from '../../src/rig/index.ts';
import { ms } from '../../src/units/index.ts';
import { simRig } from './sim-rig.ts';

const READ_DID_VID: readonly SpiStep[] = [
  { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
  { kind: 'poll', mask: 1, value: 1, limit: ms(1), timeoutFirst: false },
  { kind: 'read', size: 4 },
];

/** A rig file's board after one read, and the ready pulse that followed. */
async function openedFrom(...lines: readonly string[]) {
  const text = ['description: a rig', 'board:', '  kind: sim', ...lines.map((line) => `  ${line}`)].join(
    '\n',
  );
  const file = parseRig(text, 'my.yaml');
  const { board } = await openRig({ ...simRig('firmware'), ...file }, 1);
  await board.power!.on();
  await board.reset!.deassert();
  await board.clock.sleep(ms(200));
  await board.spi.transaction(READ_DID_VID);
  await board.clock.sleep(ms(1));
  const edges: number[] = [];
  board.ready!.observe((_, at) => edges.push(at));
  const { polled, rise } = await board.spi.transaction(READ_DID_VID);
  await board.clock.sleep(ms(1));
  return { board, polled, delay: edges[0]! - rise, width: edges[1]! - edges[0]!, edges: edges.length };
}

test('a rig file that names 0.3.22 has its chip: pulses of 4 to 5 us [CHIP 3, 7]', async () => {
  const { board, width } = await openedFrom('firmware: 0.3.22');
  expect(board.chip!.description).toContain('0.3.22');
  expect(width).toBeGreaterThanOrEqual(4000);
  expect(width).toBeLessThan(5000);
});

test('one that names 0.0.16 has a chip without a ready pulse [CHIP 3]', async () => {
  const { edges } = await openedFrom('firmware: 0.0.16');
  expect(edges).toBe(0);
});

test('one that names none has the captured chip: pulses of 6.7 to 12.1 us [CHIP 3]', async () => {
  const { board, width } = await openedFrom();
  expect(board.chip!.description).toContain('0.5.4');
  expect(width).toBeGreaterThanOrEqual(6700);
  expect(width).toBeLessThanOrEqual(12_100);
});

test('one that names a version of which no source tells is refused with the nearest ones', async () => {
  await expect(openedFrom('firmware: 0.5.301')).rejects.toThrow(/0\.5\.301 .*nearest known: 0\.5\.280\b/);
});

test('and opened with `unknownVersion: allow`, which the description tells', async () => {
  const { board } = await openedFrom('firmware: 0.5.301', 'unknownVersion: allow');
  expect(board.chip!.description).toContain('0.5.301 (unknown version, behaves like 0.5.280)');
});

test('timing that a rig file pins is kept to the nanosecond', async () => {
  const pinned = 'chip: { waitBytes: { read: 7, write: 2 }, pulseDelayUs: 33, pulseWidthUs: 8.5 }';
  const { polled, delay, width } = await openedFrom(pinned);
  expect(polled).toBe(8);
  expect(delay).toBe(33_000);
  expect(width).toBe(8500);
});

test('what a rig file breaks is broken from the start and named', async () => {
  const text =
    'description: a rig\nboard:\n  kind: sim\n  faults: [{ kind: line-stuck, line: MISO, level: high }]';
  const { board } = await openRig({ ...simRig('broken'), ...parseRig(text, 'my.yaml') }, 1);
  expect(board.faults!.active).toEqual([{ kind: 'line-stuck', line: 'MISO', level: 'high' }]);
  const record = await board.spi.transaction(READ_DID_VID);
  expect([...record.received]).toEqual(new Array(9).fill(0xff));
});
