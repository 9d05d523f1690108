import type { Board, Capability } from '../../board/index.ts';
import { ControllerPower, ControllerReset } from './parts.ts';
import type { RigController } from './rig-controller.ts';

/** A board whose supply and TPM_RST_L are the controller's; all other parts stay as they are. */
export class ControlledBoard implements Board {
  readonly kind: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly reset: ControllerReset;
  readonly power: ControllerPower;

  constructor(
    private readonly board: Board,
    private readonly controller: RigController,
    leastCurrentMa?: number,
  ) {
    this.kind = board.kind;
    this.capabilities = new Set<Capability>([...board.capabilities, 'power', 'reset']);
    this.reset = new ControllerReset(controller);
    this.power = new ControllerPower(controller, leastCurrentMa);
  }

  get clock(): Board['clock'] {
    return this.board.clock;
  }

  get spi(): Board['spi'] {
    return this.board.spi;
  }

  get bus(): Board['bus'] {
    return this.board.bus;
  }

  get ready(): Board['ready'] {
    return this.board.ready;
  }

  get faults(): Board['faults'] {
    return this.board.faults;
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

  /** The board first, since its host may still drive lines; the controller then makes it safe, whatever happened. */
  async close(): Promise<void> {
    try {
      await this.board.close();
    } finally {
      await this.controller.close();
    }
  }
}
