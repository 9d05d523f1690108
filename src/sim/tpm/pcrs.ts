import { digest, HASHES } from './hashes.ts';
import type { PcrSelection } from './types.ts';
import { ALL_PCRS } from './types.ts';

/** PCR 17 to 22 begin as all ones; locality 0 can neither extend nor reset them. [CHIP 6] [TPM2 PCR.c] */
const isDynamic = (pcr: number): boolean => pcr >= 17 && pcr <= 22;
const isSaved = (pcr: number): boolean => pcr < 16;
/** PCRs whose changes do not count for policies. [CHIP 5.5] */
const isUncounted = (pcr: number): boolean => pcr === 16 || (pcr >= 21 && pcr <= 23);

/** Localities that may reset and extend a PCR, bit by bit. [TPM2 PCR.c] */
const RESET_LOCALITIES: Readonly<Record<number, number>> = {
  16: 0x0f,
  17: 0x10,
  18: 0x10,
  19: 0x10,
  20: 0x1c,
  21: 0x1c,
  22: 0x1c,
  23: 0x0f,
};
const EXTEND_LOCALITIES: Readonly<Record<number, number>> = {
  17: 0x1c,
  18: 0x1c,
  19: 0x0c,
  20: 0x0e,
  21: 0x04,
  22: 0x04,
};
const ALL_LOCALITIES = 0x1f;

/** Localities that may reset a PCR, and those that may extend it, as bits. */
export const resetLocalities = (pcr: number): number => RESET_LOCALITIES[pcr] ?? 0;
export const extendLocalities = (pcr: number): number => EXTEND_LOCALITIES[pcr] ?? ALL_LOCALITIES;
/** Of each PCR that belongs to a group: saved ones and uncounted ones. */
export const PCR_GROUPS = { isSaved, isUncounted } as const;

type Values = Map<number, Uint8Array[]>;

const initial = (pcr: number, size: number): Uint8Array =>
  new Uint8Array(size).fill(isDynamic(pcr) ? 0xff : 0);

/** The platform configuration registers of every bank. [CHIP 5.5] */
export class Pcrs {
  readonly #values: Values = new Map();
  #saved: Values | undefined;
  #allocation: readonly PcrSelection[] = HASHES.map(({ alg }) => ({ alg, pcrs: ALL_PCRS }));
  #nextAllocation: readonly PcrSelection[] | undefined;
  updateCounter = 0;

  constructor() {
    this.clear();
  }

  /** As after Startup(CLEAR). */
  clear(): void {
    this.updateCounter = 0;
    this.#allocation = this.#nextAllocation ?? this.#allocation;
    this.#nextAllocation = undefined;
    for (const { alg, size } of HASHES)
      this.#values.set(
        alg,
        ALL_PCRS.map((pcr) => initial(pcr, size)),
      );
  }

  /** As Shutdown(STATE) does. */
  save(): void {
    this.#saved = new Map(
      [...this.#values].map(([alg, values]) => [alg, values.map((value) => value.slice())]),
    );
  }

  /** As after Startup(STATE): the saved ones come back, the others begin as after Startup(CLEAR). */
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

  /** Which PCRs each bank has. */
  get allocation(): readonly PcrSelection[] {
    return this.#allocation;
  }

  /** Another allocation waits for the next Startup(CLEAR). */
  get isBeingAllocated(): boolean {
    return this.#nextAllocation !== undefined;
  }

  /** From the next Startup(CLEAR) on; a bank that is not named stays as it is. */
  allocate(wanted: readonly PcrSelection[]): readonly PcrSelection[] {
    const next = this.#allocation.map((bank) => wanted.findLast(({ alg }) => alg === bank.alg) ?? bank);
    this.#nextAllocation = next;
    return next;
  }

  /** The selected PCRs that there are. */
  filter({ alg, pcrs }: PcrSelection): PcrSelection {
    return { alg, pcrs: pcrs.filter((pcr) => this.#has(alg, pcr)) };
  }

  #has(alg: number, pcr: number): boolean {
    return this.#allocation.some((bank) => bank.alg === alg && bank.pcrs.includes(pcr));
  }

  read(alg: number, pcr: number): Uint8Array {
    return this.#values.get(alg)![pcr]!;
  }

  extend(alg: number, pcr: number, data: Uint8Array): void {
    if (!this.#has(alg, pcr)) return;
    const values = this.#values.get(alg)!;
    values[pcr] = digest(alg, values[pcr]!, data);
    this.#count(pcr);
  }

  reset(pcr: number): void {
    for (const values of this.#values.values()) values[pcr]!.fill(0);
    this.#count(pcr);
  }

  canExtend(pcr: number): boolean {
    return (extendLocalities(pcr) & 1) !== 0;
  }

  canReset(pcr: number): boolean {
    return (resetLocalities(pcr) & 1) !== 0;
  }

  /** Shutdown(STATE) keeps it, so that a change spoils what was saved. [CHIP 5.5] */
  isSaved(pcr: number): boolean {
    return isSaved(pcr);
  }

  /** The digest over the selected values, in the order of the selections. */
  digestOf(alg: number, selections: readonly PcrSelection[]): Uint8Array {
    return digest(
      alg,
      ...selections.flatMap((bank) => this.filter(bank).pcrs.map((pcr) => this.read(bank.alg, pcr))),
    );
  }

  #count(pcr: number): void {
    if (!isUncounted(pcr)) this.updateCounter++;
  }
}
