/** Size of an image's header, which its first block brings whole. [CHIP 5.3] */
export const HEADER_SIZE = 1024;

/** Set in `image_size` of an image that is not to run yet. [CHIP 5.3] */
export const DISABLED = 0x80000000;

/** Offsets of the fields that the chip minds; words are little endian. The signature covers all from `tag` on. */
export const FIELD = {
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

/** Board ID fields are stored with this added bit by bit. */
const PADDING = 0x33333333;

/** Which boards an image runs on: the bits of `mask` have to be those of `type`, and every bit of `flags` set. */
export interface BoardRestriction {
  readonly type: number;
  readonly mask: number;
  readonly flags: number;
}

/** What an image says of itself. */
export interface ImageHeader {
  readonly epoch: number;
  readonly major: number;
  readonly minor: number;
  readonly keyId: number;
  readonly checksum: number;
  readonly imageSize: number;
  readonly boards: BoardRestriction;
}

/** Reads the header at the beginning of `bytes`, of which there are at least 1024. */
export function readHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number): number => view.getUint32(at, true);
  return {
    epoch: word(FIELD.epoch),
    major: word(FIELD.major),
    minor: word(FIELD.minor),
    keyId: word(FIELD.keyId),
    checksum: word(FIELD.checksum),
    imageSize: word(FIELD.imageSize),
    boards: {
      type: (word(FIELD.boardIdType) ^ PADDING) >>> 0,
      mask: (word(FIELD.boardIdMask) ^ PADDING) >>> 0,
      flags: (word(FIELD.boardIdFlags) ^ PADDING) >>> 0,
    },
  };
}

type Version = Pick<ImageHeader, 'epoch' | 'major' | 'minor'>;

/** By the numbers as they stand: 0.6.4 is newer than 0.5.5 here, although they are one code base. [CHIP 5.3] */
export function isOlder(version: Version, other: Version): boolean {
  if (version.epoch !== other.epoch) return version.epoch < other.epoch;
  if (version.major !== other.major) return version.major < other.major;
  return version.minor < other.minor;
}
