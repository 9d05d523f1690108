import { hostname } from 'node:os';
import type { Board } from '../../board/index.ts';
import { ControlledBoard } from './controlled-board.ts';
import { openLink } from './link.ts';
import { RigController } from './rig-controller.ts';

/** What a rig file says of its controller. */
export interface ControllerOptions {
  readonly port: string;
  readonly leastCurrentMa?: number | undefined;
}

const LONGEST_TOKEN = 16;

/** One for all processes of this host: among them the rig's lease decides, and a worker may die without giving it back. */
const token = (): string =>
  hostname()
    .replace(/[^\w-]/g, '')
    .slice(0, LONGEST_TOKEN) || 'h1-hil';

/** Starts the controller, then opens the board; the controller is closed again when that fails. */
export async function withController(
  { port, leastCurrentMa }: ControllerOptions,
  openBoard: () => Promise<Board>,
): Promise<ControlledBoard> {
  const controller = await RigController.start(await openLink(port), port, token());
  try {
    return new ControlledBoard(await openBoard(), controller, leastCurrentMa);
  } catch (failure) {
    await controller.close();
    throw failure;
  }
}
