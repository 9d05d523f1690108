import { expect, test } from '@playwright/test';
import type { Fault } from '../../src/board/index.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import { examineBoard } from '../../src/rig/index.ts';
import type { Check } from '../../src/rig/index.ts';
import { run, Workplace } from '../cli/h1-hil.ts';

async function examine(fault?: Fault): Promise<Map<string, Check>> {
  const board = new SimBoard({ seed: 1, firmware: '0.5.4', faults: fault === undefined ? [] : [fault] });
  try {
    return new Map((await examineBoard(board)).map((check) => [check.name, check]));
  } finally {
    await board.close();
  }
}

test('a board that is wired right passes every check', async () => {
  const checks = await examine();
  expect([...checks.values()].map(({ name, verdict, seen }) => [name, verdict, seen])).toEqual([
    ['clock', 'right', 'resolution 1 ns'],
    ['identity', 'right', 'TPM_DID_VID e0 1a 28 00'],
    ['INT_AP_L', 'right', 'a pulse after a frame, stamped to 1 ns'],
    ['TPM_RST_L', 'right', 'a pulse resets the TPM'],
    ['supply', 'right', 'off and on'],
  ]);
});

for (const { wiring, fault, name, seen, remedy } of [
  {
    wiring: 'MISO stuck low',
    fault: { kind: 'line-stuck', line: 'MISO', level: 'low' },
    name: 'identity',
    seen: 'MISO is low all the time',
    remedy: /^MISO is stuck low or open/,
  },
  {
    wiring: 'MISO stuck high',
    fault: { kind: 'line-stuck', line: 'MISO', level: 'high' },
    name: 'identity',
    seen: 'MISO is high all the time',
    remedy: /^MISO is stuck high or open/,
  },
  {
    wiring: 'INT_AP_L open',
    fault: { kind: 'ready-open' },
    name: 'INT_AP_L',
    seen: 'no pulse after a frame',
    remedy: /^The line is open or stuck high/,
  },
  {
    wiring: 'INT_AP_L stuck low',
    fault: { kind: 'ready-stuck', level: 'low' },
    name: 'INT_AP_L',
    seen: 'low while the chip is idle',
    remedy: /^The line is stuck low/,
  },
  {
    wiring: 'TPM_RST_L stuck high',
    fault: { kind: 'line-stuck', line: 'TPM_RST_L', level: 'high' },
    name: 'TPM_RST_L',
    seen: 'a pulse does not reset the TPM',
    remedy: /^The line is open, stuck high or swapped/,
  },
  {
    wiring: 'a supply that is never cut',
    fault: { kind: 'line-stuck', line: 'supply', level: 'high' },
    name: 'supply',
    seen: 'the chip answers while its supply is off',
    remedy: /^The switch does not cut the supply/,
  },
] as const satisfies readonly {
  wiring: string;
  fault: Fault;
  name: string;
  seen: string;
  remedy: RegExp;
}[])
  test(`${wiring} is named, with its remedy`, async () => {
    const check = (await examine(fault)).get(name);
    expect(check).toMatchObject({ verdict: 'wrong', seen });
    expect(check?.remedy).toMatch(remedy);
  });

test('h1-hil doctor tells a right rig as JSON and ends with 0', async () => {
  const place = new Workplace();
  const { code, stdout } = await run(['doctor', place.rig, '--json']);
  place.remove();
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as Check[]).map(({ verdict }) => verdict)).not.toContain('wrong');
});

test('h1-hil doctor names what a host without the bus lacks, and ends with 3', async () => {
  const place = new Workplace();
  const rig = place.write(
    'real.yaml',
    'description: A bench\nboard:\n  kind: linux\n  spi: { device: /dev/spidev99.7, sckHz: 1000000 }\n',
  );
  const { code, stdout } = await run(['doctor', rig]);
  place.remove();
  expect(code).toBe(3);
  expect(stdout).toContain('/dev/spidev99.7 does not exist');
});
