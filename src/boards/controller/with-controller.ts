import { hostname } from 'node:os';
import type { Board } from '../../board/index.ts';
import type { ControlledBoard, ControlledBoardOptions } from './controlled-board.ts';
import { controlledBoard } from './controlled-board.ts';
import { openLink } from './link.ts';
import type { ControllerPacing } from './rig-controller.ts';
import { RigController } from './rig-controller.ts';

/** What a rig file says of its controller. */
export interface ControllerOptions extends Pick<ControlledBoardOptions, 'leastCurrentMa' | 'drivesSelect'> {
  readonly port: string;
}

const MAX_TOKEN = 16;

/**
 * One token for all processes of this host. The rig's lease decides between them, and a worker may die without giving
 * the token back.
 */
const token = (): string =>
  hostname()
    .replace(/[^\w-]/g, '')
    .slice(0, MAX_TOKEN) || 'h1-hil';

/** Opens the port of a controller, locks it and makes its board safe. @throws what openLink and RigController.start throw */
export const openController = async (port: string, pacing?: ControllerPacing): Promise<RigController> =>
  RigController.start(await openLink(port), port, token(), pacing);

/** Starts the controller, then opens the board; the controller is closed again when that fails. */
export async function withController(
  { port, ...options }: ControllerOptions,
  openBoard: () => Promise<Board>,
): Promise<ControlledBoard> {
  const controller = await openController(port);
  try {
    return controlledBoard(await openBoard(), controller, options);
  } catch (failure) {
    await controller.close();
    throw failure;
  }
}
