import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../board/index.ts';
import type { SimBoard } from '../../boards/sim/index.ts';
import type { Instant } from '../../units/index.ts';
import { openLink } from '../../boards/controller/index.ts';
import { RigConsole } from './rig-console.ts';

/** A console that is open. */
export interface OpenConsole {
  readonly console: RigConsole;
  /** Resolves when everything the chip has said until now was heard, as far as that can be known. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What is still under way at 115200 baud and in the buffers of a USB adapter. */
const ON_THE_WAY_MS = 20;
const SETTLE_LIMIT_MS = 1000;

/** The console on a serial port. @throws PortUnusable, SerialPackageMissing */
export async function openSerialConsole(
  { port, baud }: { readonly port: string; readonly baud: number },
  clock: Clock,
): Promise<OpenConsole> {
  const console = new RigConsole(await openLink(port, baud), () => clock.now());
  return { console, settle: () => pause(ON_THE_WAY_MS), close: () => console.close() };
}

/**
 * The simulated chip's console over a pseudo-terminal, through the same package as a real one. A line has the virtual
 * time at which the chip said it, however long it was on its way.
 * @throws NoPseudoTerminal, PortUnusable, SerialPackageMissing
 */
export async function openSimulatedConsole(board: SimBoard): Promise<OpenConsole> {
  const { PseudoTerminal } = await import('../../boards/emulated-controller/index.ts');
  const terminal = await PseudoTerminal.open();
  const said: Instant[] = [];
  let count = 0;
  const close = async (): Promise<void> => {
    board.onConsole = undefined;
    await terminal.unplug();
  };
  let console: RigConsole;
  try {
    console = new RigConsole(await openLink(terminal.port), () => said.shift() ?? board.clock.now());
  } catch (failure) {
    await close();
    throw failure;
  }
  board.onConsole = (line) => {
    count++;
    said.push(board.clock.now());
    terminal.write(`${line}\r\n`);
  };
  return {
    console,
    settle: async () => {
      for (let waited = 0; console.received < count && waited < SETTLE_LIMIT_MS; waited++) await pause(1);
    },
    close: async () => {
      try {
        await console.close();
      } finally {
        await close();
      }
    },
  };
}
