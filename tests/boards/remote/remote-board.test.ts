import { readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@playwright/test';
import type { RemoteBoard, RemoteBoardOptions } from '../../../src/boards/remote/index.ts';
import { openRemoteBoard } from '../../../src/boards/remote/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { BEGINNING, between, inMs, inSeconds, seconds } from '../../../src/units/index.ts';
import { FakeDevice } from './fake-device.ts';
import { sshTest } from './sshd.ts';
import { serveDevice } from './stand-in.ts';

type Open = (more?: Partial<RemoteBoardOptions>) => Promise<RemoteBoard>;

const test = sshTest.extend<{ device: FakeDevice; open: Open }>({
  device: async ({}, use) => {
    await use(new FakeDevice());
  },

  open: async ({ sshd, forwarding: { agent, socket }, device }, use) => {
    const server: Server = await serveDevice(device, socket);
    const boards: RemoteBoard[] = [];
    await use(async (more = {}) => {
      const board = await openRemoteBoard({
        ssh: { host: 'device', config: sshd.config },
        driver: 'tpm_tis_spi',
        agent,
        wakeAfter: seconds(2),
        backWithin: seconds(20),
        ...more,
      });
      boards.push(board);
      return board;
    });
    for (const board of boards) await board.close().catch(() => undefined);
    server.close();
    rmSync(socket, { force: true });
  },
});

// One after the other: each looks at what the others would leave.
test.describe.configure({ mode: 'default' });

const leftOvers = (): string[] =>
  ['/run', '/tmp'].flatMap((place) => readdirSync(place).filter((name) => /^h1-hil-[\w]{8}$/.test(name)));

test('a device is opened, driven and given back over ssh, and nothing is left there', async ({
  open,
  device,
}) => {
  const before = leftOvers();
  const board = await open();
  expect(board.facts.isRemote).toBe(true);
  expect([...board.capabilities]).toEqual(['kernel']);
  expect(device.drivers.get('tpm_tis_spi')!.has('spi0.0')).toBe(false);

  const driver = await KernelDriver.open(board.kernel, board.clock);
  await driver.probe();
  device.answers.push(Buffer.from('8001000000140000000000080102030405060708', 'hex'));
  expect(await driver.random(8)).toEqual(Buffer.from('0102030405060708', 'hex'));
  await driver.release();
  await board.close();
  expect(device.drivers.get('tpm_tis_spi')!.has('spi0.0')).toBe(true);
  await expect.poll(leftOvers).toEqual(before);
});

test("the device's clock is known within what an answer takes, and never runs back", async ({ open }) => {
  const { clock } = await open();
  // The device is this machine here: its own clock can be read, to 10 ms.
  const truth = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  expect(Math.abs(inSeconds(between(BEGINNING, clock.now())) - truth)).toBeLessThan(
    inSeconds(clock.uncertainty) + 0.02,
  );
  expect(inMs(clock.uncertainty)).toBeLessThan(50);
  let last = clock.now();
  for (let look = 0; look < 100; look++) {
    if (look % 25 === 0) await clock.measure();
    expect(clock.now()).toBeGreaterThanOrEqual(last);
    last = clock.now();
  }
});

test('a connection that ends in each of four sleeps brings their answers, each sleep once', async ({
  open,
  device,
  sshd,
}) => {
  const board = await open();
  const driver = await KernelDriver.open(board.kernel, board.clock);
  await driver.probe();
  device.whileAsleep = async () => {
    sshd.cutAll();
    await pause(200);
  };
  for (const kind of ['to-idle', 'via-firmware', 'to-idle', 'via-firmware'] as const) {
    await driver.suspend(kind);
    await driver.resume();
  }
  expect(device.slept).toEqual(['freeze 2', 'mem 2', 'freeze 2', 'mem 2']);
  expect(board.session.cuts).toBe(4);
  expect(board.sleeps).toHaveLength(4);
});

test('a network that is gone for a second is waited for', async ({ open, sshd }) => {
  const board = await open();
  await sshd.stop();
  const list = board.kernel.files.list('/sys/bus/spi/devices');
  await pause(1000);
  await sshd.start();
  expect(await list).toEqual(['spi0.0', 'spi1.0']);
});

test('a device that does not come back from its sleep is a lab failure with what was last seen', async ({
  open,
  device,
  sshd,
}) => {
  const board = await open({ backWithin: seconds(1), instruments: { ping: 'no-such-host.invalid' } });
  const driver = await KernelDriver.open(board.kernel, board.clock);
  device.whileAsleep = () => sshd.stop();
  await driver.suspend('to-idle').catch(() => undefined);
  await expect(driver.resume()).rejects.toThrow(
    /^Device device has not come back within 1 s\. It was last heard \d+\.\d s ago\. Under way was: sleep \(freeze\) for 2 s\. The connection: ssh ended with status 255.*no-such-host\.invalid answers no ping\.$/,
  );
  await sshd.start();
});

test('a kernel that refuses to sleep is told with its error; one whose alarm cannot be set is never asked', async ({
  open,
  device,
}) => {
  const board = await open();
  const driver = await KernelDriver.open(board.kernel, board.clock);
  device.outcome = -16;
  await driver.suspend('to-idle').catch(() => undefined);
  await expect(driver.resume()).rejects.toThrow('The kernel refused to sleep (freeze): error 16 (EBUSY).');
  await board.close();
  device.clocks = [];
  const other = await open();
  expect(other.kernel.suspended).toBeUndefined();
});

test('what the rig file names and the device lacks is a sentence', async ({ open, device }) => {
  await expect(open({ driver: 'cr50_spi' })).rejects.toThrow(
    'Device device has no SPI driver cr50_spi (error -2). See ls /sys/bus/spi/drivers there',
  );
  await expect(open({ device: 'spi9.0' })).rejects.toThrow(
    'Device device has no SPI device spi9.0; there are spi0.0, spi1.0.',
  );
  device.drivers.get('tpm_tis_spi')!.clear();
  await expect(open()).rejects.toThrow('Driver tpm_tis_spi of device device has no SPI device; there are');
});

test('a device that ssh does not reach is a sentence with what ssh says', async ({ open, sshd }) => {
  await sshd.stop();
  await expect(open()).rejects.toThrow(
    /^Device device cannot be reached by ssh \(status 255\)\. It says: ssh: connect to host 127\.0\.0\.1 port \d+: Connection refused\. See that this works without a question: ssh device true\.$/,
  );
  await sshd.start();
});
