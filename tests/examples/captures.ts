import type { Fault } from '../../src/board/index.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import { traced } from '../../src/boards/traced.ts';
import { linux61, OwnDriver } from '../../src/driver/index.ts';
import { HostFirmware, powerUp } from '../../src/host/index.ts';
import { getRandom } from '../../src/tpm/index.ts';
import { renderVcd, TraceRecorder } from '../../src/trace/index.ts';
import { hertz, HilError, ms, seconds, us } from '../../src/units/index.ts';

/** Every capture of `examples/`, and what goes wrong in it after the first command. */
const CAPTURES: Readonly<Record<string, Fault | undefined>> = {
  'healthy.vcd': undefined,
  // One ready pulse is 2 us wide; an H1 of this version makes at least 4 us.
  'breach.vcd': { kind: 'ready-width', width: us(2), hostNeeds: us(1), frames: { from: 2, count: 1 } },
  'miso-open.vcd': { kind: 'line-open', line: 'MISO' },
};

export const CAPTURE_NAMES = Object.keys(CAPTURES);
export const captureUrl = (name: string): URL => new URL(`../../examples/${name}`, import.meta.url);

/**
 * What a logic analyser would see of the simulated chip and the Linux driver: eight random bytes, two seconds of
 * idleness, and eight random bytes. The chip has fallen asleep, so the driver wakes it.
 */
export async function makeCapture(name: string): Promise<string> {
  const board = new SimBoard({ seed: 1, firmware: '0.5.4' });
  const recorder = new TraceRecorder();
  await powerUp(board);
  await new HostFirmware(board).start('clear');
  const driver = new OwnDriver({ board: traced(board, recorder), profile: linux61 });
  await driver.probe();
  await board.clock.sleep(ms(1));
  recorder.clear();
  await driver.transmit(getRandom(8).bytes);
  const fault = CAPTURES[name];
  if (fault !== undefined) await board.faults.set(fault);
  await board.clock.sleep(seconds(2));
  await driver.transmit(getRandom(8).bytes).catch((failure: unknown) => {
    // A driver whose wire is open gives up; what it did until then is the capture.
    if (!(failure instanceof HilError)) throw failure;
  });
  const text = renderVcd(recorder, { sck: hertz(1_000_000) });
  await board.close();
  return text;
}
