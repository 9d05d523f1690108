import { register } from 'node:module';

// Tells as JSON the packages that a board takes on this host, without those that the arguments name.
const missing = JSON.stringify(process.argv.slice(2));
register(
  `data:text/javascript,${encodeURIComponent(`
    export function resolve(name, context, next) {
      if (${missing}.includes(name)) throw new Error(name + ' is not here');
      return next(name, context);
    }`)}`,
);
const { packagesOf } = await import('../../../src/boards/linux/index.ts');

const device = '/dev/spidev0.0';
const ready = { chip: 'gpiochip0', offset: 1 };
const packages = async (...board: Parameters<typeof packagesOf>): Promise<string[]> => [
  ...(await packagesOf(...board)),
];
process.stdout.write(
  JSON.stringify({
    nothingTold: await packages({ spi: { device, sckHz: 1e6 }, lines: {} }),
    packageTold: await packages({ spi: { device, sckHz: 1e6, through: 'spi-device' }, lines: {} }),
    callsTold: await packages({ spi: { device, sckHz: 1e6, through: 'ioctl' }, lines: {} }),
    cdev: await packages({ spi: { device, sckHz: 1e6 }, gpio: 'cdev', lines: { ready } }),
    onoff: await packages({ spi: { device, sckHz: 1e6 }, gpio: 'onoff', lines: { ready } }),
  }),
);
