import { createHash } from 'node:crypto';
import type { ImageHeader } from './header.ts';
import { DISABLED, FIELD, HEADER_SIZE, readHeader } from './header.ts';

/** What stands in place of an RSA signature, followed by the SHA-256 digest of what it covers. */
const SIGNED_BY_NOBODY = 'simulated H1 image, not signed';
const DIGEST_AT = FIELD.signature + 32;

const LEAST_IMAGE = 0x800;
const MAGIC = 0xffffffff;
const ERASED = 0xff;

/** The four images that flash has room for. */
export type SectionName = 'RO_A' | 'RW_A' | 'RO_B' | 'RW_B';

/**
 * A place in flash that holds one image. Flash is erased to ones, and writing clears bits. The image the chip came with
 * is known by its header alone; writing into it without erasing it first spoils it.
 */
export class Section {
  #factory: ImageHeader | undefined;
  #bytes: Uint8Array | undefined;

  constructor(
    readonly name: SectionName,
    /** Offset in flash. */
    readonly base: number,
    readonly size: number,
    /** The key its images have to be signed with. */
    private readonly keyId: number,
  ) {}

  get end(): number {
    return this.base + this.size;
  }

  /** The chip comes with this image. */
  install(header: ImageHeader): void {
    this.#factory = header;
    this.#bytes = undefined;
  }

  erase(): void {
    this.#factory = undefined;
    this.#bytes = undefined;
  }

  /** True when what was written reads back. */
  write(offset: number, data: Uint8Array): boolean {
    const bytes = this.#toBytes();
    const at = offset - this.base;
    let isSame = true;
    for (let i = 0; i < data.length; i++) {
      bytes[at + i]! &= data[i]!;
      if (bytes[at + i] !== data[i]) isSame = false;
    }
    return isSame;
  }

  /** The header of the image here, if that image may run. */
  get image(): ImageHeader | undefined {
    if (this.#factory !== undefined) return this.#factory;
    if (this.#bytes === undefined) return undefined;
    const header = readHeader(this.#bytes);
    return this.#isWhole(this.#bytes, header) ? header : undefined;
  }

  /** Clears the bit that keeps the image here from running; false when there is none, or its size makes no sense. */
  restoreHeader(largest: number): boolean {
    if (this.#bytes === undefined) return false;
    const { imageSize } = readHeader(this.#bytes);
    if (imageSize < DISABLED || imageSize - DISABLED > largest) return false;
    this.#bytes[FIELD.imageSize + 3]! &= 0x7f;
    return true;
  }

  /** Spoils the header, so that the image here never runs. */
  invalidate(): void {
    this.#toBytes().fill(0, FIELD.magic, FIELD.magic + 4);
  }

  #toBytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.size).fill(this.#factory === undefined ? ERASED : 0);
    this.#factory = undefined;
    return this.#bytes;
  }

  /** Magic, size, key, checksum and signature are right. */
  #isWhole(bytes: Uint8Array, { keyId, imageSize, checksum }: ImageHeader): boolean {
    if (new DataView(bytes.buffer).getUint32(FIELD.magic, true) !== MAGIC) return false;
    if (keyId !== this.keyId) return false;
    if (imageSize < Math.max(LEAST_IMAGE, HEADER_SIZE) || imageSize > this.size) return false;
    const digest = createHash('sha256').update(bytes.subarray(FIELD.tag, imageSize)).digest();
    if (digest.readUInt32LE(0) !== checksum) return false;
    const mark = String.fromCharCode(
      ...bytes.subarray(FIELD.signature, FIELD.signature + SIGNED_BY_NOBODY.length),
    );
    return mark === SIGNED_BY_NOBODY && digest.equals(bytes.subarray(DIGEST_AT, DIGEST_AT + digest.length));
  }
}
