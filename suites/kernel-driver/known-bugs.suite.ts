import type { HostFiles } from '../../fixtures/index.ts';
import {
  GET_RANDOM_8,
  lacking,
  ms,
  O_NONBLOCK,
  O_RDWR,
  POLLIN,
  seconds,
  test,
} from '../../fixtures/index.ts';
import { showsOnKernel } from './bench.ts';

const TPM = '/dev/tpm0';

/** Opens the device, sends GetRandom(8), and answers what `use` makes of the file. */
async function afterCommand<T>(files: HostFiles, use: (file: number) => Promise<T>): Promise<T> {
  const file = await files.open(TPM, O_RDWR);
  try {
    await files.write(file, GET_RANDOM_8);
    return await use(file);
  } finally {
    await files.close(file);
  }
}

/** What a script of the guest's shell printed. @throws when it failed */
async function shell(files: HostFiles, script: string): Promise<string> {
  const { status, output } = await files.run(['sh', '-c', script]);
  if (status !== 0) throw new Error(`The guest's shell ended with ${status}: ${output}`);
  return output.trim();
}

test.describe('known bugs of a kernel', () => {
  test.use({ needs: ['kernel', 'faults', 'chip-view'] });

  showsOnKernel(
    'K-16',
    async ({ files }) => {
      const arguments_ = await shell(files, 'cat /proc/cmdline');
      test.skip(!arguments_.includes('threadirqs'), lacking(['threadirqs']));
      const isRequested = (await shell(files, 'cat /proc/interrupts')).includes('cr50_spi');
      const threads = await shell(files, 'cat /proc/[0-9]*/comm');
      return isRequested && !/irq\/\d+-cr50_spi/.test(threads);
    },
    '6.1.165',
  );

  showsOnKernel('K-17', async ({ kernel, board, files }) => {
    await kernel.suspend('to-idle');
    await board.clock.sleep(ms(300));
    await kernel.resume();
    const file = await files.open(TPM, O_RDWR);
    const written = await files.write(file, GET_RANDOM_8);
    await files.close(file);
    return written < 0;
  });

  showsOnKernel('K-38', ({ files }) =>
    afterCommand(files, async (file) => {
      await files.read(file, 0);
      const response = await files.read(file, 4096);
      return typeof response !== 'number' && response.length === 0;
    }),
  );

  showsOnKernel(
    'K-39',
    ({ files }) => afterCommand(files, async (file) => typeof (await files.readAt(file, 4, 1)) !== 'number'),
    '6.1.178',
  );

  showsOnKernel(
    'K-41',
    async ({ files, faults }) => {
      const file = await files.open(TPM, O_RDWR | O_NONBLOCK);
      await faults.set({ kind: 'chip-stall' });
      await files.write(file, GET_RANDOM_8);
      await files.poll(file, POLLIN, 20_000);
      const response = await files.read(file, 4096);
      await faults.clear();
      await files.close(file);
      return typeof response !== 'number';
    },
    '5.16.18',
  );

  showsOnKernel('K-49', async ({ files, kernel }) => {
    await kernel.remove();
    const seen = await shell(
      files,
      `cd /sys/bus/pci/drivers/h1lab
       device=$(ls -d 0000:*)
       echo 1 > /sys/bus/spi/drivers_autoprobe
       echo $device > unbind
       echo $device > bind
       [ -e ${TPM} ] && echo at once || echo later
       echo 0 > /sys/bus/spi/drivers_autoprobe
       for i in $(seq 100); do [ -e ${TPM} ] && break; sleep 0.1; done
       [ -e ${TPM} ]`,
    );
    return seen === 'later';
  });

  showsOnKernel('L-22', async ({ kernel, board, faults, wires }) => {
    // Whose command is in flight is the kernel's thread that fills its random pool: it is not frozen. The probe itself
    // sends five commands. [DRIVER 4.5]
    await kernel.remove();
    await faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { from: 5 } });
    await kernel.probe();
    await kernel.suspend('to-idle');
    const { frames } = await wires.during(() => board.clock.sleep(seconds(3)));
    await kernel.resume();
    return frames.length > 0;
  });

  showsOnKernel('L-29', async ({ files, faults, kernel }) => {
    await kernel.rest(seconds(4));
    await faults.set({ kind: 'chip-slow-command', time: seconds(5), commands: { count: 1 } });
    const [killed, ended] = (
      await shell(
        files,
        `printf '\\200\\001\\000\\000\\000\\014\\000\\000\\001\\173\\000\\010' > ${TPM} &
         sleep 0.5
         cut -d ' ' -f 1 /proc/uptime
         exec 2> /dev/null
         kill -9 $!
         wait $!
         cut -d ' ' -f 1 /proc/uptime`,
      )
    )
      .split('\n')
      .map(Number);
    return ended! - killed! > 1;
  });

  showsOnKernel('L-39', async ({ files, kernel }) => {
    const file = await files.open(TPM, O_RDWR);
    await kernel.remove();
    await kernel.probe();
    const devices = await files.list('/sys/class/tpm');
    await kernel.remove();
    await files.close(file);
    return typeof devices !== 'number' && devices.includes('tpm1');
  });
});
