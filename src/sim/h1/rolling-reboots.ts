/** Maximum number of resets without a sign that the host runs. More are suspicious. [CHIP 6] */
const ALLOWED = 50;

/**
 * Counts resets that nobody commanded; TPM2_PCR_Read, which a running host sends, and a loss of power clear the count.
 * [CHIP 5.4, 6] [CHIP 6]
 */
export class RollingReboots {
  #count = 0;

  get isSuspected(): boolean {
    return this.#count > ALLOWED;
  }

  add(): void {
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
  }
}
