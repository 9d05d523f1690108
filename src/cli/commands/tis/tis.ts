import type { Command } from 'commander';
import {
  checkedBytes,
  checkedPlace,
  hexOf,
  readRegister,
  REGISTER_NAMES,
  startChip,
  writeRegister,
} from '../../registers-by-hand.ts';
import { withRig } from '../../with-rig.ts';
import { addTisShell } from './shell.ts';

interface TisOptions {
  readonly rig: string;
  readonly locality: string;
  readonly size?: string;
  readonly json?: true;
}

/** `h1-hil tis`: reads or writes one register of the TPM interface. It clocks single frames and uses no driver. */
export function addTis(program: Command): void {
  const tis = program.command('tis').description("read and write the chip's registers, without a driver");
  const examples =
    '\nExamples:\n  h1-hil tis read DID_VID\n  h1-hil tis read FW_VER --rig raspberry-pi --size 8\n  h1-hil tis write ACCESS 02';
  const note = `\nRegisters: ${REGISTER_NAMES}, or an offset such as 0x0f00.\nThe chip is switched on and woken; the rig is left safe afterwards.`;
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
  addTisShell(tis);
}

async function act(register: string, written: Uint8Array | undefined, options: TisOptions): Promise<void> {
  const place = checkedPlace(register, options);
  const data = await withRig(options.rig, 'tis', async ({ board }) => {
    await startChip(board);
    return written === undefined ? readRegister(board, place) : writeRegister(board, place, written);
  });
  const { name, address } = place;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ register: name, address, data: hexOf(data) })}\n`
      : `${name} ${hexOf(data)}\n`,
  );
}
