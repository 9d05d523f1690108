import { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { HostFirmware, powerUp } from '../../../src/host/index.ts';
import { AFTER_RESET } from '../../../src/host/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { serveDevice } from './stand-in.ts';

// A process that has a virtual lab whose guest is a remote device: what the agent is asked for is done by the guest. Its argument
// is the path of the agent's socket. It ends with its standard input.
const [path = ''] = process.argv.slice(2);
const board = await VirtualLabBoard.open({ seed: 1 });
const { kernel, clock } = board;
const firmware = new HostFirmware(board);

/** As a device does: its firmware takes part in a suspend to RAM. */
async function sleep(state: string, asleepS: number): Promise<number> {
  const asleep = kernel.suspended!();
  const file = await kernel.files.open('/sys/power/state', 1);
  const back = kernel.files.write(file, Buffer.from(state));
  await Promise.race([asleep, back]);
  if (state === 'mem') await board.reset?.assert();
  await clock.sleep(seconds(asleepS));
  if (state === 'mem') {
    await board.reset?.deassert();
    await clock.sleep(AFTER_RESET);
    await firmware.start('state');
  }
  await kernel.wake!();
  const written = await back;
  await kernel.files.close(file);
  return written < 0 ? written : 0;
}

await powerUp(board);
await firmware.start('clear');
const server = await serveDevice({ files: kernel.files, sleep }, path);
process.stdout.write('ready\n');
process.stdin.resume().once('end', () => {
  server.close();
  void board.close().then(() => process.exit(0));
});
