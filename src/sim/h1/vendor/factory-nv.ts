import { createHash } from 'node:crypto';
import type { FactoryNv } from '../../tpm-engine.ts';
import type { BoardId } from './board-id.ts';
import type { NonVolatile } from './non-volatile.ts';

/** Bytes of the serial number with what stands before it, and of the certificate for U2F. [CHIP 5.6] */
const SERIAL_NUMBER_SIZE = 16;
const U2F_CERTIFICATE_SIZE = 315;
/** No source tells what stands before a hash that is set: a version, and three bytes that stay blank. */
const BEFORE_HASH = [0x0f, 0xff, 0xff, 0xff];

/** The device's number, which SYSINFO tells as 0, and what the firmware adds before it hides it in a digest. [CHIP 5.6] */
const DEVICE_ID = new Uint8Array(8);
const DEVICE_ID_SALT = 'Wu8oGt0uu0H8uSGxfo75uSDrGcRk2BXh';

/** Three words as they lie in the memory of an ARM core: least significant byte first. */
function boardIdBytes(boardId: BoardId): Uint8Array {
  const bytes = Buffer.alloc(12);
  boardId.words.forEach((word, at) => bytes.writeUInt32LE(word, 4 * at));
  return bytes;
}

function serialNumber({ serialNumberHash }: NonVolatile): Uint8Array {
  const bytes = Buffer.alloc(SERIAL_NUMBER_SIZE, 0xff);
  if (serialNumberHash === undefined) return bytes;
  bytes.set(BEFORE_HASH);
  bytes.set(serialNumberHash, BEFORE_HASH.length);
  return bytes;
}

const hiddenDeviceId = (): Uint8Array =>
  createHash('sha256').update(DEVICE_ID).update(DEVICE_ID_SALT).digest();

/** What the firmware tells as NV indexes: board ID, serial number, U2F certificate, device ID. [CHIP 5.6] */
export function factoryNv(boardId: BoardId, kept: NonVolatile): FactoryNv {
  const data = [
    () => boardIdBytes(boardId),
    () => serialNumber(kept),
    () => new Uint8Array(U2F_CERTIFICATE_SIZE),
    hiddenDeviceId,
  ];
  return (number) => data[number]?.() ?? new Uint8Array();
}
