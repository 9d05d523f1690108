import { expect, test } from '@playwright/test';
import type { Board, Fault } from '../../src/board/index.ts';
import { CLOCK_RESOLUTION } from '../../src/board/index.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import { openEmulatedRig } from '../../src/boards/controller/index.ts';
import type { EmulatedRigOptions } from '../../src/boards/controller/emulated-rig.ts';
import { examineBoard, examineController } from '../../src/doctor/index.ts';
import type { Check } from '../../src/doctor/index.ts';
import { run, Workplace } from '../cli/h1-hil.ts';
import { isBuilt } from '../is-built.ts';
import { skippedWithoutSerialPort } from '../programs.ts';

const named = (checks: readonly Check[]): Map<string, Check> =>
  new Map(checks.map((check) => [check.name, check]));

async function examine(fault?: Fault): Promise<Map<string, Check>> {
  const board = new SimBoard({ seed: 1, firmware: '0.5.4', faults: fault === undefined ? [] : [fault] });
  try {
    return named(await examineBoard(board));
  } finally {
    await board.close();
  }
}

test('a board that is wired right passes every check', async () => {
  const checks = await examine();
  expect([...checks.values()].map(({ name, verdict, seen }) => [name, verdict, seen])).toEqual([
    ['identity', 'right', 'TPM_DID_VID e0 1a 28 00'],
    ['CS hold', 'right', 'header, wait bytes and data are one frame'],
    ['INT_AP_L', 'right', 'a pulse after a frame, stamped to 1 ns'],
    ['TPM_RST_L', 'right', 'a pulse resets the TPM'],
    ['supply', 'right', 'off and on'],
  ]);
});

const HIGH = { level: 'high' } as const;
const LOW = { level: 'low' } as const;
const stuck = (
  line: 'CS_L' | 'SCK' | 'MOSI' | 'MISO' | 'TPM_RST_L' | 'supply',
  how: typeof HIGH | typeof LOW,
) => ({ kind: 'line-stuck', line, ...how }) as const;
const open = (line: 'CS_L' | 'SCK' | 'MOSI' | 'MISO' | 'TPM_RST_L' | 'supply') =>
  ({ kind: 'line-open', line }) as const;

/** Each wire broken in each way: the check that must fail, and the wire that its remedy must name. */
const WIRING: readonly { fault: Fault; name: string; remedy: RegExp }[] = [
  { fault: open('CS_L'), name: 'identity', remedy: /CS_L or SCK is open or stuck/ },
  { fault: stuck('CS_L', HIGH), name: 'identity', remedy: /CS_L or SCK is open or stuck/ },
  { fault: stuck('CS_L', LOW), name: 'identity', remedy: /CS_L or SCK is open or stuck/ },
  { fault: open('SCK'), name: 'identity', remedy: /CS_L or SCK is open or stuck/ },
  { fault: stuck('SCK', HIGH), name: 'identity', remedy: /CS_L or SCK is open or stuck/ },
  { fault: stuck('SCK', LOW), name: 'identity', remedy: /CS_L or SCK is open or stuck/ },
  { fault: open('MOSI'), name: 'identity', remedy: /MOSI is open or stuck/ },
  { fault: stuck('MOSI', HIGH), name: 'identity', remedy: /MOSI is open or stuck/ },
  { fault: stuck('MOSI', LOW), name: 'identity', remedy: /MOSI is open or stuck/ },
  { fault: open('MISO'), name: 'identity', remedy: /^MISO is open; the other wires reach the chip/ },
  { fault: stuck('MISO', HIGH), name: 'identity', remedy: /^MISO is stuck high or open; the other wires/ },
  { fault: stuck('MISO', LOW), name: 'identity', remedy: /^MISO is stuck low or open; the other wires/ },
  { fault: open('TPM_RST_L'), name: 'identity', remedy: /TPM_RST_L is stuck low or open/ },
  { fault: stuck('TPM_RST_L', LOW), name: 'identity', remedy: /TPM_RST_L is stuck low or open/ },
  { fault: stuck('TPM_RST_L', HIGH), name: 'TPM_RST_L', remedy: /^The line is open, stuck high or swapped/ },
  { fault: open('supply'), name: 'identity', remedy: /^The chip has no supply/ },
  { fault: stuck('supply', LOW), name: 'identity', remedy: /^The chip has no supply/ },
  { fault: stuck('supply', HIGH), name: 'supply', remedy: /^The switch does not cut the supply/ },
  { fault: { kind: 'ready-open' }, name: 'INT_AP_L', remedy: /^The line is open or stuck high/ },
  { fault: { kind: 'ready-stuck', ...HIGH }, name: 'INT_AP_L', remedy: /^The line is open or stuck high/ },
  { fault: { kind: 'ready-stuck', ...LOW }, name: 'INT_AP_L', remedy: /^The line is stuck low/ },
  { fault: { kind: 'cs-not-kept' }, name: 'CS hold', remedy: /^The host does not keep CS/ },
];

for (const { fault, name, remedy } of WIRING)
  test(`wiring is named, with its remedy: ${JSON.stringify(fault)}`, async () => {
    const checks = await examine(fault);
    expect(checks.get(name)?.verdict).toBe('wrong');
    expect(checks.get(name)?.remedy).toMatch(remedy);
    // Nothing else is blamed for it.
    expect([...checks.values()].filter(({ verdict }) => verdict === 'wrong')).toHaveLength(1);
  });

test('MOSI and MISO that are swapped are named: the chip hears nothing, and nobody drives the host', async () => {
  const board = new SimBoard({ seed: 1, faults: [open('MOSI'), open('MISO')] });
  const checks = named(await examineBoard(board));
  await board.close();
  expect(checks.get('identity')).toMatchObject({ verdict: 'wrong' });
  expect(checks.get('identity')?.remedy).toMatch(/MISO is open|MOSI and MISO are swapped/);
});

test('INT_AP_L and TPM_RST_L that are swapped are named', async () => {
  // The host watches TPM_RST_L, which its pull-up holds, and drives INT_AP_L.
  const sim = new SimBoard({ seed: 1, has: { reset: false } });
  let isAsserted = true;
  const board: Board = {
    facts: sim.facts,
    capabilities: sim.capabilities,
    clock: sim.clock,
    spi: sim.spi,
    bus: sim.bus,
    power: sim.power,
    ready: {
      name: 'INT_AP_L',
      isAsserted: false,
      uncertainty: CLOCK_RESOLUTION,
      arm: () => ({ take: () => undefined, next: () => Promise.resolve(undefined), close: () => undefined }),
      observe: () => () => undefined,
    },
    reset: {
      name: 'TPM_RST_L',
      get isAsserted() {
        return isAsserted;
      },
      assert: async () => {
        isAsserted = true;
      },
      deassert: async () => {
        isAsserted = false;
      },
    },
    close: () => sim.close(),
  };
  const checks = named(await examineBoard(board));
  await board.close();
  expect(checks.get('TPM_RST_L')?.remedy).toMatch(/^INT_AP_L and TPM_RST_L are swapped/);
});

async function examineEmulated(options: Omit<EmulatedRigOptions, 'seed'>): Promise<Map<string, Check>> {
  const skipped = skippedWithoutSerialPort();
  test.skip(skipped !== undefined, skipped);
  const { board } = await openEmulatedRig({ seed: 1, ...options });
  try {
    return named([...(await examineBoard(board)), ...(await examineController(board))]);
  } finally {
    await board.close();
  }
}

test('a rig with a controller that is wired right passes every check', async () => {
  const checks = await examineEmulated({});
  expect([...checks.values()].filter(({ verdict }) => verdict !== 'right')).toEqual([]);
  expect([...checks.keys()].slice(5)).toEqual([
    'controller',
    'controller outputs',
    'current',
    'wake pulse',
    'CS at the chip',
    'interrupt switch',
  ]);
});

for (const { wiring, options, name, seen } of [
  {
    wiring: 'CS_L that does not reach the chip',
    options: { faults: [open('CS_L')] },
    name: 'CS at the chip',
    seen: 'CS_L falls 0 times in a frame',
  },
  {
    wiring: 'a host that does not keep CS',
    options: { faults: [{ kind: 'cs-not-kept' }] },
    name: 'CS at the chip',
    seen: 'CS_L falls 2 times in a frame',
  },
  {
    wiring: 'a host that sends no wake pulse',
    options: { faults: [{ kind: 'wake-pulse-lost' }] },
    name: 'wake pulse',
    seen: 'CS_L falls 0 times at the chip',
  },
  {
    wiring: 'INT_AP_L open between the switch and the host',
    options: { faults: [{ kind: 'ready-open' }] },
    name: 'interrupt switch',
    seen: 'the controller sees the pulse of the chip, the host does not',
  },
  {
    wiring: 'a board that draws nothing',
    options: { drawsMa: 0 },
    name: 'current',
    seen: '0 mA with the supply on, 0 mA with it off',
  },
] as const satisfies readonly {
  wiring: string;
  options: Omit<EmulatedRigOptions, 'seed'>;
  name: string;
  seen: string;
}[])
  test(`the controller names ${wiring}`, async () => {
    expect((await examineEmulated(options)).get(name)).toMatchObject({ verdict: 'wrong', seen });
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
  expect(stdout.match(/\/dev\/spidev99\.7/g)).toHaveLength(1);
  // The package is a second thing that such a host lacks.
  const wrong = isBuilt('spi-device') ? 1 : 2;
  expect(stdout).toMatch(
    new RegExp(`\n\n${wrong} of \\d wrong, \\d not looked at, begin with (host|SPI device)\\.\n$`),
  );
});
