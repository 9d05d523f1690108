import type { Board, SpiStep } from '../board/index.ts';
import { accessChip, switchOn } from '../host/index.ts';
import { didYouMean, LabFailure, UsageError } from '../units/index.ts';
import * as registers from '../wire/registers.ts';
import { encodeHeader, locality, MAX_FRAME_DATA } from '../wire/index.ts';

/** The registers by their names in the specification, and the number of bytes of one read. */
const REGISTERS = {
  ACCESS: [registers.TPM_ACCESS, 1],
  INT_ENABLE: [registers.TPM_INT_ENABLE, 4],
  INTF_CAPABILITY: [registers.TPM_INTF_CAPABILITY, 4],
  STS: [registers.TPM_STS, 4],
  DATA_FIFO: [registers.TPM_DATA_FIFO, 1],
  DID_VID: [registers.TPM_DID_VID, 4],
  RID: [registers.TPM_RID, 1],
  FW_VER: [registers.TPM_FW_VER, 4],
  BOARD_CFG: [registers.TPM_BOARD_CFG, 4],
} as const;
/** The names of all registers, for a help. */
export const REGISTER_NAMES = Object.keys(REGISTERS).join(', ');
const MAX_LOCALITY = 4;
const HEADER_SIZE = 4;

/** A register of one locality. */
export interface Place {
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

/** The register that every H1 answers in every state: who made the chip. */
export const DID_VID: Place = { name: 'TPM_DID_VID', address: registers.TPM_DID_VID, size: 4 };

/** The chip did not end its stall. */
class NoAnswer extends LabFailure {
  readonly blames = 'rig';

  constructor(name: string) {
    super(
      `The chip did not end its wait state at ${name} within 50 ms. h1-hil doctor says which wire is wrong.`,
    );
  }
}

/** Powers the chip, and clocks one frame, since the first one after a reset is answered with FF. [CHIP 1.3] */
export async function startChip(board: Board): Promise<void> {
  await switchOn(board);
  await clearFirst(board);
}

/** Clocks the frame of which the chip answers FF after a reset. [CHIP 1.3] */
export async function clearFirst(board: Board): Promise<void> {
  await accessChip(board, headerOf('read', DID_VID.address, DID_VID.size), {
    kind: 'read',
    size: DID_VID.size,
  });
}

/** Reads a register with one frame. @throws LabFailure when the chip does not end its wait state */
export const readRegister = (board: Board, place: Place): Promise<Uint8Array> =>
  frame(board, place, { kind: 'read', size: place.size });

/**
 * Writes a register and reads it back; of the FIFO nothing is read, since that would take a byte out of the response.
 * @throws LabFailure when the chip does not end its wait state
 */
export async function writeRegister(board: Board, place: Place, bytes: Uint8Array): Promise<Uint8Array> {
  await frame(board, place, { kind: 'write', bytes });
  return place.address % 0x1000 === registers.TPM_DATA_FIFO ? new Uint8Array() : readRegister(board, place);
}

async function frame(
  board: Board,
  { name, address }: Place,
  step: (SpiStep & { kind: 'read' }) | (SpiStep & { kind: 'write' }),
): Promise<Uint8Array> {
  const header = headerOf(step.kind, address, step.kind === 'read' ? step.size : step.bytes.length);
  const { data } = await accessChip(board, header, step);
  if (data === undefined) throw new NoAnswer(name);
  return data;
}

function headerOf(kind: 'read' | 'write', address: number, size: number): number[] {
  const header = new Uint8Array(HEADER_SIZE);
  encodeHeader(header, kind, address, size);
  return [...header];
}

/** Bytes as people write them: `e0 1a 28 00`. */
export const hexOf = (data: Uint8Array): string =>
  Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** A register by its name or its offset. @throws UsageError */
export function checkedPlace(
  register: string,
  { locality: written, size }: { readonly locality: string; readonly size?: string | undefined },
): Place {
  const name = register.toUpperCase().replace(/^TPM_/, '');
  const known = Object.entries(REGISTERS).find(([other]) => other === name)?.[1];
  const isOffset = /^0x[0-9a-f]{1,4}$/i.test(register);
  if (known === undefined && !isOffset)
    throw new UsageError(
      `There is no register ${register}${didYouMean(name, Object.keys(REGISTERS))} Known registers: ${REGISTER_NAMES}; an offset such as 0x0f00 works too.`,
    );
  const [offset, own] = known ?? [Number(register), 1];
  const which = checkedNumber('--locality', written, 0, MAX_LOCALITY);
  return {
    name: known === undefined ? register : `TPM_${name}`,
    address: known === undefined ? offset : locality(offset, which),
    size: size === undefined ? own : checkedNumber('--size', size, 1, MAX_FRAME_DATA),
  };
}

/** @throws UsageError */
function checkedNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`${option} takes a whole number from ${least} to ${most}, and "${text}" is none.`);
  return value;
}

/** Bytes in hexadecimal, first byte first. @throws UsageError */
export function checkedBytes(text: string): Uint8Array {
  const bare = text.replace(/^0x/i, '').replace(/[\s:]/g, '');
  if (!/^([0-9a-f]{2})+$/i.test(bare) || bare.length > 2 * MAX_FRAME_DATA)
    throw new UsageError(
      `"${text}" are no bytes; write 1 to ${MAX_FRAME_DATA} of them in hexadecimal, first byte first, such as 02 or 20000000.`,
    );
  return Buffer.from(bare, 'hex');
}
