import spi from 'spi-device';
import { CdevGpio } from '../../../../src/boards/linux/cdev-gpio.ts';
import { READ_DID_VID } from '../../contract/chip-access.ts';

// Inside the guest: takes something, says so, and waits to be killed.
if (process.argv[2] === 'hold-cs') {
  const sendBuffer = Buffer.from(READ_DID_VID);
  spi.openSync(0, 0).transferSync([{ byteLength: sendBuffer.length, sendBuffer, chipSelectChange: true }]);
} else (await CdevGpio.open()).openOutput('a line', { chip: 'h1lab', offset: 9 });
process.stdout.write('held');
setInterval(() => undefined, 1000);
