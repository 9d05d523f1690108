import type { Board, ChipView, Direction, Tampering, TypeScriptStack } from '../../fixtures/index.ts';
import {
  encodeHeader,
  errnoOf,
  hex,
  hexBytes,
  rawFrame,
  SpiFailure,
  TPM_DID_VID,
} from '../../fixtures/index.ts';

/** `80 01 00` as bytes. */
export const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));

/** TPM2_GetRandom of 8 bytes. [TPM2 Part 3, 16.1] */
export const GET_RANDOM_8 = bytesOf('80 01 00 00 00 0c 00 00 01 7b 00 08');

/** TPM_DID_VID of an H1, as the driver reads it. [CHIP 4.1] */
const H1_IDENTITY = 0x00281ae0;

/** Without the ready line the driver paces its frames by pauses. */
export const NO_INTERRUPT = { hasInterrupt: false } as const;

/** What a driver logs about the ready line. [DRIVER 1.4] */
export const LOG = {
  confirmed: 'TPM ready IRQ confirmed on attempt',
  notConfirmed: 'IRQ not confirmed - will use delays',
  timeout: 'Timeout waiting for TPM ready IRQ',
} as const;

export const hasLogged = ({ log }: TypeScriptStack, phrase: string): boolean =>
  log.some(({ text }) => text.startsWith(phrase));

/** The kernel's error number with which an action of the driver ends, such as -62; 0 when it succeeds. */
export const errnoAfter = (action: Promise<unknown>): Promise<number> => action.then(() => 0, errnoOf);

/** Whether TPM_DID_VID reads as that of an H1. */
export const readsIdentity = (driver: TypeScriptStack): Promise<boolean> =>
  driver.phy.read32(TPM_DID_VID).then(
    (value) => value === H1_IDENTITY,
    () => false,
  );

/** Frames that the chip did not hear, or heard as part of another. */
export const lostFrames = ({ counters }: ChipView): number => counters.lostFrames + counters.mergedFrames;

/** Something that is wrong only while it is switched on. */
export interface Switch {
  isOn: boolean;
}

/** Changes what the driver reads from one register, while `control` is on. */
export const changeReads = (
  register: number,
  control: Switch,
  change: (data: Uint8Array) => void,
): Tampering => ({
  after: (frame, data) => {
    if (control.isOn && frame.register === register && frame.direction === 'read') change(data);
  },
});

/** The same for the first read after `control` was switched on, which switches it off. */
export const changeOneRead = (
  register: number,
  control: Switch,
  change: (data: Uint8Array) => void,
): Tampering =>
  changeReads(register, control, (data) => {
    control.isOn = false;
    change(data);
  });

/** The failure of a bus that answers EIO to the whole frame, or to its data phase. */
export const busFailure = (phase: 'frame' | 'data' = 'frame'): SpiFailure =>
  new SpiFailure(phase, 5, undefined, phase === 'data');

/** Four bytes of header, in hexadecimal. */
function headerOf(direction: Direction, register: number, size: number): string {
  const header = new Uint8Array(4);
  encodeHeader(header, direction, register, size);
  return hex(header);
}

/** Writes a register past the driver: header, one wait byte, then these bytes in hexadecimal. */
export async function writeRegister(board: Board, register: number, data: string): Promise<void> {
  await rawFrame(board, hexBytes(`${headerOf('write', register, data.split(' ').length)} 00 ${data}`));
}

/** Wait bytes after which a chip that is well has answered. */
const WAIT_BYTES = 64;

/** Reads a register past the driver; empty when the chip keeps the frame waiting. */
export async function readRegister(board: Board, register: number, size: number): Promise<Uint8Array> {
  const clocked = ' 00'.repeat(WAIT_BYTES + size);
  const received = (
    await rawFrame(board, hexBytes(`${headerOf('read', register, size)}${clocked}`))
  ).subarray(4);
  const ready = received.findIndex((byte) => (byte & 1) === 1);
  return ready < 0 ? new Uint8Array() : received.subarray(ready + 1, ready + 1 + size);
}
