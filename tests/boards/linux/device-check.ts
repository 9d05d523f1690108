import { checkDevice } from '../../../src/boards/linux/open-spidev.ts';

// As a user who may not open the device: says what is said to him.
try {
  checkDevice(process.argv[2]!);
  process.stdout.write('open');
} catch (error) {
  process.stdout.write(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
