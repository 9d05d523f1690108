import type { Board, Capability } from '../../board/index.ts';
import { CLOCK_RESOLUTION, withParts } from '../../board/index.ts';
import type { BeatingClock } from './beating-clock.ts';
import { ControlledSpi, SelectedByController } from './controlled-spi.ts';
import { ControllerFaults } from './controller-faults.ts';
import { EdgeLog } from './edge-log.ts';
import { ControllerPower, ControllerReset } from './parts.ts';
import type { RigController } from './rig-controller.ts';

/** What is known of the board that the controller stands beside. */
export interface ControlledBoardOptions {
  /** Minimum current of the board while its supply is on; when undefined, the current is not checked. */
  readonly leastCurrentMa?: number | undefined;
  /** The controller holds CS_L during each transaction, for a host that does not keep it. */
  readonly drivesSelect?: boolean | undefined;
  /** The clock of a board on virtual time; undefined on any other board. */
  readonly clock?: BeatingClock | undefined;
}

/** A board beside a rig controller. */
export interface ControlledBoard extends Board {
  readonly controller: RigController;
  readonly reset: ControllerReset;
  readonly power: ControllerPower;
  readonly faults: ControllerFaults;
  /** What the controller stamped of CS_L and INT_AP_L at the chip. */
  readonly edges: EdgeLog;
  /** The host's own bus, without what the controller does around it. */
  readonly hostSpi: Board['spi'];
  /** To be called when something else has made the controller safe. */
  noteSafe(): void;
}

/**
 * A board whose supply and TPM_RST_L are driven by the controller. Its faults are what the controller's switches in
 * CS_L and INT_AP_L can do. All other parts stay as they are.
 */
export function controlledBoard(
  board: Board,
  controller: RigController,
  { leastCurrentMa, drivesSelect, clock: beating }: ControlledBoardOptions = {},
): ControlledBoard {
  const clock = beating ?? board.clock;
  const reset = new ControllerReset(controller);
  const power = new ControllerPower(controller, leastCurrentMa);
  const faults = new ControllerFaults(controller, clock, board.spi.sck, board.faults);
  const spi = new ControlledSpi(
    drivesSelect === true ? new SelectedByController(board.spi, controller, clock) : board.spi,
    {
      before: async (isFrame) => {
        await beating?.beatWhenOverdue();
        if (isFrame) await faults.beforeFrame();
      },
    },
  );
  const edges = new EdgeLog(controller, clock, () => {
    const { lastRise: at } = spi;
    return at === undefined ? undefined : { at, uncertainty: board.ready?.uncertainty ?? CLOCK_RESOLUTION };
  });
  return withParts(board, {
    facts: { ...board.facts, hasController: true },
    capabilities: new Set<Capability>([...board.capabilities, 'power', 'reset', 'faults']),
    controller,
    clock,
    reset,
    power,
    faults,
    spi,
    edges,
    hostSpi: board.spi,
    noteSafe: () => {
      reset.noteSafe();
      power.noteSafe();
      faults.forget();
    },
    /** The board first, since its host may still drive lines; the controller then makes it safe, whatever happened. */
    close: async () => {
      try {
        await board.close();
      } finally {
        await controller.close();
      }
    },
  });
}
