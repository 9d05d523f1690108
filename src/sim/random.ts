import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** FNV-1a over 32 bits: spreads a name over the seeds. */
function mix(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) | 0;
  for (let i = 0; i < name.length; i++) {
    hash ^= name.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 12);
}

/**
 * Chance from a seed. Each purpose forks a stream of its own, so that drawing more for one leaves the others as they
 * were; a fork depends on the seed and its name only, not on what was drawn before.
 */
export class Random {
  readonly #seed: number;
  readonly #generator: RandomGenerator;

  constructor(seed: number) {
    this.#seed = seed | 0;
    this.#generator = xoroshiro128plus(this.#seed);
  }

  fork(name: string): Random {
    return new Random(mix(this.#seed, name));
  }

  /** From 0 (included) to 1 (excluded), in steps of 2^-24. */
  next(): number {
    return (this.#generator.next() >>> 8) / 0x1000000;
  }

  /** A whole number from `from` to `to`, both included; they lie at most 2^24 apart. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = (this.#generator.next() >>> 8) & 0xff;
    return bytes;
  }
}

/** The chance of the TPM library in a simulated chip with this seed. */
export const chanceOfTpm = (seed: number): Random => new Random(seed).fork('tpm');
