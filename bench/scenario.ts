import { HostFirmware, powerUp } from '../src/host/index.ts';
import { SimBoard } from '../src/boards/sim/index.ts';
import { traced } from '../src/boards/traced.ts';
import type { Profile } from '../src/driver/index.ts';
import { OwnDriver } from '../src/driver/index.ts';
import { TraceRecorder } from '../src/trace/index.ts';
import { us, ZERO } from '../src/units/index.ts';

/** A bound driver on a simulated chip whose latencies are pinned, so that counts are exact. */
export interface Scenario {
  readonly board: SimBoard;
  readonly driver: OwnDriver;
  readonly recorder: TraceRecorder;
}

/** Commands that are answered at once cost no polls but the ones that the driver needs anyway. */
const PINNED = { waitBytes: 4, pulseDelay: us(40), pulseWidth: us(9), commandTime: ZERO };

/** With every frame in a recorder, as a suite has it. */
export async function startScenario(profile: Profile): Promise<Scenario> {
  const board = new SimBoard({ seed: 1, timing: PINNED });
  const recorder = new TraceRecorder();
  const wires = traced(board, recorder);
  await powerUp(wires);
  await new HostFirmware(wires).start('clear');
  const driver = new OwnDriver({ board: wires, profile });
  await driver.probe();
  return { board, driver, recorder };
}
