import type { Command } from 'commander';
import type { Board, SpiStep } from '../../board/index.ts';
import { accessChip, switchOn } from '../../host/index.ts';
import { didYouMean, LabFailure, UsageError } from '../../units/index.ts';
import * as registers from '../../wire/registers.ts';
import { encodeHeader, locality, MAX_FRAME_DATA } from '../../wire/index.ts';
import { withRig } from '../with-rig.ts';

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
const NAMES = Object.keys(REGISTERS).join(', ');
const MAX_LOCALITY = 4;
const HEADER_SIZE = 4;

interface TisOptions {
  readonly rig: string;
  readonly locality: string;
  readonly size?: string;
  readonly json?: true;
}

/** A register of one locality. */
interface Place {
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

/** The chip did not end its stall. */
class NoAnswer extends LabFailure {
  readonly blames = 'rig';

  constructor(name: string) {
    super(
      `The chip did not end its wait state at ${name} within 50 ms. h1-hil doctor says which wire is wrong.`,
    );
  }
}

/** `h1-hil tis`: reads or writes one register of the TPM interface. It clocks single frames and uses no driver. */
export function addTis(program: Command): void {
  const tis = program.command('tis').description("read and write the chip's registers, without a driver");
  const examples =
    '\nExamples:\n  h1-hil tis read DID_VID\n  h1-hil tis read FW_VER --rig raspberry-pi --size 8\n  h1-hil tis write ACCESS 02';
  const note = `\nRegisters: ${NAMES}, or an offset such as 0x0f00.\nThe chip is switched on and woken; the rig is left safe afterwards.`;
  for (const [verb, description] of [
    ['read', 'read a register'],
    ['write', 'write a register, then read it back'],
  ] as const) {
    const command = tis.command(verb).description(description).argument('<register>', 'name or offset');
    if (verb === 'write') command.argument('<bytes>', 'hexadecimal, first byte first: 02 or 20000000');
    command
      .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
      .option('--locality <number>', '0 to 4', '0')
      .option('--size <bytes>', "bytes to read, 1 to 64; the register's own without it")
      .option('--json', 'as JSON')
      .addHelpText('after', `${examples}\n${note}`);
  }
  const [read, write] = tis.commands;
  read!.action((register: string, options: TisOptions) => act(register, undefined, options));
  write!.action((register: string, bytes: string, options: TisOptions) =>
    act(register, checkedBytes(bytes), options),
  );
}

async function act(register: string, written: Uint8Array | undefined, options: TisOptions): Promise<void> {
  const place = checkedPlace(register, options);
  const { name, address } = place;
  const data = await withRig(options.rig, 'tis', async ({ board }) => {
    await startChip(board);
    if (written !== undefined) await frame(board, place, { kind: 'write', bytes: written });
    // The FIFO is not read back, since that would take a byte out of the response.
    if (written !== undefined && address % 0x1000 === registers.TPM_DATA_FIFO) return new Uint8Array();
    return frame(board, place, { kind: 'read', size: place.size });
  });
  const hex = Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ register: name, address, data: hex })}\n`
      : `${name} ${hex}\n`,
  );
}

/** Powers the chip, and clocks one frame, since the first one after a reset is answered with FF. [CHIP 1.3] */
async function startChip(board: Board): Promise<void> {
  await switchOn(board);
  const header = new Uint8Array(HEADER_SIZE);
  encodeHeader(header, 'read', registers.TPM_DID_VID, 4);
  await accessChip(board, [...header], { kind: 'read', size: 4 });
}

async function frame(
  board: Board,
  { name, address }: Place,
  step: (SpiStep & { kind: 'read' }) | (SpiStep & { kind: 'write' }),
): Promise<Uint8Array> {
  const header = new Uint8Array(HEADER_SIZE);
  encodeHeader(header, step.kind, address, step.kind === 'read' ? step.size : step.bytes.length);
  const { data } = await accessChip(board, [...header], step);
  if (data === undefined) throw new NoAnswer(name);
  return data;
}

/** @throws UsageError */
function checkedPlace(register: string, { locality: written, size }: TisOptions): Place {
  const name = register.toUpperCase().replace(/^TPM_/, '');
  const known = Object.entries(REGISTERS).find(([other]) => other === name)?.[1];
  const isOffset = /^0x[0-9a-f]{1,4}$/i.test(register);
  if (known === undefined && !isOffset)
    throw new UsageError(
      `There is no register ${register}${didYouMean(name, Object.keys(REGISTERS))} Known registers: ${NAMES}; an offset such as 0x0f00 works too.`,
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

/** @throws UsageError */
function checkedBytes(text: string): Uint8Array {
  const bare = text.replace(/^0x/i, '').replace(/[\s:]/g, '');
  if (!/^([0-9a-f]{2})+$/i.test(bare) || bare.length > 2 * MAX_FRAME_DATA)
    throw new UsageError(
      `"${text}" are no bytes; write 1 to ${MAX_FRAME_DATA} of them in hexadecimal, first byte first, such as 02 or 20000000.`,
    );
  return Buffer.from(bare, 'hex');
}
