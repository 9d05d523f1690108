import { expect, test } from '@playwright/test';
import type { Procedure, Shot } from '../../../src/procedure/index.ts';
import { drawSweep, parseAxis, showSweep, sweep, withValue } from '../../../src/procedure/index.ts';

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
    const { rows, shots, points } = await sweep(PROCEDURE, [parsed], {
      shot: shotOf(read, edge),
      repeats: 4,
    });
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(row?.isSharp).toBe(true);
    expect(read(withValue(PROCEDURE, parsed, row!.from))).toBeLessThan(edge);
    expect(read(withValue(PROCEDURE, parsed, row!.to))).toBeGreaterThanOrEqual(edge);
    expect(shots).toBeLessThan(points / 4);
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
  const swept = await sweep({ ...PROCEDURE, driver: { row: 'coreboot' } }, axes, { shot, repeats: 4 });
  expect(swept.rows.map(({ across, from, to }) => from < across! && across! <= to)).toEqual(
    Array(8).fill(true),
  );
  expect(swept.shots).toBeLessThan(swept.points / 4);
  expect(swept.own).toBe(100_000);
  expect(swept.rows[0]?.margin?.least).toBeGreaterThan(0);
  expect(swept.rows.at(-1)?.margin?.most).toBeLessThan(0);
  expect(showSweep([swept], axes)).toMatch(
    /coreboot +200 us +below +196 us and 200 us +100 us +-100 us to -96 us/,
  );
  const picture = drawSweep([swept], axes);
  for (const kind of ['pass', 'fail', 'unsure', 'own'])
    expect(picture.split(`class="${kind}"`)).toHaveLength(9);
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
