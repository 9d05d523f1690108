import { createHash } from 'node:crypto';
import { ALG } from './codes.ts';

/** [CHIP 5.1] */
export const PCR_COUNT = 24;
export const SELECT_BYTES = 3;

/** The banks, and what node:crypto calls their hash. */
export const BANKS: readonly { readonly alg: number; readonly name: string; readonly size: number }[] = [
  { alg: ALG.sha1, name: 'sha1', size: 20 },
  { alg: ALG.sha256, name: 'sha256', size: 32 },
];

export const bankOf = (alg: number): (typeof BANKS)[number] | undefined =>
  BANKS.find((bank) => bank.alg === alg);

/** PCR 17 to 22 begin as all ones, and neither they nor the static ones can be reset from locality 0. [CHIP 6] */
const isDynamic = (pcr: number): boolean => pcr >= 17 && pcr <= 22;
const isSaved = (pcr: number): boolean => pcr < 16;

/** The platform configuration registers of every bank. */
export class Pcrs {
  readonly #values = new Map<number, Uint8Array[]>();
  #saved: Map<number, Uint8Array[]> | undefined;
  updateCounter = 0;

  constructor() {
    this.clear();
  }

  /** As after Startup(CLEAR). */
  clear(): void {
    this.updateCounter = 0;
    for (const { alg, size } of BANKS)
      this.#values.set(
        alg,
        Array.from({ length: PCR_COUNT }, (_, pcr) => new Uint8Array(size).fill(isDynamic(pcr) ? 0xff : 0)),
      );
  }

  /** As Shutdown(STATE) does. */
  save(): void {
    this.#saved = new Map(
      [...this.#values].map(([alg, values]) => [alg, values.map((value) => value.slice())]),
    );
  }

  /** As after Startup(STATE): the saved ones come back, the others begin anew. */
  restore(): void {
    const saved = this.#saved;
    const { updateCounter } = this;
    this.clear();
    this.updateCounter = updateCounter;
    if (saved === undefined) return;
    for (const [alg, values] of this.#values)
      values.forEach((_, pcr) => {
        if (isSaved(pcr)) values[pcr] = saved.get(alg)![pcr]!.slice();
      });
  }

  forgetSaved(): void {
    this.#saved = undefined;
  }

  read(alg: number, pcr: number): Uint8Array {
    return this.#values.get(alg)![pcr]!;
  }

  extend(alg: number, pcr: number, digest: Uint8Array): void {
    const { name } = bankOf(alg)!;
    const values = this.#values.get(alg)!;
    values[pcr] = createHash(name).update(values[pcr]!).update(digest).digest();
    this.updateCounter++;
  }

  reset(pcr: number): void {
    for (const values of this.#values.values()) values[pcr]!.fill(0);
    this.updateCounter++;
  }

  canExtend(pcr: number): boolean {
    return !isDynamic(pcr);
  }

  canReset(pcr: number): boolean {
    return pcr === 16 || pcr === 23;
  }
}
