import { CdevGpio } from '../../../../src/boards/linux/cdev-gpio.ts';
import { loadLibc } from '../../../../src/boards/linux/libc.ts';
import { SpidevIoctl } from '../../../../src/boards/linux/spidev-ioctl.ts';
import { READ_DID_VID } from '../../contract/chip-access.ts';
import { GUEST_SPI } from './guest-rigs.ts';

// Inside the guest: takes something, says so, and waits to be killed.
if (process.argv[2] === 'hold-cs') {
  const sendBuffer = Buffer.from(READ_DID_VID);
  const spi = SpidevIoctl.open(await loadLibc(), GUEST_SPI.device, GUEST_SPI);
  spi.transferSync([{ byteLength: sendBuffer.length, sendBuffer, chipSelectChange: true }]);
} else (await CdevGpio.open()).openOutput('a line', { chip: 'h1lab', offset: 9 }, 'push-pull');
process.stdout.write('held');
setInterval(() => undefined, 1000);
