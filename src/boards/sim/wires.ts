import type { Fault, FaultyLine } from '../../board/index.ts';
import type { Alarm, Outlook, Random, VirtualClock } from '../../sim/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { ns, us } from '../../units/index.ts';
import type { SpiTarget } from './spi-device.ts';

/** The faults of a single wire. */
export type WireFault = Extract<Fault, { kind: 'line-stuck' | 'line-open' | 'line-noisy' }>;

/** A wire whose level is not a byte's. */
type LevelLine = 'CS_L' | 'TPM_RST_L' | 'supply';

/** The chip's end of the wires. */
export interface ChipPins extends SpiTarget {
  outlook(): Outlook | undefined;
  setReset(isAsserted: boolean): void;
  setPower(isOn: boolean): void;
}

/** Where the chip's CS_L comes from: the host, or an instrument between the two that holds it. */
export type SelectSource = 'host' | 'asserted' | 'deasserted';

const LEVEL_LINES: readonly LevelLine[] = ['CS_L', 'TPM_RST_L', 'supply'];

/** How long a disturbance lasts that noise makes. */
const NOISE_WIDTH: Readonly<Record<LevelLine, Duration>> = {
  CS_L: us(1),
  TPM_RST_L: us(5),
  supply: us(100),
};

/** Open lines are pulled: CS_L up, TPM_RST_L and the supply down. */
const IS_HIGH_WHEN_OPEN: Readonly<Record<LevelLine, boolean>> = {
  CS_L: true,
  TPM_RST_L: false,
  supply: false,
};

/** What is received while nothing is clocked out of the chip. */
const SILENCE = 0x00;

/**
 * The wires from the host to the chip, with whatever is wrong on the way. The host drives one end; the chip sees the
 * other. INT_AP_L is ReadyLine's.
 */
export class Wires implements SpiTarget {
  /** High or low, at the host's end. */
  readonly #driven: Record<LevelLine, boolean> = { CS_L: true, TPM_RST_L: false, supply: false };
  /** High or low, at the chip's end. */
  readonly #seen: Record<LevelLine, boolean> = { CS_L: true, TPM_RST_L: false, supply: false };
  readonly #broken = new Map<FaultyLine, 'high' | 'low' | 'open'>();
  readonly #rates = new Map<FaultyLine, number>();
  readonly #disturbed = new Map<LevelLine, Alarm>();
  readonly #noise = new Set<Alarm>();
  #moments: { readonly frame: number; readonly byte: number; readonly action: () => void }[] = [];
  #isWhole = true;
  /** Frames with data since the last `clear`, and bytes of the frame under way. */
  #frames = 0;
  #bytes = 0;
  /** Number of surplus clocks on SCK in this frame. */
  #slip = 0;
  #lastMosi = 0;
  #selectSource: SelectSource = 'host';
  #hostSelects = false;
  /** Told when CS_L changes at the chip. */
  onSelect: ((isAsserted: boolean) => void) | undefined;

  constructor(
    private readonly clock: VirtualClock,
    private chip: ChipPins,
    private random: Random,
  ) {}

  /** Level of CS_L at the chip. */
  get isSelected(): boolean {
    return !this.#seen.CS_L;
  }

  /** Whole wires to another chip that is unpowered and in reset. */
  renew(chip: ChipPins, random: Random): void {
    this.#forget();
    this.chip = chip;
    this.random = random;
    this.#selectSource = 'host';
    this.#hostSelects = false;
    for (const line of LEVEL_LINES) this.#driven[line] = this.#seen[line] = line === 'CS_L';
  }

  select(): void {
    this.#bytes = 0;
    this.#slip = 0;
    this.#hostSelects = true;
    this.#driveSelect();
  }

  deselect(): void {
    this.#hostSelects = false;
    this.#driveSelect();
  }

  /** Throws the switch in CS_L. */
  routeSelect(source: SelectSource): void {
    this.#selectSource = source;
    this.#driveSelect();
  }

  driveReset(isAsserted: boolean): void {
    this.#drive('TPM_RST_L', !isAsserted);
  }

  drivePower(isOn: boolean): void {
    this.#drive('supply', isOn);
  }

  shift(mosi: number, end: Instant): number {
    return this.#isWhole ? this.chip.shift(mosi, end) : this.#shiftThrough(mosi, end);
  }

  /** What further bytes get, as the chip says; whole wires pass it on. */
  outlook(): Outlook | undefined {
    return this.#isWhole ? this.chip.outlook() : undefined;
  }

  set(fault: WireFault): void {
    this.#isWhole = false;
    if (fault.kind === 'line-noisy') {
      this.#rates.set(fault.line, fault.rate);
      if (isLevelLine(fault.line)) this.#scheduleNoise(fault.line, fault.rate);
      return;
    }
    this.#break(fault.line, fault.kind === 'line-open' ? 'open' : fault.level);
  }

  /** Runs `action` just before this byte of this frame, counted from now. */
  at(frame: number, byte: number, action: () => void): void {
    this.#isWhole = false;
    this.#moments.push({ frame: this.#frames + frame, byte, action });
  }

  open(line: FaultyLine): void {
    this.#break(line, 'open');
  }

  /** For this time CS_L is inverted, or TPM_RST_L or the supply is low. */
  disturb(line: LevelLine, width: Duration): void {
    this.#disturbed.get(line)?.cancel();
    const end = this.clock.after(width, () => {
      this.#disturbed.delete(line);
      this.#settle(line);
    });
    this.#disturbed.set(line, end);
    this.#settle(line);
  }

  /** Repairs all wires. */
  clear(): void {
    this.#forget();
    for (const line of LEVEL_LINES) this.#settle(line);
  }

  #forget(): void {
    this.#broken.clear();
    this.#rates.clear();
    for (const alarm of this.#disturbed.values()) alarm.cancel();
    this.#disturbed.clear();
    for (const alarm of this.#noise) alarm.cancel();
    this.#noise.clear();
    this.#moments = [];
    this.#isWhole = true;
    this.#frames = 0;
  }

  #break(line: FaultyLine, how: 'high' | 'low' | 'open'): void {
    this.#broken.set(line, how);
    if (isLevelLine(line)) this.#settle(line);
  }

  #driveSelect(): void {
    const source = this.#selectSource;
    this.#drive('CS_L', source === 'host' ? !this.#hostSelects : source === 'deasserted');
  }

  #drive(line: LevelLine, isHigh: boolean): void {
    this.#driven[line] = isHigh;
    this.#settle(line);
  }

  /** Shows the chip the level of its end, if it has changed. */
  #settle(line: LevelLine): void {
    const isHigh = this.#isWhole && this.#disturbed.size === 0 ? this.#driven[line] : this.#levelOf(line);
    if (isHigh === this.#seen[line]) return;
    this.#seen[line] = isHigh;
    if (line === 'supply') this.chip.setPower(isHigh);
    else if (line === 'TPM_RST_L') this.chip.setReset(!isHigh);
    else {
      if (isHigh) this.chip.deselect();
      else this.chip.select();
      this.onSelect?.(!isHigh);
    }
  }

  #levelOf(line: LevelLine): boolean {
    const broken = this.#broken.get(line);
    if (broken === 'open') return IS_HIGH_WHEN_OPEN[line];
    if (broken !== undefined) return broken === 'high';
    const isHigh = this.#driven[line];
    if (!this.#disturbed.has(line)) return isHigh;
    return line === 'CS_L' ? !isHigh : false;
  }

  #shiftThrough(mosi: number, end: Instant): number {
    if (this.#bytes === 0) this.#frames++;
    const byte = this.#bytes++;
    const due = this.#moments.filter((moment) => moment.frame === this.#frames - 1 && moment.byte === byte);
    for (const { action } of due) action();
    if (this.#broken.has('SCK')) return SILENCE;
    const byteTime = end - this.clock.now();
    if (this.#isStruck('SCK', byteTime)) this.#slip = (this.#slip + 1) % 8;
    const sent = this.#through('MOSI', this.#slipped(mosi), byteTime);
    return this.#through('MISO', (this.chip.shift(sent, end) << this.#slip) & 0xff, byteTime);
  }

  /** A clock too many makes the chip take a bit twice, so that it is ahead of the host from then on. */
  #slipped(mosi: number): number {
    const both = (this.#lastMosi << 8) | mosi;
    this.#lastMosi = mosi;
    return (both >> this.#slip) & 0xff;
  }

  #through(line: 'MOSI' | 'MISO', byte: number, byteTime: number): number {
    const broken = this.#broken.get(line);
    if (broken === 'open') return this.random.integer(0, 0xff);
    if (broken !== undefined) return broken === 'high' ? 0xff : 0x00;
    return this.#isStruck(line, byteTime) ? byte ^ (1 << this.random.integer(0, 7)) : byte;
  }

  #isStruck(line: FaultyLine, byteTime: number): boolean {
    const rate = this.#rates.get(line);
    return rate !== undefined && this.random.next() < 1 - Math.exp((-rate * byteTime) / 1e9);
  }

  #scheduleNoise(line: LevelLine, rate: number): void {
    const gap = ns(1 + (-Math.log(1 - this.random.next()) * 1e9) / rate);
    const alarm = this.clock.after(gap, () => {
      this.#noise.delete(alarm);
      this.disturb(line, NOISE_WIDTH[line]);
      this.#scheduleNoise(line, rate);
    });
    this.#noise.add(alarm);
  }
}

const isLevelLine = (line: FaultyLine): line is LevelLine =>
  line === 'CS_L' || line === 'TPM_RST_L' || line === 'supply';
