import type { Board } from '../board/index.ts';
import { SimBoard } from '../boards/sim/index.ts';
import type { SimBoardOptions } from '../boards/sim/index.ts';
import type { VirtualLabOptions } from '../boards/virtual-lab/index.ts';
import { whilePowered } from '../host/index.ts';
import { hertz } from '../units/index.ts';
import type { OpenConsole } from './console/index.ts';
import { openSerialConsole, openSimulatedConsole } from './console/index.ts';
import type { ControlledBoard } from '../boards/controller/index.ts';
import { openEmulatedRig, withController } from '../boards/controller/index.ts';
import { isReal } from './abilities.ts';
import type { Rig } from './load-rig.ts';
import type { LinuxBoardFile, RemoteBoardFile, SimBoardFile, VirtualLabFile } from './schema.ts';

/** A rig whose board is open. */
export interface OpenRig {
  readonly rig: Rig;
  readonly board: Board;
  /** The same board, when a rig controller is beside it. */
  readonly controlled?: ControlledBoard;
  /** Opens the chip's console; undefined when the rig has none. */
  readonly openConsole?: (() => Promise<OpenConsole>) | undefined;
  /** Prepares the board for one test: a simulated one starts over from this seed; a real one stays as it is. */
  readonly renew: (seed: number) => Promise<void>;
}

/** Says, before a rig is touched, that it still is this run's. */
export interface Vouched {
  /** Throws when another has it. A controller asks it before each of its leases. */
  readonly check?: (() => Promise<void>) | undefined;
}

/**
 * Opens the rig's board; close the board when done. Only a simulated board uses `kept`, and only
 * one whose engine is swtpm uses `swtpmState`.
 */
export async function openRig(
  rig: Rig,
  seed: number,
  kept: Pick<SimBoardOptions, 'swtpmState' | 'instead'> & Vouched = {},
): Promise<OpenRig> {
  await kept.check?.();
  if (rig.board.kind === 'sim' && rig.board.controller !== undefined) {
    const { leastCurrentMa, drivesSelect, drawsMa, cable } = rig.board.controller;
    const controller = { leastCurrentMa, drivesSelect, drawsMa, cable, check: kept.check };
    const options = { ...simOptions(rig.board, seed), ...kept, ...controller };
    const { board, sim, renew } = await openEmulatedRig(options);
    return { rig, board, controlled: board, openConsole: simulatedConsole(rig.board, sim), renew };
  }
  if (rig.board.kind === 'sim') {
    const board = new SimBoard({ ...simOptions(rig.board, seed), ...kept });
    return {
      rig,
      board,
      openConsole: simulatedConsole(rig.board, board),
      renew: async (next) => {
        board.renew(next);
      },
    };
  }
  if (rig.board.kind === 'program') {
    const { openProgram } = await import('../boards/program/index.ts');
    const { command, ...board } = rig.board;
    return { rig, ...(await openProgram({ ...simOptions({ ...board, kind: 'sim' }, seed), command })) };
  }
  if (rig.board.kind === 'virtual-lab') {
    const { VirtualLabBoard } = await import('../boards/virtual-lab/index.ts');
    const board = await VirtualLabBoard.open(labOptions(rig.board, seed));
    return {
      rig,
      board,
      renew: async (next) => {
        board.renew(next);
      },
    };
  }
  return rig.board.kind === 'remote' ? openRemote(rig, rig.board) : openLinux(rig, rig.board, kept.check);
}

/**
 * Opens a real board, with its controller when the rig has one. What its bus can do is found out before the board is
 * returned.
 */
async function openLinux(rig: Rig, file: LinuxBoardFile, check: Vouched['check']): Promise<OpenRig> {
  const { controller, console, stack, driver = 'tpm_tis_spi', slackMs: slack, ...parts } = file;
  const options = { ...parts, slack };
  const { learnBus, openLinuxBoard } = await import('../boards/linux/index.ts');
  const { openKernelHost } = await import('../boards/kernel-host/index.ts');
  const open = (): Promise<Board> =>
    stack === 'kernel' ? openKernelHost({ ...options, driver }) : openLinuxBoard(options);
  const controlled = controller && (await withController(controller, open, check));
  const board = controlled ?? (await open());
  try {
    const { clock, power, reset } = board;
    const spi = controlled?.hostSpi ?? board.spi;
    if (controller?.drivesSelect !== true)
      await learnBus({ clock, power, reset, spi }, options.spi, whilePowered);
  } catch (failure) {
    await board.close();
    throw failure;
  }
  return {
    rig,
    board,
    ...(controlled && { controlled }),
    openConsole: console && (() => openSerialConsole(console, board.clock)),
    renew: () => Promise.resolve(),
  };
}

async function openRemote(rig: Rig, file: RemoteBoardFile): Promise<OpenRig> {
  const { openRemoteBoard } = await import('../boards/remote/index.ts');
  const { ssh, driver = 'tpm_tis_spi', agent, device, wakeAfterMs, backWithinMs, instruments } = file;
  const more = given({ agent, instruments, device, wakeAfter: wakeAfterMs, backWithin: backWithinMs });
  const board = await openRemoteBoard({ ssh, driver, ...more });
  return { rig, board, renew: () => board.renew() };
}

const simulatedConsole = (
  { console }: SimBoardFile,
  board: SimBoard,
): (() => Promise<OpenConsole>) | undefined => console && (() => openSimulatedConsole(board));

function labOptions(file: VirtualLabFile, seed: number): VirtualLabOptions {
  const { memoryMb, extra, programs, kernel, kernelArguments, ...chip } = file;
  return {
    ...simOptions({ ...chip, kind: 'sim' }, seed),
    machine: given({ memoryMb, extra, programs, kernel, kernelArguments }),
  };
}

/** What decides how the simulated chip of a rig behaves. */
export interface SimulatedChip {
  readonly chip: Pick<SimBoardOptions, 'firmware' | 'unknownVersion' | 'boardId' | 'imageFor' | 'timing'>;
  /** Its TPM library is another program. */
  readonly isForeign: boolean;
  /** It is our own model, so its seed says what it draws. Another program shows that itself. */
  readonly drawsBySeed: 'yes' | 'perhaps';
}

/** The chip that this rig simulates; undefined for a real one. */
export function simulatedChip({ board }: Rig): SimulatedChip | undefined {
  if (isReal(board)) return undefined;
  if (board.kind === 'program')
    return { chip: simOptions({ ...board, kind: 'sim' }, 0), isForeign: false, drawsBySeed: 'perhaps' };
  const options = board.kind === 'sim' ? simOptions(board, 0) : labOptions(board, 0);
  return { chip: options, isForeign: board.engine === 'swtpm', drawsBySeed: 'yes' };
}

/** Drops what the file leaves open. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

function simOptions(file: SimBoardFile, seed: number): SimBoardOptions {
  const { chip = {}, host = {}, has = {} } = file;
  return {
    seed,
    ...given({ firmware: file.firmware, engine: file.engine, faults: file.faults }),
    ...given({ boardId: file.boardId, imageFor: file.imageFor, unknownVersion: file.unknownVersion }),
    ...(file.sckHz !== undefined && { sck: hertz(file.sckHz) }),
    has: given(has),
    host: given({
      turnaround: host.turnaroundUs,
      csSetup: host.csSetupUs,
      csHold: host.csHoldUs,
      messageGap: host.messageGapUs,
    }),
    timing: given({
      waitBytes: chip.waitBytes,
      headerLatency: chip.headerLatencyUs,
      pulseDelay: chip.pulseDelayUs,
      pulseWidth: chip.pulseWidthUs,
      taskLatency: chip.taskLatencyUs,
      commandTime: chip.commandTimeUs,
      wakeLatency: chip.wakeLatencyUs,
      resetTime: chip.resetTimeUs,
      bootTime: chip.bootTimeUs,
    }),
  };
}
