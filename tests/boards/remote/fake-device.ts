import { setTimeout as pause } from 'node:timers/promises';
import { FakeKernel } from '../../kernel/fake-kernel.ts';
import type { StandInDevice } from './stand-in.ts';

const WAKE_ALARM = '/sys/class/rtc/rtc0/wakealarm';

/** A kernel's files in memory, with the folders that a remote device is looked at by, and a sleep of its own. */
export class FakeDevice extends FakeKernel implements StandInDevice {
  readonly files = this;
  /** What was slept, in order. */
  readonly slept: string[] = [];
  /** What happens while it sleeps, before it is back. */
  whileAsleep: () => Promise<unknown> = () => pause(50);
  /** What a sleep ends with. */
  outcome = 0;
  devices: readonly string[] = ['spi0.0', 'spi1.0'];
  clocks: readonly string[] = ['rtc0'];

  constructor() {
    super();
    this.drivers.get('tpm_tis_spi')!.add('spi0.0');
    this.texts.set(WAKE_ALARM, '').set('/sys/power/mem_sleep', 's2idle [deep]\n').set('/sys/power/state', '');
  }

  async sleep(state: string, seconds: number): Promise<number> {
    this.slept.push(`${state} ${seconds}`);
    await this.whileAsleep();
    return this.outcome;
  }

  override async open(path: string): Promise<number> {
    if (path === WAKE_ALARM && this.clocks.length === 0) return -2;
    return super.open(path);
  }

  override async list(path: string): Promise<readonly string[] | number> {
    if (path === '/sys/bus/spi/devices') return this.devices;
    if (path === '/sys/class/rtc') return this.clocks;
    if (path === '/sys/class/tpm/tpm0') return ['pcr-sha256'];
    return super.list(path);
  }
}
