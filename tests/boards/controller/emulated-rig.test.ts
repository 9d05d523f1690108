import { expect, test } from '@playwright/test';
import type { SpiStep } from '../../../src/board/index.ts';
import type { ControlledBoard } from '../../../src/boards/controller/index.ts';
import { openEmulatedRig } from '../../../src/boards/controller/index.ts';
import type { EmulatedRig, EmulatedRigOptions } from '../../../src/boards/controller/emulated-rig.ts';
import { ms, seconds, us } from '../../../src/units/index.ts';
import { skippedWithoutSerialPort } from '../../programs.ts';

// The committed image beside the simulated board: chip and controller are emulated, the serial port is the package's own.

const skipped = skippedWithoutSerialPort();
test.skip(skipped !== undefined, skipped);

const READ_DID_VID: readonly SpiStep[] = [
  { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
  { kind: 'poll', mask: 1, value: 1, limit: ms(1), timeoutFirst: false },
  { kind: 'read', size: 4 },
];
/** TPM_DID_VID as an H1 answers it. [CHIP 4.1] */
const DID_VID = 'e01a2800';

let rig: EmulatedRig;
let board: ControlledBoard;
const open = async (options: Partial<EmulatedRigOptions> = {}): Promise<void> => {
  rig = await openEmulatedRig({ seed: 1, firmware: '0.5.4', ...options });
  ({ board } = rig);
};
test.afterEach(() => board.close());

const start = async (): Promise<void> => {
  await board.power.on();
  await board.clock.sleep(ms(100));
  await board.reset.deassert();
  await board.clock.sleep(ms(10));
  await readIdentity();
};

/** Its last four bytes, in hexadecimal. */
const readIdentity = async (): Promise<string> => {
  const { received } = await board.spi.transaction(READ_DID_VID);
  const data = Buffer.from(received.slice(-4)).toString('hex');
  await board.clock.sleep(ms(5));
  return data;
};

const pulsesAtHost = async (action: () => Promise<unknown>): Promise<number> => {
  let count = 0;
  const stop = board.ready!.observe((edge) => {
    if (edge === 'asserted') count++;
  });
  await action();
  stop();
  return count;
};

const countAtChip = async (line: 'CS' | 'INT'): Promise<number> =>
  Number((await board.controller.ask(`MEAS:${line}?`)).split(',')[0]);

test("supply and TPM_RST_L are the chip's, through the controller's pins", async () => {
  await open();
  await start();
  expect(await readIdentity()).toBe(DID_VID);
  const resets = board.chip!.counters.resets;
  await board.reset.assert();
  await board.clock.sleep(ms(2));
  await board.reset.deassert();
  await board.clock.sleep(ms(10));
  expect(board.chip!.counters.resets).toBe(resets + 1);
  await board.power.off();
  expect(await readIdentity().catch(() => 'no answer')).not.toBe(DID_VID);
});

test('the same seed gives the same times to the nanosecond, also after others were run', async () => {
  await open();
  const walk = async (): Promise<readonly number[]> => {
    await rig.renew(7);
    const times: number[] = [];
    board.ready!.observe((_, at) => times.push(at));
    await start();
    await readIdentity();
    await board.faults.set({ kind: 'cs-glitch', width: us(100) });
    return [...times, board.clock.now()];
  };
  const first = await walk();
  await readIdentity();
  expect(await walk()).toEqual(first);
  expect(first.length).toBeGreaterThan(2);
});

for (const { fault, pulses } of [
  { fault: { kind: 'ready-open' }, pulses: 0 },
  { fault: { kind: 'ready-stuck', level: 'high' }, pulses: 0 },
  // The line falls once, when the switch is thrown.
  { fault: { kind: 'ready-stuck', level: 'low' }, pulses: 1 },
  { fault: { kind: 'ready-glitch' }, pulses: 2 },
] as const)
  test(`the interrupt switch makes ${JSON.stringify(fault)}, while the chip pulses on`, async () => {
    await open();
    await start();
    const before = await countAtChip('INT');
    const seen = await pulsesAtHost(async () => {
      await board.faults.set(fault);
      await readIdentity();
    });
    expect(seen).toBe(pulses);
    expect(await countAtChip('INT')).toBe(before + 1);
    await board.faults.clear();
    expect(await pulsesAtHost(readIdentity)).toBe(1);
  });

test('CS_L stuck high by the controller hides the frame from the chip, and clears', async () => {
  await open();
  await start();
  const { frames } = board.chip!.counters;
  await board.faults.set({ kind: 'line-stuck', line: 'CS_L', level: 'high' });
  expect(board.faults.active).toEqual([{ kind: 'line-stuck', line: 'CS_L', level: 'high' }]);
  await readIdentity().catch(() => undefined);
  expect(board.chip!.counters.frames).toBe(frames);
  await board.faults.clear();
  expect(await readIdentity()).toBe(DID_VID);
});

test('a glitch of CS_L has the width that was asked for, within 1 us and the two stamps', async () => {
  await open();
  await start();
  await board.controller.tell('LOG:CLE');
  await board.faults.set({ kind: 'cs-glitch', width: us(100) });
  const [count, , last] = (await board.controller.ask('MEAS:CS?')).split(',').map(Number);
  expect(count).toBe(1);
  // 62.5 ns a tick; the pulse is right to 1 us, and so is each of the two stamps.
  expect(Math.abs(last! / 16 - 100)).toBeLessThan(3);
  expect(board.chip!.counters.emptySelects).toBeGreaterThan(0);
});

for (const { fault, what } of [
  { fault: { kind: 'reset-at', frame: 1, byte: 8, width: ms(2) }, what: 'resets' },
  { fault: { kind: 'power-cut-at', frame: 1, byte: 8, width: ms(2) }, what: 'restarts' },
] as const)
  test(`${fault.kind} is armed for its frame and ${what} the chip there, not before`, async () => {
    await open();
    await start();
    await board.faults.set(fault);
    expect(await readIdentity()).toBe(DID_VID);
    expect(await board.controller.ask('ARM:STAT?')).toBe('IDLE');
    // The moment lies in this frame.
    await readIdentity().catch(() => undefined);
    expect(await board.controller.ask('ARM:STAT?')).toBe('DONE');
  });

test('a fault that the controller cannot make is the board’s own', async () => {
  await open();
  await start();
  await board.faults.set({ kind: 'line-stuck', line: 'MISO', level: 'low' });
  expect(await readIdentity().catch(() => 'stalled')).toBe('stalled');
  await board.faults.clear();
  await board.clock.sleep(ms(5));
  expect(await readIdentity()).toBe(DID_VID);
});

test('a host that does not keep CS works when the controller holds it', async () => {
  await open({ faults: [{ kind: 'cs-not-kept' }] });
  await start();
  expect(await readIdentity().catch(() => 'lost')).not.toBe(DID_VID);
  await board.close();
  await open({ faults: [{ kind: 'cs-not-kept' }], drivesSelect: true });
  await start();
  expect(await readIdentity()).toBe(DID_VID);
});

test('the edges that the controller stamped lie on the clock of the board within their uncertainty', async () => {
  await open();
  await start();
  await board.edges.clear();
  const pulse: number[] = [];
  board.ready!.observe((_, at) => pulse.push(at));
  const { fall, rise } = await board.spi.transaction(READ_DID_VID);
  await board.clock.sleep(ms(1));
  const { edges, lost } = await board.edges.read();
  expect(lost).toBe(0);
  expect(edges.map(({ line, edge }) => `${line} ${edge}`)).toEqual([
    'CS_L asserted',
    'CS_L deasserted',
    'INT_AP_L asserted',
    'INT_AP_L deasserted',
  ]);
  [fall, rise, ...pulse].forEach((at, i) => {
    const logged = edges[i]!;
    expect(logged.uncertainty).toBeLessThan(us(5));
    expect(Math.abs(logged.at - at)).toBeLessThanOrEqual(logged.uncertainty);
  });
  expect((await board.edges.read()).edges).toEqual([]);
});

test('of more edges than the log holds the newest are told, and how many are not', async () => {
  await open();
  await start();
  await board.edges.clear();
  for (let i = 0; i < 20; i++) await readIdentity();
  const { edges, lost } = await board.edges.read();
  // Four edges a frame; the log holds 63.
  expect([edges.length, lost]).toEqual([63, 17]);
  expect(edges.at(-1)).toMatchObject({ line: 'INT_AP_L', edge: 'deasserted' });
});

test('ten minutes of virtual time do not make the watchdog take the host for dead', async () => {
  await open();
  await start();
  await board.clock.sleep(seconds(600));
  expect(await board.controller.ask('LEAS?;:OUTP:POW?')).toBe('1,1;1');
});

test('a thread that sleeps while another speaks to the controller wakes after it, each time alike', async () => {
  await open();
  const wakes = async (): Promise<number> => {
    await rig.renew(3);
    await start();
    const from = board.clock.now();
    const [woken] = await board.clock.together([
      async () => {
        await board.clock.sleep(ms(1));
        return board.clock.now() - from;
      },
      async () => {
        await board.faults.set({ kind: 'ready-open' });
        return board.clock.now() - from;
      },
    ]);
    return woken!;
  };
  const first = await wakes();
  expect(first).toBeGreaterThanOrEqual(ms(1));
  expect(await wakes()).toBe(first);
});
