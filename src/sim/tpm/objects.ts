import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { ALG, demand, Refusal, RC } from './codes.ts';
import { blockSize, digest, hashOf, HASHES } from './hashes.ts';
import type { PublicArea, Sensitive } from './public-area.ts';
import { has, OBJECT } from './public-area.ts';

/** [CHIP 5.1] */
export const MAX_LOADED = 3;
const FIRST_TRANSIENT = 0x80000000;

/** The first bytes of anything the TPM itself made, which a ticket must not vouch for. [TPM2 Part 2, 6.2] */
export const TPM_GENERATED = Uint8Array.of(0xff, 0x54, 0x43, 0x47);

/** Whether bytes begin with TPM_GENERATED_VALUE, as only those that the TPM made may. [TPM2 Part 2, 6.2] */
export const beginsAsGenerated = (bytes: ArrayLike<number>): boolean =>
  TPM_GENERATED.every((byte, at) => bytes[at] === byte);

interface Part {
  readonly alg: number;
  readonly hash: Hash;
}

/** What HMAC mixes into its key: inside, and outside. [FIPS 198-1, 4] */
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

function paddedKey(alg: number, key: Uint8Array, pad: number): Uint8Array {
  const size = blockSize(alg);
  const padded = new Uint8Array(size).fill(pad);
  const short = key.length > size ? digest(alg, key) : key;
  short.forEach((byte, at) => (padded[at]! ^= byte));
  return padded;
}

/** A hash or HMAC in progress, over one algorithm or, for an event, over all banks. */
export class Sequence {
  #parts: readonly Part[];
  #firstBlock: Uint8Array | undefined;

  constructor(
    readonly kind: 'hash' | 'event' | 'hmac',
    readonly auth: Uint8Array,
    private readonly alg: number,
    private readonly key: Uint8Array = new Uint8Array(),
  ) {
    const algs = kind === 'event' ? HASHES.map((hash) => hash.alg) : [alg];
    this.#parts = algs.map((each) => ({ alg: each, hash: createHash(hashOf(each)!.name) }));
    if (kind === 'hmac') this.#parts[0]!.hash.update(paddedKey(alg, key, INNER_PAD));
  }

  /** A ticket may vouch for it: the first block tells enough, and is not of the TPM's making. [TPM2 SequenceComplete.c] */
  get isSafe(): boolean {
    const first = this.#firstBlock;
    return first !== undefined && first.length >= TPM_GENERATED.length && !beginsAsGenerated(first);
  }

  /** Another one that has come as far, and goes on alone: what a saved context keeps. */
  copy(): Sequence {
    const made = new Sequence(this.kind, this.auth, this.alg, this.key);
    made.#parts = this.#parts.map(({ alg, hash }) => ({ alg, hash: hash.copy() }));
    made.#firstBlock = this.#firstBlock;
    return made;
  }

  update(bytes: Uint8Array): void {
    this.#firstBlock ??= bytes.slice(0, TPM_GENERATED.length);
    for (const { hash } of this.#parts) hash.update(bytes);
  }

  finish(): readonly { readonly alg: number; readonly digest: Uint8Array }[] {
    const digests = this.#parts.map(({ alg, hash }) => ({ alg, digest: hash.digest() }));
    if (this.kind !== 'hmac') return digests;
    const outer = paddedKey(this.alg, this.key, OUTER_PAD);
    return digests.map((inner) => ({ alg: inner.alg, digest: digest(inner.alg, outer, inner.digest) }));
  }
}

/** A key or sealed data, with its secret part where that is loaded. */
export interface KeyObject {
  readonly area: PublicArea;
  readonly sensitive?: Sensitive;
  readonly hierarchy: number;
  readonly name: Uint8Array;
  readonly qualifiedName: Uint8Array;
  /** Made here or loaded from what was made here, rather than brought from outside. */
  readonly isInternal: boolean;
}

/** What a transient handle stands for. */
export type Loaded = Sequence | KeyObject;

/** Whether it is a hash sequence. */
export const isSequence = (object: Loaded | undefined): object is Sequence => object instanceof Sequence;

/** May wrap other objects: restricted, for decryption. */
export const isStorage = ({ area }: KeyObject): boolean =>
  has(area, OBJECT.restricted) && has(area, OBJECT.decrypt);

/** Whether the object has a public and a private half. */
export const isAsymmetric = ({ area }: KeyObject): boolean => area.type === ALG.rsa || area.type === ALG.ecc;

/** The loaded objects and sequences, and the persistent objects. */
export class Objects {
  readonly #loaded = new Map<number, Loaded>();
  readonly #persistent = new Map<number, KeyObject>();

  get handles(): number[] {
    return sorted(this.#loaded);
  }

  get persistentHandles(): number[] {
    return sorted(this.#persistent);
  }

  get free(): number {
    return MAX_LOADED - this.#loaded.size;
  }

  load(object: Loaded): number {
    for (let slot = 0; slot < MAX_LOADED; slot++) {
      const handle = FIRST_TRANSIENT + slot;
      if (this.#loaded.has(handle)) continue;
      this.#loaded.set(handle, object);
      return handle;
    }
    throw new Refusal(RC.objectMemory);
  }

  /** @throws Refusal TPM_RC_OBJECT_MEMORY when no slot is free. */
  demandSlot(): void {
    demand(this.free > 0, RC.objectMemory);
  }

  find(handle: number): Loaded | undefined {
    return this.#loaded.get(handle) ?? this.#persistent.get(handle);
  }

  /** The key behind a handle that is known to be loaded; none for a sequence. */
  key(handle: number): KeyObject | undefined {
    const object = this.find(handle);
    return isSequence(object) ? undefined : object;
  }

  sequence(handle: number): Sequence | undefined {
    const object = this.find(handle);
    return isSequence(object) ? object : undefined;
  }

  flush(handle: number): boolean {
    return this.#loaded.delete(handle);
  }

  persist(handle: number, object: KeyObject): void {
    this.#persistent.set(handle, object);
  }

  evict(handle: number): void {
    this.#persistent.delete(handle);
  }

  /** Removes what belongs to one of `hierarchies`, persistent objects only where `andPersistent`. */
  flushHierarchies(hierarchies: readonly number[], andPersistent: boolean): void {
    const belongs = (object: Loaded): boolean =>
      !isSequence(object) && hierarchies.includes(object.hierarchy);
    for (const map of andPersistent ? [this.#loaded, this.#persistent] : [this.#loaded])
      for (const [handle, object] of map) if (belongs(object)) map.delete(handle);
  }

  /** What lies in RAM is lost. */
  clear(): void {
    this.#loaded.clear();
  }
}

const sorted = (map: ReadonlyMap<number, unknown>): number[] => [...map.keys()].sort((a, b) => a - b);
