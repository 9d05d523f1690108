import type { Board, HostFiles } from '../board/index.ts';
import { commandOf, Servod } from '../boards/instruments/index.ts';
import type { RemoteBoard } from '../boards/remote/index.ts';
import type { RemoteBoardFile } from '../rig/index.ts';
import { HilError, showDuration } from '../units/index.ts';
import type { Check } from './check.ts';
import { notLooked, right, wrong } from './check.ts';
import type { ProgramFinder } from './programs.ts';

type Instruments = NonNullable<RemoteBoardFile['instruments']>;

/** What this host needs to reach a device, without reaching it. */
export function examineReach({ instruments }: RemoteBoardFile, find: ProgramFinder): Check[] {
  const programs = ['ssh', ...switchesOf(instruments), ...(instruments?.ping === undefined ? [] : ['ping'])];
  return programs.map((program) =>
    find(program)
      ? right(`program ${program}`, 'it is there')
      : wrong(
          `program ${program}`,
          'there is no such program here',
          'Install it, or name another one in the rig file.',
        ),
  );
}

/** The programs that switch the supply. */
function switchesOf(instruments: Instruments | undefined): string[] {
  const { power } = instruments ?? {};
  if (power === undefined) return [];
  const programs = (['on', 'off'] as const).map((turn) => commandOf(power, turn)?.[0]);
  return [...new Set(programs.filter((program) => program !== undefined))];
}

/** Asks servod for each control that a run may use; sets none. */
export async function examineInstruments(instruments: Instruments | undefined): Promise<Check[]> {
  if (instruments?.servod === undefined) return [];
  const servod = new Servod(instruments.servod);
  const checks: Check[] = [];
  for (const control of ['cold_reset', 'warm_reset', 'lid_open'])
    try {
      checks.push(right(`servod ${control}`, String(await servod.get(control))));
    } catch (failure) {
      if (!(failure instanceof HilError)) throw failure;
      checks.push(
        wrong(`servod ${control}`, failure.message, 'Mend what the message names, then ask again.'),
      );
    }
  return checks;
}

const isRemote = (board: Board): board is RemoteBoard => board.facts.isRemote === true;

/** What an open device has of what the suites use. */
export async function examineDevice(board: Board): Promise<Check[]> {
  if (!isRemote(board)) return [];
  const { clock, kernel, logWithin } = board;
  return [
    right('device', await textOf(kernel.files, '/proc/version')),
    right('driver', `${kernel.driver} has let go of ${kernel.device}, and gets it back`),
    right(
      'clock',
      `known to ${showDuration(clock.uncertainty)}; the network may add ${showDuration(clock.slack)}`,
    ),
    logWithin === undefined
      ? wrong(
          'kernel log',
          'it cannot be read and written by this user',
          'Log in as root, or say sudo: true in the rig file.',
        )
      : right('kernel log', `its stamps are placed to ${showDuration(logWithin)}`),
    kernel.suspended === undefined
      ? notLooked('suspend', 'no real-time clock there has an alarm, so the tests of suspend are skipped')
      : right('suspend', `an alarm wakes it; ${kernel.memSleeps?.join(', ') ?? ''}`),
    notLooked('wires', 'nobody sees them from here'),
  ];
}

async function textOf(files: HostFiles, path: string): Promise<string> {
  const file = await files.open(path, 0);
  const text = file < 0 ? file : await files.read(file, 4096);
  if (file >= 0) await files.close(file);
  return typeof text === 'number' ? `no ${path} (error ${text})` : Buffer.from(text).toString().trim();
}
