import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { ALG, RC, Refusal } from './codes.ts';
import { BANKS, bankOf } from './pcrs.ts';

/** [CHIP 5.1] */
const MAX_LOADED = 3;
const FIRST_TRANSIENT = 0x80000000;

/** The first bytes of anything the TPM itself made, which a ticket must not vouch for. [TPM2 Part 2, 6.2] */
const TPM_GENERATED = [0xff, 0x54, 0x43, 0x47];

/** A hash in progress, over one algorithm or, for an event, over all banks. */
export class Sequence {
  readonly #hashes: readonly { readonly alg: number; readonly hash: Hash }[];
  readonly #beginning: number[] = [];

  constructor(
    readonly auth: Uint8Array,
    readonly alg: number,
  ) {
    const banks = alg === ALG.null ? BANKS : [bankOf(alg)!];
    this.#hashes = banks.map((bank) => ({ alg: bank.alg, hash: createHash(bank.name) }));
  }

  get isEvent(): boolean {
    return this.alg === ALG.null;
  }

  get beginsAsGenerated(): boolean {
    return beginsAsGenerated(this.#beginning);
  }

  update(bytes: Uint8Array): void {
    for (const byte of bytes.subarray(0, 4 - this.#beginning.length)) this.#beginning.push(byte);
    for (const { hash } of this.#hashes) hash.update(bytes);
  }

  finish(): readonly { readonly alg: number; readonly digest: Uint8Array }[] {
    return this.#hashes.map(({ alg, hash }) => ({ alg, digest: hash.digest() }));
  }
}

export const beginsAsGenerated = (bytes: ArrayLike<number>): boolean =>
  TPM_GENERATED.every((byte, at) => bytes[at] === byte);

/** The loaded objects, which in this library are sequences. */
export class Sequences {
  readonly #loaded = new Map<number, Sequence>();

  get handles(): number[] {
    return [...this.#loaded.keys()].sort((a, b) => a - b);
  }

  load(sequence: Sequence): number {
    for (let slot = 0; slot < MAX_LOADED; slot++) {
      const handle = FIRST_TRANSIENT + slot;
      if (this.#loaded.has(handle)) continue;
      this.#loaded.set(handle, sequence);
      return handle;
    }
    throw new Refusal(RC.objectMemory);
  }

  find(handle: number): Sequence | undefined {
    return this.#loaded.get(handle);
  }

  flush(handle: number): boolean {
    return this.#loaded.delete(handle);
  }

  clear(): void {
    this.#loaded.clear();
  }
}
