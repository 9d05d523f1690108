import type { HostFiles } from '../../fixtures/index.ts';
import { GET_RANDOM_8, ms, O_NONBLOCK, O_RDWR, POLLIN, RULE, seconds } from '../../fixtures/index.ts';
import { BOTH_KERNELS, MERGED, NOBODY } from '../known-bugs/drivers.ts';
import { knownBug } from '../known-bugs/known-bug.ts';
import { COMMAND_IN_FLIGHT } from '../known-bugs/shown-twice.ts';

const TPM = '/dev/tpm0';

/** GetRandom(8) for `printf` of the guest's shell. */
const GET_RANDOM_8_OCTAL = [...GET_RANDOM_8].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** Opens the device, sends GetRandom(8), and returns the result of `use` with the file. */
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

knownBug(
  {
    id: 'K-16',
    title: 'one-shot flag without a threaded handler',
    observable: 'no thread of the interrupt with threadirqs',
    has: BOTH_KERNELS,
    where: 'kernel',
    rig: 'virtual-lab-threadirqs',
    needs: ['threadirqs'],
    mendedIn: { '6.1': '6.1.165', '6.12': '6.12.75', '7.2': '7.2' },
  },
  async ({ step, kernel, files }) => {
    await step('1. Bind the driver on a kernel that was booted with threadirqs', () => kernel.probe());
    return step('2. Look for its interrupt, and for a thread irq/<number>-cr50_spi', async () => {
      const isRequested = (await shell(files, 'cat /proc/interrupts')).includes('cr50_spi');
      const threads = await shell(files, 'cat /proc/[0-9]*/comm');
      return isRequested && !/irq\/\d+-cr50_spi/.test(threads);
    });
  },
);

knownBug(
  {
    id: 'K-17',
    title: 'resume callback missing',
    observable: 'every write fails after the first resume',
    has: NOBODY,
    where: 'kernel',
  },
  async ({ step, kernel, clock, files }) => {
    await step('1. Bind the driver', () => kernel.probe());
    await step('2. Suspend to idle for 300 ms; resume', async () => {
      await kernel.suspend('to-idle');
      await clock.sleep(ms(300));
      await kernel.resume();
    });
    const written = await step('3. Open /dev/tpm0 and write GetRandom(8)', async () => {
      const file = await files.open(TPM, O_RDWR);
      const size = await files.write(file, GET_RANDOM_8);
      await files.close(file);
      return size;
    });
    return written < 0;
  },
);

knownBug(
  {
    id: 'K-38',
    title: 'a zero-length read discards the response',
    observable: 'read 0 bytes, then the response is gone',
    has: BOTH_KERNELS,
    where: 'kernel',
    mendedIn: { '6.12': '6.12.117' },
  },
  async ({ step, kernel, files }) => {
    await step('1. Bind the driver', () => kernel.probe());
    const response = await step('2. Write GetRandom(8) to /dev/tpm0; read 0 bytes, then 4096', () =>
      afterCommand(files, async (file) => {
        await files.read(file, 0);
        return files.read(file, 4096);
      }),
    );
    return typeof response !== 'number' && response.length === 0;
  },
);

knownBug(
  {
    id: 'K-39',
    title: 'character devices are seekable',
    observable: 'a positional read succeeds',
    has: BOTH_KERNELS,
    where: 'kernel',
    mendedIn: { '6.1': '6.1.178', '6.12': '6.12.97', '7.2': '7.2' },
  },
  async ({ step, kernel, files }) => {
    await step('1. Bind the driver', () => kernel.probe());
    const read = await step('2. Write GetRandom(8) to /dev/tpm0; read 4 bytes at offset 1', () =>
      afterCommand(files, (file) => files.readAt(file, 4, 1)),
    );
    return typeof read !== 'number';
  },
);

knownBug(
  {
    id: 'K-41',
    title: 'non-blocking mode',
    observable: 'an error is lost between write and read',
    has: BOTH_KERNELS,
    where: 'kernel',
    mendedIn: { '6.1': '6.1', '6.12': '6.12', '7.2': '7.2' }, // 5.16.18
  },
  async ({ step, kernel, files, faults }) => {
    await step('1. Bind the driver; let the kernel fill its random pool', async () => {
      await kernel.probe();
      await kernel.rest(seconds(25));
    });
    const file = await step(
      '2. Open /dev/tpm0 without blocking; write GetRandom(8) to a chip that stalls for ever',
      async () => {
        const opened = await files.open(TPM, O_RDWR | O_NONBLOCK);
        await faults.set({ kind: 'chip-stall' });
        await files.write(opened, GET_RANDOM_8);
        return opened;
      },
    );
    const response = await step('3. Wait for up to 20 s until it can be read; read 4096 bytes', async () => {
      await files.poll(file, POLLIN, 20_000);
      return files.read(file, 4096);
    });
    await step('4. Let the chip go on; close the file', async () => {
      await faults.clear();
      await files.close(file);
    });
    return typeof response !== 'number';
  },
);

knownBug(
  {
    id: 'K-49',
    title: 'asynchronous probing',
    observable: 'a consumer at boot finds no TPM',
    has: MERGED,
    where: 'kernel',
  },
  async ({ step, kernel, files }) => {
    await step('1. Bind the driver, and unbind it', async () => {
      await kernel.probe();
      await kernel.remove();
    });
    const seen = await step(
      '2. Remove the SPI device and put it back, with drivers bound to devices by themselves; look for /dev/tpm0 at once, and for up to 10 s',
      () =>
        shell(
          files,
          `cd /sys/module/h1lab/parameters
           echo 0 > ready_irq
           echo 1 > /sys/bus/spi/drivers_autoprobe
           echo 1 > ready_irq
           [ -e ${TPM} ] && echo at once || echo later
           echo 0 > /sys/bus/spi/drivers_autoprobe
           for i in $(seq 100); do [ -e ${TPM} ] && break; sleep 0.1; done
           [ -e ${TPM} ]`,
        ),
    );
    return seen === 'later';
  },
);

knownBug(
  {
    ...COMMAND_IN_FLIGHT,
    where: 'kernel',
    // The kernel reads the header of the response after the suspend, and gives up the rest.
    breaks: [RULE.LOCALITY_CLAIMED, RULE.STATUS_ORDER, RULE.RESPONSE_SIZE],
  },
  async ({ step, kernel, clock, faults, wires }) => {
    // The probe itself sends five commands. The sixth is that of the kernel's thread that fills its random pool: suspend
    // does not freeze that thread. [DRIVER 4.5]
    await step('1. Bind the driver to a chip whose sixth command and all later ones take 1 s', async () => {
      await faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { from: 5 } });
      await kernel.probe();
    });
    await step('2. Suspend to idle', () => kernel.suspend('to-idle'));
    const { frames } = await step('3. Watch the wires for 3 s', () =>
      wires.during(() => clock.sleep(seconds(3))),
    );
    await step(
      '4. Resume, and unbind: a kernel keeps its wrong count of the locality until then',
      async () => {
        await kernel.resume();
        await kernel.remove();
      },
    );
    return frames.length > 0;
  },
);

knownBug(
  {
    id: 'L-29',
    title: 'uninterruptible waits',
    observable: 'a killed process ends only with its command, more than 1 s later',
    has: BOTH_KERNELS,
    where: 'kernel',
  },
  async ({ step, kernel, files, faults }) => {
    await step('1. Bind the driver, and let it rest for 4 s', async () => {
      await kernel.probe();
      await kernel.rest(seconds(4));
    });
    const uptimes = await step(
      '2. Let the next command take 5 s; write GetRandom(8) to /dev/tpm0, kill the writer 0.5 s later, wait for its end',
      async () => {
        await faults.set({ kind: 'chip-slow-command', time: seconds(5), commands: { count: 1 } });
        return shell(
          files,
          `printf '${GET_RANDOM_8_OCTAL}' > ${TPM} &
           sleep 0.5
           cut -d ' ' -f 1 /proc/uptime
           exec 2> /dev/null
           kill -9 $!
           wait $!
           cut -d ' ' -f 1 /proc/uptime`,
        );
      },
    );
    return step('3. Compare the times of the kill and of the end', () => {
      const [killed, ended] = uptimes.split('\n').map(Number);
      return ended! - killed! > 1;
    });
  },
);

knownBug(
  {
    id: 'L-39',
    title: 'unbind with an open file',
    observable: 'the new device has another number',
    has: BOTH_KERNELS,
    where: 'kernel',
  },
  async ({ step, kernel, files }) => {
    await step('1. Bind the driver', () => kernel.probe());
    const file = await step('2. Open /dev/tpm0', () => files.open(TPM, O_RDWR));
    const devices = await step(
      '3. Unbind the driver and bind it again; list the TPMs of the kernel',
      async () => {
        await kernel.remove();
        await kernel.probe();
        return files.list('/sys/class/tpm');
      },
    );
    await step('4. Unbind the driver; close the file', async () => {
      await kernel.remove();
      await files.close(file);
    });
    return step(
      '5. Look for tpm1 in the list',
      () => typeof devices !== 'number' && devices.includes('tpm1'),
    );
  },
);
