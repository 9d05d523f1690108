import { createHash } from 'node:crypto';
import type { ImageVersion, SectionKind } from './image.ts';
import {
  FLASH_SIZE,
  IMAGE_FIELD,
  IMAGE_HEADER_SIZE,
  IMAGE_MAGIC,
  SECTION_BASES,
  SECTION_SIZE,
} from './image.ts';

/** Keys of the simulated chip. [CHIP 10.3] */
const KEY_ID: Readonly<Record<SectionKind, number>> = { ro: 0xaa66150f, rw: 0xde88588d };

/** What an image has where a real one is signed. */
const SIGNED_BY_NOBODY = 'simulated H1 image, not signed';
const CODE = 'This is no firmware. It stands for a version of it on the simulated H1 of h1-hil. ';
const DIGEST_AT = IMAGE_FIELD.signature + 32;

/** Board ID fields are stored with this added bit by bit. */
const BOARD_ID_PADDING = 0x33333333;
const ERASED = 0xff;

export interface SimulatedImage {
  readonly version: ImageVersion;
  /** The simulated chip's own key without it. */
  readonly keyId?: number;
  /** Header and code, a multiple of 4; 4096 bytes without it. */
  readonly size?: number;
  /** Boards it may run on; all without it. */
  readonly boards?: { readonly type: number; readonly mask: number; readonly flags: number };
}

/**
 * An image file with these images in both places of their kind, and nothing else. Only the simulated chip runs them:
 * they say that they are simulated where a real image has its signature and its code.
 */
export function simulatedImageFile(images: Partial<Record<SectionKind, SimulatedImage>>): Uint8Array {
  const file = new Uint8Array(FLASH_SIZE).fill(ERASED);
  for (const kind of ['ro', 'rw'] as const) {
    const image = images[kind];
    if (image === undefined) continue;
    const bytes = buildImage(kind, image);
    for (const base of SECTION_BASES[kind]) file.set(bytes, base);
  }
  return file;
}

function buildImage(kind: SectionKind, image: SimulatedImage): Uint8Array {
  const { version, keyId = KEY_ID[kind], boards = { type: 0, mask: 0, flags: 0 } } = image;
  const size = Math.min(image.size ?? 4096, SECTION_SIZE[kind]);
  const bytes = new Uint8Array(size);
  for (let at = IMAGE_HEADER_SIZE; at < size; at++) bytes[at] = CODE.charCodeAt(at % CODE.length);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, value: number): void => {
    view.setUint32(offset, value, true);
  };
  put(IMAGE_FIELD.magic, IMAGE_MAGIC);
  put(IMAGE_FIELD.keyId, keyId);
  put(IMAGE_FIELD.imageSize, size);
  put(IMAGE_FIELD.epoch, version.epoch);
  put(IMAGE_FIELD.major, version.major);
  put(IMAGE_FIELD.minor, version.minor);
  put(IMAGE_FIELD.boardIdType, boards.type ^ BOARD_ID_PADDING);
  put(IMAGE_FIELD.boardIdMask, boards.mask ^ BOARD_ID_PADDING);
  put(IMAGE_FIELD.boardIdFlags, boards.flags ^ BOARD_ID_PADDING);
  const digest = createHash('sha256').update(bytes.subarray(IMAGE_FIELD.tag)).digest();
  bytes.set(new TextEncoder().encode(SIGNED_BY_NOBODY), IMAGE_FIELD.signature);
  bytes.set(digest, DIGEST_AT);
  bytes.set(digest.subarray(0, 4), IMAGE_FIELD.checksum);
  return bytes;
}
