import { expect, test } from '@playwright/test';
import { parseRig } from '../../src/rig/index.ts';

const simWith = (fault: string): string =>
  `description: A rig\nboard:\n  kind: sim\n  faults:\n    - { ${fault} }\n`;
const faultOf = (fault: string): unknown => {
  const { board } = parseRig(simWith(fault), 'a.yaml');
  return board.kind === 'sim' ? board.faults?.[0] : undefined;
};

// Durations are counted in nanoseconds, rates in Hz.
for (const [written, fault] of [
  ['kind: chip-wakes-in, time: 3 ms', { kind: 'chip-wakes-in', time: 3_000_000 }],
  ['kind: chip-wakes-in, time: 0.3ms', { kind: 'chip-wakes-in', time: 300_000 }],
  ['kind: chip-wakes-in, timeUs: 2500', { kind: 'chip-wakes-in', time: 2_500_000 }],
  ['kind: chip-wakes-in, timeUs: 2.5ms', { kind: 'chip-wakes-in', time: 2_500_000 }],
  ['kind: chip-sleeps-after, time: 990ms', { kind: 'chip-sleeps-after', time: 990_000_000 }],
  ['kind: chip-sleeps-after, time: 1.5 s', { kind: 'chip-sleeps-after', time: 1_500_000_000 }],
  ['kind: ready-late, by: 250us', { kind: 'ready-late', by: 250_000 }],
  ['kind: ready-doubled, gap: 40 µs', { kind: 'ready-doubled', gap: 40_000 }],
  ['kind: ready-noise, rate: 0.05kHz', { kind: 'ready-noise', rate: 50 }],
] as const)
  test(`a unit may stand in the value: ${written}`, () => {
    expect(faultOf(written)).toEqual(fault);
  });

test('fields of the board and of its lines take units as well', () => {
  const { board } = parseRig(
    'description: A rig\nboard:\n  kind: linux\n  slack: 2s\n  spi: { device: /dev/spidev0.0, sck: 0.8 MHz }\n  lines: { ready: { name: GPIO24, stampsWithin: 10us } }\n',
    'a.yaml',
  );
  expect(board).toMatchObject({
    slackMs: 2_000_000_000,
    spi: { sckHz: 800_000 },
    lines: { ready: { stampsWithin: 10_000 } },
  });
});

for (const { what, text, says } of [
  {
    what: 'a unit of another kind',
    text: simWith('kind: chip-wakes-in, time: 3 MHz'),
    says: 'board.faults.0: write a number with a unit (ns, us, µs, ms, s, min, h), such as time: 5us',
  },
  {
    what: 'a number without its unit',
    text: simWith('kind: chip-wakes-in, time: 3'),
    says: 'write a number with a unit',
  },
  {
    what: 'a field that is spelt wrong',
    text: 'description: x\nboard:\n  kind: sim\n  frimware: 0.5.4\n',
    says: 'a.yaml:4:3: board: there is no field frimware; did you mean firmware?',
  },
  {
    what: 'a fault that is spelt wrong',
    text: simWith('kind: chip-wake-in, time: 3ms'),
    says: '; did you mean chip-wakes-in?',
  },
  { what: 'a kind of board', text: 'description: x\nboard: { kind: simm }\n', says: '; did you mean sim?' },
  { what: 'a wire', text: simWith('kind: line-open, line: MIS'), says: '; did you mean MISO?' },
  {
    what: 'a version that is a number',
    text: 'description: x\nboard: { kind: sim, firmware: 0.5 }\n',
    says: 'board.firmware: a version is three numbers with dots, such as 0.5.4, and 0.5 is two',
  },
  {
    what: 'a line that is a name alone',
    text: 'description: x\nboard:\n  kind: linux\n  spi: { device: /dev/spidev0.0, sckHz: 1000000 }\n  lines: { ready: GPIO24 }\n',
    says: 'board.lines.ready: a line is written as { name: GPIO24 }',
  },
  {
    what: 'a bus that is a device alone, with a right one of its kind',
    text: 'description: x\nboard:\n  kind: linux\n  spi: /dev/spidev0.0\n',
    says: 'it has a device and a clock: { device: /dev/spidev0.0, sckHz: 1000000 }\nA right one looks like this:\n\n  description: A Raspberry Pi 4',
  },
])
  test(`${what} is told with what is right`, () => {
    expect(() => parseRig(text, 'a.yaml')).toThrow(says);
  });
