import { ImageUnusable } from './errors.ts';

/** Flash of the chip, which an image file is a copy of, and where its sections begin. [CHIP 5.3] */
export const FLASH_SIZE = 0x80000;
export const SECTION_SIZE = { ro: 0x3000, rw: 0x39000 } as const;
export const SECTION_BASES = { ro: [0x00000, 0x40000], rw: [0x04000, 0x44000] } as const;

/** The read-only and the read-write section. */
export type SectionKind = keyof typeof SECTION_SIZE;

/** An image's header: its size, and the offsets of its fields, little endian. */
export const IMAGE_HEADER_SIZE = 1024;
export const IMAGE_FIELD = {
  magic: 0,
  signature: 4,
  checksum: 388,
  tag: 392,
  keyId: 420,
  imageSize: 808,
  epoch: 860,
  major: 864,
  minor: 868,
  boardIdType: 996,
  boardIdMask: 1000,
  boardIdFlags: 1004,
} as const;

/** The first word of a signed image. */
export const IMAGE_MAGIC = 0xffffffff;

/** Epoch, major and minor. */
export interface ImageVersion {
  readonly epoch: number;
  readonly major: number;
  readonly minor: number;
}

/** One image of a file. */
export interface ImageSection {
  readonly kind: SectionKind;
  /** Where in flash it goes. */
  readonly base: number;
  readonly version: ImageVersion;
  readonly keyId: number;
  /** The image without what is erased behind it. */
  readonly bytes: Uint8Array;
}

const ERASED = 0xff;

/**
 * Reads the section of an image file that goes to `base`.
 * @throws ImageUnusable when the file is no copy of the chip's flash, or has no image there.
 */
export function readSection(file: Uint8Array, kind: SectionKind, base: number): ImageSection {
  if (file.length !== FLASH_SIZE)
    throw new ImageUnusable(
      `An image file has ${FLASH_SIZE} bytes, as the flash of the chip; this one has ${file.length}.`,
    );
  const at = `0x${base.toString(16).padStart(5, '0')}`;
  if (!SECTION_BASES[kind].some((known) => known === base))
    throw new ImageUnusable(`The chip wants an ${kind.toUpperCase()} image at ${at}, where none ever is.`);
  const view = new DataView(file.buffer, file.byteOffset + base, SECTION_SIZE[kind]);
  const word = (offset: number): number => view.getUint32(offset, true);
  const size = word(IMAGE_FIELD.imageSize);
  if (word(IMAGE_FIELD.magic) !== IMAGE_MAGIC || size < IMAGE_HEADER_SIZE || size > SECTION_SIZE[kind])
    throw new ImageUnusable(
      `The file has no ${kind.toUpperCase()} image at ${at}, where the chip wants one.`,
    );
  return {
    kind,
    base,
    version: {
      epoch: word(IMAGE_FIELD.epoch),
      major: word(IMAGE_FIELD.major),
      minor: word(IMAGE_FIELD.minor),
    },
    keyId: word(IMAGE_FIELD.keyId),
    bytes: withoutErasedEnd(file.subarray(base, base + size)),
  };
}

function withoutErasedEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > IMAGE_HEADER_SIZE && bytes[end - 1] === ERASED) end--;
  return bytes.subarray(0, end);
}
