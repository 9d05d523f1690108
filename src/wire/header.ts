/** A frame reads a register or writes it. */
export type Direction = 'read' | 'write';

/** Address of register 0 of locality 0 on the SPI bus. [CHIP 1.2] */
export const TPM_SPI_BASE = 0xd40000;

/** The most data bytes one frame can carry. [CHIP 1.2] */
export const MAX_FRAME_DATA = 64;

/**
 * Writes a frame header to the first four bytes of `into`: direction and size - 1, then the 24-bit register address,
 * most significant byte first. `address` is the register's offset from TPM_SPI_BASE. [CHIP 1.2] [DRIVER 1.7]
 *
 * @throws RangeError unless 1 <= size <= 64 and the address has 16 bits.
 */
export function encodeHeader(into: Uint8Array, direction: Direction, address: number, size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > MAX_FRAME_DATA)
    throw new RangeError(`A frame carries 1 to ${MAX_FRAME_DATA} bytes, not ${size}.`);
  if (!Number.isInteger(address) || address < 0 || address > 0xffff)
    throw new RangeError(`A register address has 16 bits, and ${address} does not fit.`);
  into[0] = (direction === 'read' ? 0x80 : 0) | (size - 1);
  into[1] = TPM_SPI_BASE >> 16;
  into[2] = address >> 8;
  into[3] = address & 0xff;
}

/** The four bytes a frame begins with. [CHIP 1.2] */
export interface FrameHeader {
  readonly direction: Direction;
  readonly size: number;
  /** All 24 bits. */
  readonly address: number;
}

/** Reads a header; bit 6 of the first byte is ignored, as the chip ignores it. [CHIP 1.2] */
export function decodeHeader(bytes: Uint8Array): FrameHeader {
  return {
    direction: bytes[0]! & 0x80 ? 'read' : 'write',
    size: (bytes[0]! & 0x3f) + 1,
    address: (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!,
  };
}
