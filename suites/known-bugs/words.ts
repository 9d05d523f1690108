import type { ChipView, Tampering, OwnDriver } from '../../fixtures/index.ts';
import { SpiFailure, TPM_DID_VID } from '../../fixtures/index.ts';

/** TPM_DID_VID of an H1, as the driver reads it. [CHIP 4.1] */
const H1_IDENTITY = 0x00281ae0;

/** Without the ready line the driver paces its frames by pauses. */
export const NO_INTERRUPT = { hasInterrupt: false } as const;

/** Whether a line of the driver's log begins with the phrase, or matches it. */
export const hasLogged = ({ log }: OwnDriver, phrase: string | RegExp): boolean =>
  log.some(({ text }) => (typeof phrase === 'string' ? text.startsWith(phrase) : phrase.test(text)));

/** Whether TPM_DID_VID reads as that of an H1. */
export const readsIdentity = (driver: OwnDriver): Promise<boolean> =>
  driver.phy.read32(TPM_DID_VID).then(
    (value) => value === H1_IDENTITY,
    () => false,
  );

/** Frames that the chip did not hear, or heard as part of another. */
export const lostFrames = ({ counters }: ChipView): number => counters.lostFrames + counters.mergedFrames;

/** A fault that can be switched on and off. */
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
