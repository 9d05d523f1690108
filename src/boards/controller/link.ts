import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as timeout } from 'node:timers/promises';
import type { SerialPort } from 'serialport';
import { PortUnusable, SerialPackageMissing } from './errors.ts';

const BAUD = 115_200;
const CONNECT_LIMIT_MS = 5000;
const CLOSE_LIMIT_MS = 1000;
const NETWORK = /^tcp:\/\/([^:/]+|\[[0-9a-f:]+\]):(\d+)$/;

/** The bytes to and from a controller or a console. */
export interface ByteLink {
  readonly stream: Duplex;
  close(): Promise<void>;
}

/**
 * The bytes to and from a controller or a console: a serial port by its device file, or a network serial port as
 * `tcp://host:port`.
 * @throws PortUnusable, SerialPackageMissing
 */
export function openLink(port: string, baud = BAUD): Promise<ByteLink> {
  const [, host, number] = NETWORK.exec(port) ?? [];
  return host === undefined ? openSerial(port, baud) : openNetwork(port, host, Number(number));
}

async function openSerial(port: string, baudRate: number): Promise<ByteLink> {
  checkPort(port);
  const { SerialPort } = await loadSerialPort();
  const serial = new SerialPort({ path: port, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    serial.open((cause) => {
      if (cause === null) resolve();
      else reject(new PortUnusable(port, cause.message, cause));
    });
  });
  return { stream: serial, close: () => closeSerial(serial) };
}

/** Its `destroy` leaves the port open; its `close` can wait for bytes that nobody takes. */
async function closeSerial(serial: SerialPort): Promise<void> {
  if (!serial.isOpen) return;
  const limit = new AbortController();
  const closed = new Promise<void>((resolve) => {
    serial.close(() => {
      resolve();
    });
  });
  await Promise.race([
    closed,
    timeout(CLOSE_LIMIT_MS, undefined, { signal: limit.signal, ref: false }).catch(() => undefined),
  ]);
  limit.abort();
}

/** The package's own errors have no code, so what can be asked of the file is asked before. @throws PortUnusable */
function checkPort(port: string): void {
  try {
    accessSync(port, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PortUnusable(port, isMissing ? 'it does not exist' : 'it may not be read and written', cause);
  }
}

async function loadSerialPort(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (cause) {
    throw new SerialPackageMissing(cause);
  }
}

function openNetwork(port: string, host: string, number: number): Promise<ByteLink> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.replace(/[[\]]/g, ''), port: number, noDelay: true });
    const fail = (reason: string, cause?: unknown): void => {
      socket.destroy();
      reject(new PortUnusable(port, reason, cause));
    };
    socket.setTimeout(CONNECT_LIMIT_MS, () => {
      fail(`no connection within ${CONNECT_LIMIT_MS} ms`);
    });
    socket.once('error', (cause) => {
      fail(cause.message, cause);
    });
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      socket.removeAllListeners('timeout');
      const close = async (): Promise<void> => {
        socket.destroy();
      };
      resolve({ stream: socket, close });
    });
  });
}
