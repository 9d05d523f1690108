import type { Duration } from '../../units/index.ts';
import { us } from '../../units/index.ts';
import type { Alarm, VirtualClock } from '../clock.ts';

/** Both levels of a long pulse are held at least this long. [CHIP 3] */
const LONG_PULSE = us(100);

/** INT_AP_L as the chip drives it: short pulses, or long ones that the next CS assertion may end. [CHIP 3] */
export class ReadyPulse {
  onChange: (isAsserted: boolean) => void = () => undefined;
  /** Pulses that reached the pin. */
  count = 0;
  #isAsserted = false;
  #isDriven = false;
  /** Of a long pulse: a new one waits for the end of the gap after the one before. */
  #isPostponed = false;
  #timer: Alarm | undefined;
  readonly #endShort = (): void => {
    this.#timer = undefined;
    this.#set(false);
  };
  readonly #endLong = (): void => {
    this.#timer = undefined;
    this.#turn();
  };

  constructor(private readonly clock: VirtualClock) {}

  /** Level at the pin. */
  get isAsserted(): boolean {
    return this.#isAsserted && this.#isDriven;
  }

  /** The host is off: the pin becomes an input; it is driven, deasserted, when the host is on again. [CHIP 3] */
  drive(isDriven: boolean): void {
    const before = this.isAsserted;
    this.#isDriven = isDriven;
    this.#isAsserted = false;
    if (before) this.onChange(false);
  }

  signalShort(width: Duration): void {
    this.#timer?.cancel();
    this.#set(true);
    this.#timer = this.clock.after(width, this.#endShort);
  }

  signalLong(): void {
    if (this.#isAsserted) return;
    if (this.#timer !== undefined) this.#isPostponed = true;
    else this.#hold(true);
  }

  /** CS fell: ends a long pulse, and drops one that was postponed. */
  endLongPulse(): void {
    if (this.#isAsserted) this.#turn();
    else this.#isPostponed = false;
  }

  /** Deasserted, with nothing pending: the interface was stopped or the chip lost power. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isPostponed = false;
    this.#set(false);
  }

  #turn(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isAsserted) {
      this.#hold(false);
    } else if (this.#isPostponed) {
      this.#isPostponed = false;
      this.#hold(true);
    }
  }

  #hold(isAsserted: boolean): void {
    this.#set(isAsserted);
    this.#timer = this.clock.after(LONG_PULSE, this.#endLong);
  }

  #set(isAsserted: boolean): void {
    if (isAsserted === this.#isAsserted) return;
    this.#isAsserted = isAsserted;
    if (!this.#isDriven) return;
    if (isAsserted) this.count++;
    this.onChange(isAsserted);
  }
}
