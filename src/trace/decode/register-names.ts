import { ACCESS, burstCountOf, STS, TPM_SPI_BASE } from '../../wire/index.ts';

/** Registers by their offset in a locality. [CHIP 4.1] [DRIVER 2.1] */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x0000, 'TPM_ACCESS'],
  [0x0008, 'TPM_INT_ENABLE'],
  [0x000c, 'TPM_INT_VECTOR'],
  [0x0010, 'TPM_INT_STATUS'],
  [0x0014, 'TPM_INTF_CAPABILITY'],
  [0x0018, 'TPM_STS'],
  [0x0024, 'TPM_DATA_FIFO'],
  [0x0030, 'TPM_INTERFACE_ID'],
  [0x0080, 'TPM_XDATA_FIFO'],
  [0x0f00, 'TPM_DID_VID'],
  [0x0f04, 'TPM_RID'],
  [0x0f90, 'TPM_FW_VER'],
  [0x0fe0, 'TPM_BOARD_CFG'],
]);

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Registers of several bytes, each of which can be addressed, by their length. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x0008, 4],
  [0x0010, 4],
  [0x0014, 4],
  [0x0018, 4],
  [0x0024, 4],
  [0x0030, 4],
  [0x0080, 4],
  [0x0f00, 4],
  [0x0fe0, 4],
]);

/** `TPM_STS+1` for a byte within a register. */
function nameOf(offset: number): string | undefined {
  const name = NAMES.get(offset);
  if (name !== undefined) return name;
  const begin = offset & ~3;
  return offset < begin + (LENGTHS.get(begin) ?? 0) ? `${NAMES.get(begin)!}+${offset - begin}` : undefined;
}

/** `TPM_STS`, `TPM_STS+1` for a byte within it, `TPM_ACCESS(2)` for another locality, the bare address for what has no name. */
export function registerName(address: number): string {
  const name = nameOf(address & 0xfff);
  const where = address - TPM_SPI_BASE;
  if (name === undefined || where < 0 || where > 0x4fff) return hex(address, 6);
  const locality = where >> 12;
  return locality === 0 ? name : `${name}(${locality})`;
}

type Bits = readonly (readonly [name: string, bit: number])[];
const STATUS_BITS: Bits = Object.entries(STS);
const ACCESS_BITS: Bits = Object.entries(ACCESS);

function bitNames(bits: Bits, value: number): string[] {
  const names: string[] = [];
  for (const [name, bit] of bits) if ((value & bit) !== 0) names.push(name);
  return names;
}

const orNothing = (words: readonly string[]): string => words.join(' ') || 'no bit';

/** What a status word says; the burst count only when its two bytes were read. [DRIVER 2.1] */
export function showStatus(value: number, bytes: number): string {
  const words = bitNames(STATUS_BITS, value);
  if (bytes >= 3) words.push(`burst ${burstCountOf(value)}`);
  if (bytes >= 4 && ((value >>> 26) & 3) !== 1) words.push(`family ${(value >>> 26) & 3}`);
  return orNothing(words);
}

/** Names of the bits that are set in a value of TPM_ACCESS. */
export const showAccess = (value: number): string => orNothing(bitNames(ACCESS_BITS, value));
