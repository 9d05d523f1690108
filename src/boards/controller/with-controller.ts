import { hostname } from 'node:os';
import type { Board } from '../../board/index.ts';
import type { ControlledBoard, ControlledBoardOptions } from './controlled-board.ts';
import { controlledBoard } from './controlled-board.ts';
import { openLink } from './link.ts';
import type { ControllerClaim, ControllerPacing } from './rig-controller.ts';
import { RigController } from './rig-controller.ts';

/** What a rig file says of its controller. */
export interface ControllerOptions extends Pick<ControlledBoardOptions, 'leastCurrentMa' | 'drivesSelect'> {
  readonly port: string;
}

const MAX_TOKEN = 16;

/** One token for all processes of this host: the rig's lease decides between them. */
const token = (): string =>
  hostname()
    .replace(/[^\w-]/g, '')
    .slice(0, MAX_TOKEN) || 'h1-hil';

/** Opens the port of a controller and begins a lease. @throws what openLink and RigController.start throw */
export const openController = async (
  port: string,
  check: ControllerClaim['check'],
  pacing?: ControllerPacing,
): Promise<RigController> =>
  RigController.start(await openLink(port), port, { token: token(), check }, pacing);

/**
 * Starts the controller, then opens the board; the controller is closed again when that fails.
 * @param check throws when this process has lost the rig to another
 */
export async function withController(
  { port, ...options }: ControllerOptions,
  openBoard: () => Promise<Board>,
  check?: ControllerClaim['check'],
): Promise<ControlledBoard> {
  const controller = await openController(port, check);
  try {
    return controlledBoard(await openBoard(), controller, options);
  } catch (failure) {
    await controller.close();
    throw failure;
  }
}
