import { expect, test } from '@playwright/test';
import type { Procedure, Shot } from '../../../src/procedure/index.ts';
import {
  drawSweep,
  parseAxis,
  showSweep,
  shotOn,
  Stages,
  sweep,
  withValue,
} from '../../../src/procedure/index.ts';

const PROCEDURE: Procedure = {
  format: 'h1-procedure 1',
  driver: { row: 'recommended' },
  seed: 1,
  acts: [{ act: 'probe' }, { act: 'idle', forMs: 5 }],
};

const shotOf =
  (read: (procedure: Procedure) => number, edge: number): Shot =>
  (procedure) =>
    Promise.resolve(read(procedure) < edge);

const chipOf = ({ board }: Procedure) => board?.chip ?? {};
const actTime = ({ acts }: Procedure): number => (acts[1]?.act === 'idle' ? acts[1].forMs : 0);

for (const [axis, read, edge] of [
  ['chip.wakeLatency=50..249:1us', (one: Procedure) => chipOf(one).wakeLatencyUs!, 150],
  ['chip.pulseWidth=1..20.9:0.1us', (one: Procedure) => chipOf(one).pulseWidthUs!, 4],
  ['chip.pulseDelay=0..99:1us', (one: Procedure) => chipOf(one).pulseDelayUs!, 17],
  ['chip.headerLatency=0..1ms:10us', (one: Procedure) => chipOf(one).headerLatencyUs!, 730],
  ['chip.taskLatency=0..99:1us', (one: Procedure) => chipOf(one).taskLatencyUs!, 1],
  ['chip.commandTime=0..99:1ms', (one: Procedure) => chipOf(one).commandTimeUs!, 99_000],
  ['act.idle=0..1999:10ms', actTime, 1000],
  ['act.2=500..600:1ms', actTime, 512],
  ['rig.sckHz=0.1MHz..2MHz:10kHz', (one: Procedure) => one.board?.sckHz ?? 0, 1_000_000],
  [
    'driver.wake.settle=50..300:2us',
    (one: Procedure) => one.driver.changes?.['wake.settle.atMost'] as number,
    150_000,
  ],
] as const)
  test(`the edge of ${axis} is found at its step with less than a quarter of the shots`, async () => {
    const parsed = parseAxis(axis);
    const { rows, shots, gridShots } = await sweep(PROCEDURE, [parsed], {
      shot: shotOf(read, edge),
      repeats: 10,
    });
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(row?.isSharp).toBe(true);
    expect(read(withValue(PROCEDURE, parsed, row!.from))).toBeLessThan(edge);
    expect(read(withValue(PROCEDURE, parsed, row!.to))).toBeGreaterThanOrEqual(edge);
    expect(shots).toBeLessThan(gridShots / 10);
  });

test('on two axes the edge is followed from row to row, and a margin below 0 is that of a driver that fails', async () => {
  const axes = [
    parseAxis('driver.wake.settle=20..420:4us'),
    parseAxis('chip.wakeLatency=60..200:20us'),
  ] as const;
  const shot: Shot = (one) =>
    Promise.resolve(
      (one.driver.changes?.['wake.settle.atMost'] as number) < chipOf(one).wakeLatencyUs! * 1000,
    );
  const swept = await sweep({ ...PROCEDURE, driver: { row: 'coreboot' } }, axes, { shot, repeats: 10 });
  expect(swept.rows.map(({ across, from, to }) => from < across! && across! <= to)).toEqual(
    Array(8).fill(true),
  );
  expect(swept.shots).toBeLessThan(swept.gridShots / 4);
  expect(swept.own).toBe(100_000);
  expect(swept.rows[0]?.margin?.least).toBeGreaterThan(0);
  expect(swept.rows.at(-1)?.margin?.most).toBeLessThan(0);
  expect(showSweep([swept], axes)).toMatch(
    /coreboot +200 us +below +196 us and 200 us +- +100 us +-100 us to -96 us +negative/,
  );
  const picture = drawSweep([swept], axes);
  for (const kind of ['pass', 'fail', 'band', 'unsure', 'own'])
    expect(picture.split(`class="${kind}"`)).toHaveLength(9);
});

const GET_RANDOM = '80010000000c0000017b0010';
const SLEEPY: Procedure = {
  format: 'h1-procedure 1',
  driver: { row: 'recommended' },
  seed: 1,
  acts: [{ act: 'probe' }, { act: 'idle', forMs: 25_000 }, { act: 'command', bytes: GET_RANDOM }],
};
/** A chip that needs the most that its firmware's authors allow, 150 us. [CHIP 2] */
const SLOW: Procedure = { ...SLEEPY, board: { kind: 'sim', chip: { wakeLatencyUs: 150 } } };
/** A chip that sleeps a second after each frame, for a driver that never wakes it. [CHIP 2] */
const DROWSY: Procedure = {
  ...SLEEPY,
  driver: { row: 'coreboot', changes: { wake: null } },
  board: { kind: 'sim', faults: [{ kind: 'chip-sleeps-after', timeMs: 1000 }] },
};

/** Plays on the simulated chip. The edge is where physics puts it, and the own number is beyond it or is not. */
for (const [what, procedure, axis, edge, verdict, driver] of [
  // The bus adds 15 us to the pause: 1 us of pulse, and what lies around it. 135 us of pause are needed.
  [
    'coreboot leaves 100 us',
    SLOW,
    'driver.wake.settle=50..249:1us',
    [133_000, 136_000],
    'negative',
    'coreboot',
  ],
  [
    'depthcharge leaves 100 us',
    SLOW,
    'driver.wake.settle=50..249:1us',
    [133_000, 136_000],
    'negative',
    'depthcharge',
  ],
  [
    'recommended leaves 500 us',
    SLOW,
    'driver.wake.settle=50..549:2us',
    [122_000, 128_000],
    'positive',
    'recommended',
  ],
  ['the chip sleeps after 1 s', DROWSY, 'act.idle=900..1100:1ms', [999e6, 1001e6], 'negative', 'coreboot'],
  ['the chip takes 150 us', SLOW, 'chip.wakeLatency=60..300:1us', [114_000, 117_000], 'negative', 'coreboot'],
] as const)
  test(`on the simulated chip, where ${what}, the edge of ${axis} is found and the margin is ${verdict}`, async () => {
    const stages = new Stages();
    const { rows, shots, gridShots } = await sweep(
      { ...procedure, driver: { row: driver, changes: procedure.driver.changes ?? {} } },
      [parseAxis(axis)],
      { shot: shotOn(stages, 'frame lost'), repeats: 10 },
    );
    await stages.close();
    expect(rows[0]).toMatchObject({ isSharp: true, verdict });
    expect(rows[0]!.from).toBeGreaterThanOrEqual(edge[0]);
    expect(rows[0]!.to).toBeLessThanOrEqual(edge[1]);
    expect(shots).toBeLessThan(gridShots / 4);
  });

test('where the chip draws its wake latency, a driver within the band has a negative margin, and the band is told', async () => {
  const stages = new Stages();
  const axis = parseAxis('driver.wake.settle=10..130:4us');
  const procedure: Procedure = {
    ...SLEEPY,
    driver: { row: 'coreboot', changes: { 'wake.settle.atMost': 70_000 } },
  };
  const { rows } = await sweep(procedure, [axis], { shot: shotOn(stages, 'frame lost'), repeats: 20 });
  await stages.close();
  const [row] = rows;
  // The chip listens 40 to 100 us after the edge of CS, and 15 us of them are not the pause.
  expect(row).toMatchObject({ verdict: 'negative', lowFails: true });
  expect(row!.from).toBeGreaterThanOrEqual(70_000);
  expect(row!.to).toBeGreaterThan(78_000);
  expect(row!.band!.from).toBeLessThan(70_000);
});

for (const [text, says] of [
  ['driver.wake.settle', /An axis is written path=from\.\.to:step/],
  ['chip.mood=1..9:1us', /There is no number chip\.mood/],
  ['chip.pulseWidth=1..9:1kHz', /one of the units ns, us, ms, s, and not kHz/],
  ['chip.pulseWidth=1..9:0us', /has no step/],
  ['chip.pulseWidth=1..9s:1ns', /from 3 to 1000 points/],
] as const)
  test(`the axis ${text} is refused with what an axis is`, () => {
    expect(() => parseAxis(text)).toThrow(says);
  });
