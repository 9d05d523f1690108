import type { Board, Capability } from '../../board/index.ts';
import type { BeatingClock } from './beating-clock.ts';
import { ControlledSpi, SelectedByController } from './controlled-spi.ts';
import { ControllerFaults } from './controller-faults.ts';
import { EdgeLog } from './edge-log.ts';
import { ControllerPower, ControllerReset } from './parts.ts';
import type { RigController } from './rig-controller.ts';

export interface ControlledBoardOptions {
  /** What the board draws at least when its supply is on; without it nobody looks. */
  readonly leastCurrentMa?: number | undefined;
  /** The controller holds CS_L during each transaction, for a host that does not keep it. */
  readonly drivesSelect?: boolean | undefined;
  /** Of a board on virtual time. */
  readonly clock?: BeatingClock | undefined;
}

/**
 * A board whose supply and TPM_RST_L are the controller's, and with what the switches in CS_L and INT_AP_L can do as
 * faults; all other parts stay as they are.
 */
export class ControlledBoard implements Board {
  readonly kind: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly clock: Board['clock'];
  readonly spi: Board['spi'];
  readonly reset: ControllerReset;
  readonly power: ControllerPower;
  readonly faults: ControllerFaults;
  /** What the controller stamped of CS_L and INT_AP_L at the chip. */
  readonly edges: EdgeLog;

  constructor(
    private readonly board: Board,
    readonly controller: RigController,
    { leastCurrentMa, drivesSelect, clock }: ControlledBoardOptions = {},
  ) {
    this.kind = `${board.kind}, with a rig controller`;
    this.capabilities = new Set<Capability>([...board.capabilities, 'power', 'reset', 'faults']);
    this.clock = clock ?? board.clock;
    this.reset = new ControllerReset(controller);
    this.power = new ControllerPower(controller, leastCurrentMa);
    this.faults = new ControllerFaults(controller, this.clock, board.spi.sck, board.faults);
    const select = {
      hold: () => controller.tell('OUTP:CS ASS'),
      letGo: () => controller.tell('OUTP:CS AUTO'),
    };
    const spi = drivesSelect === true ? new SelectedByController(board.spi, select, this.clock) : board.spi;
    const controlled = new ControlledSpi(spi, {
      before: async (isFrame) => {
        await clock?.beatWhenOverdue();
        if (isFrame) await this.faults.beforeFrame();
      },
    });
    this.spi = controlled;
    this.edges = new EdgeLog(controller, this.clock, () => {
      const { lastRise: at } = controlled;
      return at === undefined
        ? undefined
        : { at, uncertainty: board.ready?.uncertainty ?? this.clock.resolution };
    });
  }

  /** The host's own bus, without what the controller does around it. */
  get hostSpi(): Board['spi'] {
    return this.board.spi;
  }

  get bus(): Board['bus'] {
    return this.board.bus;
  }

  get ready(): Board['ready'] {
    return this.board.ready;
  }

  get chip(): Board['chip'] {
    return this.board.chip;
  }

  get kernel(): Board['kernel'] {
    return this.board.kernel;
  }

  get secondDevice(): Board['secondDevice'] {
    return this.board.secondDevice;
  }

  /** The controller was made safe by somebody else than this board. */
  noteSafe(): void {
    this.reset.noteSafe();
    this.power.noteSafe();
    this.faults.forget();
  }

  /** The board first, since its host may still drive lines; the controller then makes it safe, whatever happened. */
  async close(): Promise<void> {
    try {
      await this.board.close();
    } finally {
      await this.controller.close();
    }
  }
}
