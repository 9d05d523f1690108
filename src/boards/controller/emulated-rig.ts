import type { EmulatedWiring, EmulatedWiringOptions } from '../emulated-controller/index.ts';
import type { SimBoard } from '../sim/index.ts';
import { withParts } from '../../board/index.ts';
import { LabFailure } from '../../units/index.ts';
import { BeatingClock } from './beating-clock.ts';
import type { ControlledBoard, ControlledBoardOptions } from './controlled-board.ts';
import { controlledBoard } from './controlled-board.ts';
import type { ControllerClaim, ControllerPacing, RigController } from './rig-controller.ts';
import { openController } from './with-controller.ts';

/** How the simulated board, the emulated controller and its client are made. */
export interface EmulatedRigOptions
  extends EmulatedWiringOptions, Pick<ControlledBoardOptions, 'leastCurrentMa' | 'drivesSelect'> {
  /** Throws when this process has lost the rig to another. */
  readonly check?: ControllerClaim['check'];
}

/** The simulated board behind the emulated controller, with the driver's end of the serial port. */
export interface EmulatedRig {
  readonly board: ControlledBoard;
  /** The simulated board inside. */
  readonly sim: SimBoard;
  /**
   * Makes everything new, at time 0: the chip has no power, and the controller was just switched on and taken over.
   */
  readonly renew: (seed: number) => Promise<void>;
}

/** Maximum wall time for an answer, in milliseconds. A busy host may be slow. The watchdog counts virtual time. */
const ANSWER_LIMIT_MS = 5000;
const WATCHDOG_MS = 60_000;

/** The package that emulates the controller's processor was not installed. */
class EmulatorMissing extends LabFailure {
  readonly blames = 'lab service';

  constructor(cause: unknown) {
    super('The rig needs the package avr8js, which is not installed here. Run: npm install', { cause });
  }
}

/**
 * Opens the simulated board behind the emulated controller: the committed image in avr8js on virtual time, its serial
 * port a pseudo-terminal that the package serialport opens.
 * @throws NoPseudoTerminal, EmulatorMissing, and the failures of the controller
 */
export async function openEmulatedRig(options: EmulatedRigOptions): Promise<EmulatedRig> {
  const { leastCurrentMa, drivesSelect, check, ...wiringOptions } = options;
  const emulator = await loadEmulator();
  const wiring = await emulator.EmulatedWiring.open(wiringOptions);
  const pacing: ControllerPacing = {
    answerLimitMs: ANSWER_LIMIT_MS,
    tryLimitMs: ANSWER_LIMIT_MS,
    watchdogMs: WATCHDOG_MS,
    around: (exchange) => wiring.sim.clock.outside(exchange),
  };
  let controller: RigController;
  try {
    controller = await openController(wiring.port, check, pacing);
  } catch (failure) {
    await wiring.close();
    throw failure;
  }
  const clock = new BeatingClock(wiring.sim.clock, () => controller.beat());
  const controlled = controlledBoard(wiring.sim, controller, { leastCurrentMa, drivesSelect, clock });
  const board = withParts(controlled, { close: () => closeBoth(controller, wiring) });
  return {
    board,
    sim: wiring.sim,
    renew: async (seed) => {
      wiring.renew(seed);
      clock.restart();
      board.noteSafe();
      await controller.takeOver();
    },
  };
}

async function loadEmulator(): Promise<typeof import('../emulated-controller/index.ts')> {
  try {
    return await import('../emulated-controller/index.ts');
  } catch (cause) {
    throw new EmulatorMissing(cause);
  }
}

/** The controller is closed while its wiring still answers. */
async function closeBoth(controller: RigController, wiring: EmulatedWiring): Promise<void> {
  try {
    await controller.close();
  } finally {
    await wiring.close();
  }
}
