import { accessSync, constants, readFileSync } from 'node:fs';
import type { Check } from './board.ts';
import { right, wrong } from './board.ts';
import type { Rig } from '../rig/index.ts';

const LEAST_NODE = [20, 19] as const;
const BUFFER_SIZE = '/sys/module/spidev/parameters/bufsiz';
/** A frame of the longest transfer with its header and a first wait byte. */
const LEAST_BUFFER = 64 + 4 + 1;

/** Looks at what the rig needs of this host, without opening anything. */
export async function examineHost({ board }: Rig): Promise<Check[]> {
  const checks = [examineNode()];
  if (board.kind === 'sim' && board.controller !== undefined)
    checks.push(await examinePackage('avr8js'), await examinePackage('serialport'));
  if (board.kind !== 'linux') return checks;
  const { spi, controller, console } = board;
  const { packagesOf } = await import('../boards/linux/index.ts');
  for (const name of await packagesOf(board)) checks.push(await examinePackage(name));
  checks.push(examineDevice('SPI device', spi.device), examineBuffer());
  if (controller !== undefined || console !== undefined) checks.push(await examinePackage('serialport'));
  for (const [name, part] of [
    ['controller port', controller],
    ['console port', console],
  ] as const)
    if (part?.port.startsWith('/dev/') === true) checks.push(examineDevice(name, part.port));
  return checks;
}

function examineNode(): Check {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return isNew
    ? right('Node', version)
    : wrong('Node', version, `Install Node ${LEAST_NODE.join('.')} or later.`);
}

async function examinePackage(name: string): Promise<Check> {
  try {
    await import(name);
    return right(`package ${name}`, 'it loads');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    return wrong(`package ${name}`, reason, 'Install g++, make and python3, then run: npm install');
  }
}

function examineDevice(name: string, device: string): Check {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return right(name, `${device} can be read and written`);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ENOENT'
      ? wrong(name, `${device} does not exist`, 'Plug it in or switch its bus on, or mend the rig file.')
      : wrong(
          name,
          `${device} may not be read and written`,
          `Join the group that owns it (ls -l ${device}), or add a udev rule.`,
        );
  }
}

function examineBuffer(): Check {
  const name = 'spidev buffer';
  let size: number;
  try {
    size = Number(readFileSync(BUFFER_SIZE, 'utf8'));
  } catch {
    return wrong(name, `${BUFFER_SIZE} cannot be read`, 'Load the driver: modprobe spidev');
  }
  return size >= LEAST_BUFFER
    ? right(name, `${size} bytes`)
    : wrong(
        name,
        `${size} bytes; a frame has ${LEAST_BUFFER}`,
        'Add spidev.bufsiz=4096 to the kernel command line.',
      );
}
