import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { PowerSwitch, SpiStep } from '../../src/board/index.ts';
import { withParts } from '../../src/board/index.ts';
import type { HealthRecord, History } from '../../src/history/index.ts';
import { openHistory } from '../../src/history/index.ts';
import { driftSince, fingerprintOf } from '../../src/lab/fingerprint.ts';
import { closedBecause, healthOf, isGood, noteProof, prove, showProof } from '../../src/lab/index.ts';
import type { OpenRig, Rig } from '../../src/rig/index.ts';
import { loadRig, openRig, RigLacks, simBoardSchema } from '../../src/rig/index.ts';

const sim = loadRig('sim');
const withFaults = (...faults: readonly object[]): Rig => ({
  ...sim,
  board: simBoardSchema.parse({ kind: 'sim', faults }),
});
const open = (rig: Rig) => openRig(rig, 1);

for (const name of ['sim', 'sim-no-irq', 'sim-firmware-0.3.22', 'sim-firmware-0.5.280'])
  test(`the canary passes on ${name}, and twice gives the same fingerprint`, async () => {
    const rig = loadRig(name);
    const [one, two] = [await prove(() => open(rig)), await prove(() => open(rig))];
    expect([one.wrong, one.rungs]).toEqual([[], []]);
    expect(one.fingerprint).toEqual(two.fingerprint);
  });

const BROKEN: readonly object[] = [
  ...['CS_L', 'SCK', 'MOSI', 'MISO', 'TPM_RST_L'].flatMap((line) => [
    { kind: 'line-stuck', line, level: 'low' },
    { kind: 'line-open', line },
  ]),
  { kind: 'line-stuck', line: 'supply', level: 'low' },
  { kind: 'ready-open' },
  { kind: 'ready-stuck', level: 'low' },
  { kind: 'ready-missing' },
  { kind: 'cs-not-kept' },
  { kind: 'bus-error', errno: 5 },
];
for (const fault of BROKEN)
  test(`a rig with ${JSON.stringify(fault)} is not good, and all that it has was tried`, async () => {
    const rig = withFaults(fault);
    const proof = await prove(() => open(rig));
    expect(proof.fingerprint).toBeUndefined();
    expect(proof.wrong).toHaveLength(1);
    expect(proof.rungs).toEqual(['reset', 'power', 'power', 'controller']);
    expect(showProof(proof)).toMatch(/^The canary failed: .+ Tried: reset, power, power, controller\.$/);
  });

/** A rig whose MISO is open until its supply was off so often. */
async function stuckUntilOff(times: number): Promise<OpenRig> {
  const [healthy, broken] = [await open(sim), await open(withFaults({ kind: 'line-open', line: 'MISO' }))];
  let left = times;
  const supply = healthy.board.power!;
  const power: PowerSwitch = {
    get isOn() {
      return supply.isOn;
    },
    on: () => supply.on(),
    off: () => {
      left--;
      return supply.off();
    },
  };
  const spi = withParts(healthy.board.spi, {
    transaction: (steps: readonly SpiStep[]) => (left > 0 ? broken : healthy).board.spi.transaction(steps),
  });
  return { ...healthy, board: withParts(healthy.board, { power, spi }) };
}

for (const times of [1, 2])
  test(`a chip that hangs until its supply was off ${times} times is good again`, async () => {
    const proof = await prove(() => stuckUntilOff(times));
    expect(proof.rungs).toEqual(['reset', ...Array.from({ length: times }, () => 'power')]);
    expect([proof.wrong, proof.atFirst.length]).toEqual([[], 1]);
  });

test('a rig that opens the second time is good again, and the rung that helped is told', async () => {
  let isFirst = true;
  const proof = await prove(async () => {
    if (isFirst) {
      isFirst = false;
      throw new RigLacks('The controller does not answer.');
    }
    return open(sim);
  });
  expect([proof.rungs, proof.atFirst, isGood(proof)]).toEqual([
    ['controller'],
    ['The controller does not answer.'],
    true,
  ]);
  expect(showProof(proof)).toContain('after controller; before: The controller does not answer.');
});

test('a rig that does not open at all is not good, within the budget', async () => {
  let opened = 0;
  const proof = await prove(async () => {
    opened++;
    throw new RigLacks('The port is gone.');
  });
  expect([proof.wrong, proof.rungs, opened]).toEqual([['The port is gone.'], ['controller'], 2]);
});

test('a budget of nothing tries nothing', async () => {
  const rig = withFaults({ kind: 'line-open', line: 'MISO' });
  const proof = await prove(() => open(rig), { reset: 0, power: 0, controller: 0 });
  expect([proof.rungs, isGood(proof)]).toEqual([[], false]);
});

test('a programming error is thrown, and no rig is blamed', async () => {
  await expect(prove(() => Promise.reject(new TypeError('x is undefined')))).rejects.toThrow(TypeError);
});

test('drift is told by name: facts that changed, figures beyond what is usual', () => {
  const figure = (value: number) => ({ value, unit: 'mA', tolerance: 5 });
  const before = fingerprintOf({ firmware: '0.5.4', 'can do': 'reset' }, { current: figure(14) });
  const after = fingerprintOf({ 'can do': 'reset', firmware: '0.5.5' }, { current: figure(20) });
  expect(driftSince(before, after)).toEqual([
    'firmware was 0.5.4, and is 0.5.5',
    'current was 14 mA, and is 20 mA: 5 mA are usual',
  ]);
  const same = fingerprintOf({ 'can do': 'reset', firmware: '0.5.4' }, { current: figure(18) });
  expect([driftSince(before, same), same.hash === before.hash]).toEqual([[], true]);
});

test.describe('health', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-health-'));
  let history: History;
  test.beforeAll(async () => {
    history = await openHistory(join(folder, 'h.sqlite'), { mayMake: true });
  });
  test.afterAll(async () => {
    await history.close();
    rmSync(folder, { recursive: true });
  });
  const say = (rig: string, state: HealthRecord['state']) =>
    history.setHealth({
      ...{ rig, host: 'here', state, reason: 'a reason', by: 'anna', at: 5, fingerprint: null, rungs: [] },
    });

  test('nobody has looked: unknown, and open for tests', async () => {
    const health = await healthOf(history, 'new', 'here');
    expect([health.state, closedBecause(health)]).toEqual(['unknown', undefined]);
  });

  for (const state of ['bad', 'looping', 'maintenance', 'retired'] as const)
    test(`${state} is closed for tests, with who and why`, async () => {
      await say(state, state);
      expect(closedBecause(await healthOf(history, state, 'here'))).toMatch(
        new RegExp(`^Rig ${state} is ${state} since .*, by anna: a reason\\. h1-hil rig `),
      );
      expect((await healthOf(history, state, 'elsewhere')).state).toBe('unknown');
    });

  const good = () => prove(() => open(sim));
  const bad = () => prove(() => Promise.reject(new RigLacks('gone')), { reset: 0, power: 0, controller: 0 });
  const AFTER = [
    ['unknown', good, 'good'],
    ['good', bad, 'bad'],
    ['bad', good, 'good'],
    ['looping', good, 'looping'],
    ['looping', bad, 'bad'],
    ['maintenance', good, 'maintenance'],
    ['retired', bad, 'retired'],
  ] as const;
  for (const [state, sung, after] of AFTER)
    test(`${state}, and a canary that ${sung === good ? 'passes' : 'fails'}: ${after}`, async () => {
      const rig = `${state}-${sung.name}`;
      await say(rig, state);
      const { record } = await noteProof(history, await healthOf(history, rig, 'here'), await sung(), 9);
      expect(record.state).toBe(after);
      expect((await healthOf(history, rig, 'here')).state).toBe(after);
    });

  test('what has drifted since the last good one is told, over a bad one between', async () => {
    const note = async (rig: Rig | undefined) =>
      noteProof(
        history,
        await healthOf(history, 'drifts', 'here'),
        rig === undefined ? await bad() : await prove(() => open(rig)),
        9,
      );
    expect((await note(sim)).drift).toEqual([]);
    await note(undefined);
    const { drift, record } = await note(loadRig('sim-firmware-0.5.280'));
    expect(drift.join('\n')).toMatch(/firmware was .*RW_B:0\.5\.4.*, and is .*RW_B:0\.5\.280/);
    expect([record.state, record.reason]).toEqual(['good', expect.stringContaining('Drift: firmware was')]);
  });
});
