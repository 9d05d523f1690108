import type { FactoryNv } from '../tpm-engine.ts';
import { ALG, demand, RC, RH } from './codes.ts';
import { digest, digestSize } from './hashes.ts';
import type { CommandReader } from './reader.ts';
import { MAX_NV_INDEX, readDigest, readHash, HANDLE } from './types.ts';
import { written } from './writer.ts';

/** TPMA_NV. [TPM2 Part 2, 13.2] */
export const NV = {
  ppWrite: 1,
  ownerWrite: 1 << 1,
  authWrite: 1 << 2,
  policyWrite: 1 << 3,
  counter: 1 << 4,
  bits: 1 << 5,
  extend: 1 << 6,
  policyDelete: 1 << 10,
  writeLocked: 1 << 11,
  writeAll: 1 << 12,
  writeDefine: 1 << 13,
  writeStClear: 1 << 14,
  globalLock: 1 << 15,
  ppRead: 1 << 16,
  ownerRead: 1 << 17,
  authRead: 1 << 18,
  policyRead: 1 << 19,
  noDa: 1 << 25,
  orderly: 1 << 26,
  clearStClear: 1 << 27,
  readLocked: 1 << 28,
  written: 1 << 29,
  platformCreate: 1 << 30,
  readStClear: 0x80000000,
} as const;

const RESERVED = 0x01f00380;
const EMPTY = new Uint8Array();

/** Room for indexes and persistent objects. [CHIP 5.1] NV_MEMORY_SIZE */
const NV_SPACE = 11980;
/** What an index takes beside its data: public area, authorization and the link to the next. */
const OVERHEAD = 160;

/** TPMS_NV_PUBLIC. [TPM2 Part 2, 13.5] */
export interface NvPublic {
  readonly index: number;
  readonly nameAlg: number;
  attributes: number;
  readonly authPolicy: Uint8Array;
  readonly dataSize: number;
}

/** The public area of an index out of a command. */
export function readNvPublic(reader: CommandReader): NvPublic {
  const index = reader.u32();
  demand(HANDLE.nvIndex(index), RC.value);
  const nameAlg = readHash(reader);
  const attributes = reader.u32();
  demand((attributes & RESERVED) === 0, RC.reservedBits);
  const authPolicy = readDigest(reader).slice();
  const dataSize = reader.u16();
  demand(dataSize <= MAX_NV_INDEX, RC.size);
  return { index, nameAlg, attributes, authPolicy, dataSize };
}

/** The same as bytes. */
export const nvPublicBytes = ({ index, nameAlg, attributes, authPolicy, dataSize }: NvPublic): Uint8Array =>
  written((writer) => writer.u32(index).u16(nameAlg).u32(attributes).sized(authPolicy).u16(dataSize));

/** One NV index with its data. */
export class NvIndex {
  readonly data: Uint8Array;

  constructor(
    readonly area: NvPublic,
    public auth: Uint8Array,
  ) {
    this.data = new Uint8Array(area.dataSize).fill(0xff);
  }

  has(bit: number): boolean {
    return (this.area.attributes & bit) !== 0;
  }

  set(bit: number): void {
    this.area.attributes = (this.area.attributes | bit) >>> 0;
  }

  clear(bit: number): void {
    this.area.attributes = (this.area.attributes & ~bit) >>> 0;
  }

  get isOrdinary(): boolean {
    return !this.has(NV.counter | NV.bits | NV.extend);
  }

  get name(): Uint8Array {
    const { nameAlg } = this.area;
    return written((writer) => writer.u16(nameAlg).bytes(digest(nameAlg, nvPublicBytes(this.area))));
  }

  get hierarchy(): number {
    return this.has(NV.platformCreate) ? RH.platform : RH.owner;
  }

  /** The 64 bits of a counter or a bit field; 0 before the first write. */
  get value(): bigint {
    return this.has(NV.written) ? Buffer.from(this.data).readBigUInt64BE() : 0n;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (!this.has(NV.written)) this.data.fill(0xff);
    this.data.set(bytes, offset);
    this.set(NV.written);
  }
}

/** Whether an index like this may be defined. @throws Refusal as TPM2_NV_DefineSpace does. [TPM2 Part 3, 31.3] */
export function checkDefinition(area: NvPublic, auth: Uint8Array, authHandle: number): void {
  const has = (bits: number): boolean => (area.attributes & bits) !== 0;
  const nameSize = digestSize(area.nameAlg);
  if (has(NV.counter | NV.bits)) demand(area.dataSize === 8, RC.size);
  demand([0, nameSize].includes(area.authPolicy.length) && auth.length <= nameSize, RC.size);
  demand(!has(NV.writeLocked | NV.readLocked | NV.written), RC.attributes);
  demand([NV.counter, NV.bits, NV.extend].filter(has).length <= 1, RC.attributes);
  demand(!(has(NV.clearStClear) && has(NV.counter | NV.writeDefine)), RC.attributes);
  if (has(NV.extend)) demand(area.dataSize === nameSize, RC.attributes);
  demand(has(NV.ppWrite | NV.ownerWrite | NV.authWrite | NV.policyWrite), RC.attributes);
  demand(has(NV.ppRead | NV.ownerRead | NV.authRead | NV.policyRead), RC.attributes);
  demand(has(NV.platformCreate) === (authHandle === RH.platform), RC.attributes);
  demand(!has(NV.policyDelete) || has(NV.platformCreate), RC.attributes);
}

/** Indexes that the firmware tells of without keeping them as such. All of the range are there. [CHIP 5.6] */
const FACTORY = { first: 0x013fff00, last: 0x013fffff } as const;
/** They can be read with their own, empty, authorization, and nobody can write or delete them. */
const FACTORY_ATTRIBUTES = NV.authRead | NV.policyDelete | NV.writeLocked | NV.writeDefine | NV.written;

function factoryIndex(index: number, bytes: Uint8Array): NvIndex {
  const area = { index, nameAlg: ALG.sha256, authPolicy: EMPTY, dataSize: bytes.length };
  const made = new NvIndex({ ...area, attributes: FACTORY_ATTRIBUTES }, EMPTY);
  made.data.set(bytes);
  return made;
}

/** The NV indexes that are defined. */
export class NvStore {
  /** [CHIP 5.6] */
  factory: FactoryNv | undefined;
  readonly #indexes = new Map<number, NvIndex>();
  /** The largest value that any counter has had. A new counter begins above it. */
  #highest = 0n;

  get handles(): number[] {
    return [...this.#indexes.keys()].sort((a, b) => a - b);
  }

  get counters(): number {
    return [...this.#indexes.values()].filter((index) => index.has(NV.counter)).length;
  }

  find(handle: number): NvIndex | undefined {
    const { factory } = this;
    if (factory === undefined || handle < FACTORY.first || handle > FACTORY.last)
      return this.#indexes.get(handle);
    return factoryIndex(handle, factory(handle - FACTORY.first));
  }

  define(index: NvIndex): void {
    demand(this.find(index.area.index) === undefined, RC.nvDefined);
    demand(this.#used + index.area.dataSize + OVERHEAD <= NV_SPACE, RC.nvSpace);
    this.#indexes.set(index.area.index, index);
  }

  undefine(handle: number): void {
    this.#note(this.#indexes.get(handle)!);
    this.#indexes.delete(handle);
  }

  /** Removes every index of the owner. */
  clearOwner(): void {
    for (const [handle, index] of this.#indexes) if (!index.has(NV.platformCreate)) this.undefine(handle);
  }

  increment(index: NvIndex): void {
    const value = (index.has(NV.written) ? index.value : this.#highest) + 1n;
    index.write(0, bytesOf(value));
    this.#note(index);
  }

  setBits(index: NvIndex, bits: bigint): void {
    index.write(0, bytesOf(index.value | bits));
  }

  /** As Startup(CLEAR) does: locks until a restart are open, and what lasts until then is gone. [TPM2 Part 2, 13.2] */
  startClear(): void {
    for (const index of this.#indexes.values()) {
      if (index.has(NV.writeStClear)) index.clear(NV.writeLocked);
      if (index.has(NV.readStClear)) index.clear(NV.readLocked);
      if (index.has(NV.clearStClear)) index.clear(NV.written);
    }
  }

  get #used(): number {
    let used = 0;
    for (const { area } of this.#indexes.values()) used += area.dataSize + OVERHEAD;
    return used;
  }

  #note(index: NvIndex): void {
    if (index.has(NV.counter) && index.value > this.#highest) this.#highest = index.value;
  }
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
