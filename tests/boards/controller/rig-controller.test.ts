import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { controlledBoard, openLink, RigController } from '../../../src/boards/controller/index.ts';
import { openRig } from '../../../src/rig/index.ts';
import { skippedWithoutSerialPort } from '../../programs.ts';
import { SerialBench } from './serial-bench.ts';

// The package serialport as it is, on a pseudo-terminal with the controller's committed image at its other end.

const skipped = skippedWithoutSerialPort();
test.skip(skipped !== undefined, skipped);

let bench: SerialBench;
test.beforeEach(async () => {
  bench = await SerialBench.open();
});
test.afterEach(() => bench.close());

const start = async (token = 'test'): Promise<RigController> =>
  RigController.start(await openLink(bench.port), bench.port, { token });

test('a lease is begun, safe and watched, when it is started, and ended when it is closed', async () => {
  const controller = await start();
  expect(await controller.ask('LEAS?;:SYST:WATC?;:OUTP:POW?;:OUTP:RES?')).toBe('1,1;10000;0;ASS');
  await controller.tell('OUTP:POW ON');
  expect(bench.controller.isHigh('power')).toBe(true);
  await controller.close();
  expect(bench.controller.isHigh('power')).toBe(false);
  const next = await start('another');
  await next.close();
});

test('half a line that somebody left behind does no harm', async () => {
  bench.controller.send('OUTP:POW O');
  const controller = await start();
  expect(await controller.ask('OUTP:POW?')).toBe('0');
  await controller.close();
});

test('a command that is refused tells why, and the next one works', async () => {
  const controller = await start();
  await expect(controller.tell('PULS:RES 1')).rejects.toThrow(
    'The rig controller refused PULS:RES 1: -222,"Data out of range".',
  );
  expect(await controller.ask('*TST?')).toBe('0');
  await controller.close();
});

test('commands that are given at once are answered in order', async () => {
  const controller = await start();
  const answers = await Promise.all(
    ['*IDN?', 'OUTP:CS?', 'ROUT:INT?', 'SYST:PROT?'].map((question) => controller.ask(question)),
  );
  expect(answers).toEqual(['h1-hil,rig-controller,0,1.2', 'AUTO', 'PASS', '3']);
  await controller.close();
});

test('a controller that another host holds is refused', async () => {
  bench.controller.send('LEAS:BEG 1,bob,60000\n');
  await expect(start()).rejects.toThrow(/^The rig controller on \S+ is held by another host\. Wait/);
});

test('a holder whose lease is over is told so, and does nothing more', async () => {
  const controller = await start();
  await controller.tell('OUTP:POW ON');
  bench.controller.send('LEAS:BEG 2,test,60000\nLEAS 2;:OUTP:CS DEAS\n');
  await expect(controller.tell('OUTP:RES DEAS')).rejects.toThrow(
    /^Lease 1 is over on the rig controller on \S+: another run has begun one since.* refused OUTP:RES DEAS, and did nothing\./,
  );
  await expect(controller.ask('OUTP:POW?')).rejects.toThrow('Lease 1 is over');
  await controller.close();
  expect([bench.controller.isHigh('power'), bench.controller.isHigh('csMux1')]).toEqual([false, true]);
});

test('a claim that is lost between the look and the lease begins none', async () => {
  const link = await openLink(bench.port);
  const check = (): Promise<void> => Promise.reject(new Error('the rig is lost'));
  await expect(RigController.start(link, bench.port, { token: 'test', check })).rejects.toThrow('is lost');
  const next = await start();
  expect(next.lease).toBe(1);
  await next.close();
});

test('a claim that somebody overtakes looks again, and begins the next lease', async () => {
  const asked: number[] = [];
  const check = async (): Promise<void> => {
    if (asked.push(1) === 1) bench.controller.send('LEAS:BEG 1,test,60000\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const link = await openLink(bench.port);
  const controller = await RigController.start(link, bench.port, { token: 'test', check });
  expect([controller.lease, asked.length]).toEqual([2, 2]);
  await controller.close();
});

test('a silent controller is a failure within its limit, and every later call fails at once', async () => {
  const controller = await start();
  bench.freeze();
  await expect(controller.tell('OUTP:POW ON')).rejects.toThrow(
    /^The rig controller on \S+ did not answer OUTP:POW ON;:SYST:ERR\? within 1000 ms\./,
  );
  await expect(controller.tell('*RST')).rejects.toThrow('did not answer OUTP:POW ON');
  await controller.close();
});

test('a garbled answer is a failure that shows it', async () => {
  const controller = await start();
  bench.distort = (byte) => (byte === 0x30 ? 0x81 : byte);
  await expect(controller.ask('OUTP:POW?')).rejects.toThrow(
    /answered OUTP:POW\?\S* with ".+", which cannot be read/,
  );
  await controller.close();
});

test('an answer with a byte too few is a failure', async () => {
  const controller = await start();
  bench.distort = (byte) => (byte === 0x22 ? undefined : byte);
  await expect(controller.ask('OUTP:POW?')).rejects.toThrow('which cannot be read');
  await controller.close();
});

test('a cable that is pulled out is a failure of the call under way', async () => {
  const controller = await start();
  bench.freeze();
  const call = expect(controller.tell('OUTP:POW ON')).rejects.toThrow(/^The rig controller on \S+ is gone/);
  await bench.unplug();
  await call;
  await controller.close();
});

test('a cable that is pulled out while nobody speaks is told to the next caller', async () => {
  const controller = await start();
  await bench.unplug();
  await bench.close();
  await expect(controller.ask('OUTP:POW?')).rejects.toThrow('is gone');
  await controller.close();
});

test('a port that does not exist is named, with what to do', async () => {
  await expect(openLink('/dev/ttyNONE')).rejects.toThrow(
    "The rig's serial port /dev/ttyNONE cannot be opened: it does not exist. Plug it in",
  );
});

test('a port that is no serial port is named', async () => {
  await expect(openLink('/dev/null')).rejects.toThrow("The rig's serial port /dev/null cannot be opened: ");
});

test('a port that somebody else has open is refused', async () => {
  const controller = await start();
  await expect(openLink(bench.port)).rejects.toThrow('cannot be opened: ');
  await controller.close();
});

test('a network serial port works as a serial port does', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      bench.controller.send(bytes.toString('latin1'));
    });
    bench.controller.onByte = (byte) => socket.write(Uint8Array.of(byte));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const controller = await RigController.start(await openLink(port), port, { token: 'net' });
  expect(await controller.ask('OUTP:RES?')).toBe('ASS');
  await controller.close();
  await new Promise((resolve) => server.close(resolve));
});

for (const [what, late] of [
  ['before the next question', 0],
  ['while the next question waits', 50],
] as const)
  test(`an answer to an earlier try that comes ${what} is taken for no other answer`, async () => {
    let tries = 0;
    let socketOf: { write(text: string): void } | undefined;
    const server = createServer((socket) => {
      socketOf = socket;
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        const isTry = bytes.includes('*IDN?');
        // The first try is heard as late as the second.
        if (isTry && ++tries === 1) return;
        bench.controller.send(bytes.toString('latin1'));
      });
      let answer = '';
      bench.controller.onByte = (byte) => {
        answer += String.fromCharCode(byte);
        if (byte !== 0x0a) return;
        const line = answer;
        answer = '';
        const isIdentity = line.startsWith('h1-hil') && !line.includes('"');
        socket.write(line);
        if (isIdentity) setTimeout(() => socketOf?.write(line), late);
      };
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const controller = await RigController.start(await openLink(port), port, { token: 'late' });
    expect(tries).toBe(2);
    expect(await controller.ask('OUTP:RES?')).toBe('ASS');
    expect(await controller.ask('*IDN?')).toContain('rig-controller');
    await controller.close();
    await new Promise((resolve) => server.close(resolve));
  });

test('a thing that answers otherwise is not taken for a controller', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('ACME,MULTIMETER,7,2.0\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(RigController.start(await openLink(port), port, { token: 'net' })).rejects.toThrow(
    'is answered by "ACME,MULTIMETER,7,2.0"; a rig controller is needed.',
  );
  await new Promise((resolve) => server.close(resolve));
});

test("the board's supply and TPM_RST_L are the controller's, and safe when the board is closed", async () => {
  const sim = new SimBoard({ seed: 1, has: { power: false, reset: false } });
  const board = controlledBoard(sim, await start());
  expect([...board.capabilities]).toEqual(expect.arrayContaining(['power', 'reset', 'ready-line']));
  expect([board.power.isOn, board.reset.isAsserted]).toEqual([false, true]);
  await board.power.on();
  await board.reset.deassert();
  expect([bench.controller.isHigh('power'), bench.controller.isHigh('reset')]).toEqual([true, true]);
  await board.close();
  expect([bench.controller.isHigh('power'), bench.controller.isHigh('reset')]).toEqual([false, false]);
});

test('a board that draws too little is a failure when it is switched on', async () => {
  const board = controlledBoard(new SimBoard({ seed: 1 }), await start(), { leastCurrentMa: 5 });
  bench.controller.setSense(0.01);
  await expect(board.power.on()).rejects.toThrow(
    /^The board draws [\d.]+ mA with its supply on; the rig file says at least 5 mA\./,
  );
  bench.controller.setSense(0.15);
  await board.power.on();
  await board.close();
});

test('a rig with a controller is opened through it, and a board that is missing lets go of it', async () => {
  const rig = {
    description: 'A bench without its board',
    name: 'bench',
    file: '/bench.yaml',
    key: '/bench.yaml',
    board: {
      kind: 'linux' as const,
      spi: { device: '/dev/spidev99.7', sckHz: 1_000_000 },
      lines: {},
      controller: { port: bench.port },
    },
  };
  await expect(openRig(rig, 1)).rejects.toThrow('/dev/spidev99.7 does not exist');
  const next = await start('another');
  await next.close();
});
