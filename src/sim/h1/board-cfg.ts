const LOCKED = 0x80000000;
const LONG_INT_AP_PULSE = 1;

/**
 * TPM_BOARD_CFG: written once and then locked until the chip loses power. It outlives TPM resets and deep sleep; the
 * lock that PCR_Extend sets lies in RAM and goes with a restart of the firmware. [CHIP 4.6]
 */
export class BoardCfg {
  #value = 0;
  #isBlocked = false;

  get value(): number {
    return this.#value;
  }

  get hasLongPulses(): boolean {
    return (this.#value & LONG_INT_AP_PULSE) !== 0;
  }

  /** Takes effect once; writing 0 locks too. */
  write(value: number): void {
    if (this.#value === 0 && !this.#isBlocked) this.#value = (value | LOCKED) >>> 0;
  }

  /** TPM2_PCR_Extend was executed. */
  block(): void {
    this.#isBlocked = true;
  }

  restart(): void {
    this.#isBlocked = false;
  }

  losePower(): void {
    this.#value = 0;
    this.restart();
  }
}
