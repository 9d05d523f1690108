import { constants, readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Duration } from '../../units/index.ts';
import { inMs, ms, us } from '../../units/index.ts';
import { LineMissing } from './errors.ts';
import type { EdgeListener, Gpio, InputPin, OutputDrive, OutputPin } from './gpio.ts';
import {
  emptyChipInfo,
  GPIO_GET_CHIPINFO,
  GPIO_V2_GET_LINE,
  GPIO_V2_GET_LINEINFO,
  GPIO_V2_LINE_GET_VALUES,
  GPIO_V2_LINE_SET_VALUES,
  isLineAsserted,
  LINE_EVENT_SIZE,
  lineDescriptor,
  lineInfoOf,
  lineRequest,
  lineValues,
  readChipInfo,
  readLineEvent,
  readLineInfo,
} from './gpio-uapi.ts';
import type { LineUse } from './gpio-uapi.ts';
import type { HostClock } from './host-clock.ts';
import type { Libc } from './libc.ts';
import { loadLibc, O_CLOEXEC, SystemCallFailed } from './libc.ts';
import type { LineOptions } from './options.ts';

const DEVICES = '/dev';
const EVENTS_AT_ONCE = 16;

/** Recorders are told at least this often of edges that no driver waits for. */
const COLLECT_EVERY_MS = 5;

/** The stamp is taken when the interrupt is served: a few us late on an idle host, more on a busy one. */
const STAMP_DELAY = us(100);

/** A wait for an edge holds the event loop up for this long: long enough for a ready pulse, and short for everything else. */
const MAX_STANDSTILL = ms(1);

interface FoundLine {
  readonly device: string;
  readonly offset: number;
}

/** GPIO lines through the character device (/dev/gpiochip*), version 2 of its requests: kernel 5.10 and later. */
export class CdevGpio implements Gpio {
  readonly kind = 'cdev';

  private constructor(
    private readonly libc: Libc,
    private readonly folder: string,
  ) {}

  /** @throws PackageMissing */
  static async open(folder = DEVICES): Promise<CdevGpio> {
    return new CdevGpio(await loadLibc(), folder);
  }

  static isHere(folder = DEVICES): boolean {
    return chipsIn(folder).length > 0;
  }

  openOutput(net: string, line: LineOptions, drive: OutputDrive): OutputPin {
    return new CdevOutput(this.libc, this.#request(net, line, drive));
  }

  openInput(net: string, line: LineOptions, clock: HostClock, listener: EdgeListener): InputPin {
    return new CdevInput(this.libc, this.#request(net, line, 'watch'), clock, listener);
  }

  /** @returns the descriptor of the line, which is given back when that is closed, also by the death of the process */
  #request(net: string, line: LineOptions, use: LineUse): number {
    const { device, offset } = this.#find(net, line);
    return this.#withChip(net, device, (chip) => {
      const request = lineRequest(offset, use, line.activeHigh === true);
      try {
        this.libc.ioctl(chip, GPIO_V2_GET_LINE, request);
      } catch (cause) {
        throw new LineMissing(
          `${net} (${device}, offset ${offset})`,
          this.#whyRefused(chip, offset, cause),
          cause,
        );
      }
      return lineDescriptor(request);
    });
  }

  #whyRefused(chip: number, offset: number, cause: unknown): string {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const info = lineInfoOf(offset);
    try {
      this.libc.ioctl(chip, GPIO_V2_GET_LINEINFO, info);
    } catch {
      return `${reason}; the kernel is older than 5.10, or the line does not exist: name another, or use gpio: onoff`;
    }
    const { consumer } = readLineInfo(info);
    return consumer === '' ? reason : `${reason}; "${consumer}" has it`;
  }

  #find(net: string, line: LineOptions): FoundLine {
    if ('gpio' in line)
      throw new LineMissing(
        `${net} (GPIO ${line.gpio})`,
        'global numbers are known to sysfs alone; name the chip and the offset there, or use gpio: onoff',
      );
    const devices = chipsIn(this.folder);
    const chips = devices.map((device) => ({ device, ...this.#chipInfo(net, device) }));
    return 'name' in line ? this.#findByName(net, line.name, chips) : findByOffset(net, line, chips);
  }

  #findByName(net: string, name: string, chips: readonly { device: string; lines: number }[]): FoundLine {
    const found: FoundLine[] = [];
    for (const { device, lines } of chips)
      this.#withChip(net, device, (chip) => {
        for (let offset = 0; offset < lines; offset++) {
          const info = lineInfoOf(offset);
          this.libc.ioctl(chip, GPIO_V2_GET_LINEINFO, info);
          if (readLineInfo(info).name === name) found.push({ device, offset });
        }
      });
    const [line, ...others] = found;
    if (line === undefined) throw new LineMissing(`${net} (${name})`, 'no line of this host has that name');
    if (others.length > 0)
      throw new LineMissing(
        `${net} (${name})`,
        `${found.length} lines have that name: ${found.map(({ device, offset }) => `${device} ${offset}`).join(', ')}`,
      );
    return line;
  }

  #chipInfo(net: string, device: string): { readonly label: string; readonly lines: number } {
    return this.#withChip(net, device, (chip) => {
      const info = emptyChipInfo();
      this.libc.ioctl(chip, GPIO_GET_CHIPINFO, info);
      return readChipInfo(info);
    });
  }

  #withChip<T>(net: string, device: string, action: (chip: number) => T): T {
    let chip: number;
    try {
      chip = this.libc.open(device, constants.O_RDONLY | O_CLOEXEC);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LineMissing(net, `${reason}; join the group of the device file, or add a udev rule`, cause);
    }
    try {
      return action(chip);
    } catch (cause) {
      if (cause instanceof SystemCallFailed) throw new LineMissing(net, `${device}: ${cause.message}`, cause);
      throw cause;
    } finally {
      this.libc.close(chip);
    }
  }
}

function chipsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^gpiochip\d+$/.test(name))
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function findByOffset(
  net: string,
  { chip, offset }: { readonly chip: string; readonly offset: number },
  chips: readonly { readonly device: string; readonly label: string; readonly lines: number }[],
): FoundLine {
  const found = chips.find(({ label }) => label === chip);
  const line = `${net} (${chip}:${offset})`;
  if (found === undefined)
    throw new LineMissing(
      line,
      `no chip has that label; there are ${chips.map(({ label }) => label).join(', ') || 'none'}`,
    );
  if (offset >= found.lines) throw new LineMissing(line, `the chip has ${found.lines} lines`);
  return { device: found.device, offset };
}

class CdevOutput implements OutputPin {
  constructor(
    private readonly libc: Libc,
    private readonly descriptor: number,
  ) {}

  write(isAsserted: boolean): void {
    this.libc.ioctl(this.descriptor, GPIO_V2_LINE_SET_VALUES, lineValues(isAsserted));
  }

  close(): void {
    this.libc.close(this.descriptor);
  }
}

/**
 * An input whose edges wait in the kernel with their stamps (CLOCK_MONOTONIC, taken by the interrupt) and running
 * numbers until they are read: nothing is lost while the event loop stands still, and what is lost is noticed.
 */
class CdevInput implements InputPin {
  readonly uncertainty = STAMP_DELAY;
  readonly #events = Buffer.alloc(EVENTS_AT_ONCE * LINE_EVENT_SIZE);
  /** Number of the next edge. */
  #expected = 1;
  /** Collects edges for recorders while no driver waits. */
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly libc: Libc,
    private readonly descriptor: number,
    private readonly clock: HostClock,
    private readonly listener: EdgeListener,
  ) {
    libc.dontBlock(descriptor);
    this.#timer = setInterval(() => {
      this.collect();
    }, COLLECT_EVERY_MS);
    this.#timer.unref();
  }

  get isAsserted(): boolean {
    const values = lineValues(false);
    this.libc.ioctl(this.descriptor, GPIO_V2_LINE_GET_VALUES, values);
    return isLineAsserted(values);
  }

  collect(): void {
    let size: number;
    do {
      size = this.libc.read(this.descriptor, this.#events);
      for (let at = 0; at < size; at += LINE_EVENT_SIZE) this.#passOn(at);
    } while (size === this.#events.length);
  }

  async pause(limit: Duration): Promise<void> {
    // The kernel counts whole milliseconds. A shorter rest is spent polling.
    const standstillMs = Math.floor(inMs(limit < MAX_STANDSTILL ? limit : MAX_STANDSTILL));
    if (this.libc.waitReadable(this.descriptor, standstillMs)) return;
    await turn();
  }

  close(): void {
    clearInterval(this.#timer);
    this.libc.close(this.descriptor);
  }

  #passOn(at: number): void {
    const { high, low, number } = readLineEvent(this.#events, at);
    const lost = (number - this.#expected) >>> 0;
    this.#expected = (number + 1) >>> 0;
    if (lost > 0) this.listener.lost(lost);
    this.listener.asserted(this.clock.fromMonotonic(high, low));
  }
}
