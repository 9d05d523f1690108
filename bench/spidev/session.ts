import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CdevGpio } from '../../src/boards/linux/cdev-gpio.ts';
import { EdgeInput } from '../../src/boards/linux/edge-input.ts';
import { HostClock } from '../../src/boards/linux/host-clock.ts';
import { LinuxBoard } from '../../src/boards/linux/linux-board.ts';
import { openSpidev } from '../../src/boards/linux/open-spidev.ts';
import type { SpiOptions } from '../../src/boards/linux/options.ts';
import { traced } from '../../src/boards/traced.ts';
import { recommended, OwnDriver } from '../../src/driver/index.ts';
import type { HostDriver } from '../../src/driver/index.ts';
import { getRandom, hash } from '../../src/tpm/index.ts';
import { TraceRecorder } from '../../src/trace/index.ts';
import { TPM_ALG } from '../../src/wire/index.ts';
import { median } from '../measure.ts';

// In a process with preload.c loaded: our driver on the board `linux`, whose kernel is played. Tells one line of JSON for each
// command, without the trace and with it.
//   session.ts <spi-device | ioctl> <rounds> <commands in a round> [untraced]

interface Counts {
  readonly ioctls: number;
  readonly frames: number;
  readonly commands: number;
  readonly faults: number;
  /** Processor time in calls to the kernel that is played, and of this thread in all. */
  readonly insideNs: number;
  readonly spentNs: number;
}

const counts = (): Counts => JSON.parse(readFileSync('/dev/bench-counts', 'utf8')) as Counts;

/** Rounds before the first that counts: the stall is learned, the line proven, the code compiled as well as it ever is. */
const WARM_UP = 3;

const [through, rounds, commands, which] = process.argv.slice(2);
const spiOptions: SpiOptions = {
  device: '/dev/spidev0.0',
  // What is played without bus time is as fast as can be said.
  sckHz: Number(process.env['BENCH_SCK_HZ'] ?? 1e9),
  through: through === 'ioctl' ? 'ioctl' : 'spi-device',
};

const clock = new HostClock();
const spi = await openSpidev(spiOptions, clock);
const gpio = await CdevGpio.open(dirname(process.env['BENCH_GPIOCHIP'] ?? ''));
const ready = new EdgeInput('INT_AP_L', gpio, { chip: 'bench', offset: 0 }, clock);
const board = new LinuxBoard({ clock, spi, ready, reset: undefined, power: undefined, cs: undefined });

/** What is measured: this command, `calls` times a round. */
interface Measured {
  readonly name: string;
  readonly command: Uint8Array;
  readonly isTraced: boolean;
  readonly calls: number;
}

async function measure(driver: HostDriver, { name, command, isTraced, calls }: Measured): Promise<void> {
  for (let i = 0; i < WARM_UP * calls; i++) await driver.transmit(command);
  const before = counts();
  await driver.transmit(command);
  const after = counts();
  const total: number[] = [];
  const software: number[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    const from = counts();
    for (let call = 0; call < calls; call++) await driver.transmit(command);
    const to = counts();
    total.push((to.spentNs - from.spentNs) / calls);
    software.push((to.spentNs - from.spentNs - to.insideNs + from.insideNs) / calls);
  }
  const result = {
    name,
    isTraced,
    ioctls: after.ioctls - before.ioctls,
    frames: after.frames - before.frames,
    faults: after.faults,
    ns: median(total),
    softwareNs: median(software),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

for (const isTraced of which === 'untraced' ? [false] : [false, true]) {
  const driver = new OwnDriver({
    board: isTraced ? traced(board, new TraceRecorder()) : board,
    profile: recommended,
  });
  await driver.probe();
  await measure(driver, {
    name: 'GetRandom(32)',
    command: getRandom(32).bytes,
    isTraced,
    calls: Number(commands),
  });
  const hash1024 = hash(new Uint8Array(1024), TPM_ALG.SHA256).bytes;
  await measure(driver, {
    name: 'Hash(1024)',
    command: hash1024,
    isTraced,
    calls: Math.ceil(Number(commands) / 4),
  });
  driver.abandon();
}
await board.close();
