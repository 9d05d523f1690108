import { TPM_DID_VID } from '../../wire/index.ts';
import type { Access } from './access.ts';

/** Makers by the vendor part of TPM_DID_VID, as the registry of the TCG has them. */
const MAKERS: ReadonlyMap<number, string> = new Map([
  [0x1ae0, 'Google'],
  [0x6666, 'Google Ti50'],
  [0x15d1, 'Infineon'],
  [0x104a, 'STMicroelectronics'],
  [0x1050, 'Nuvoton'],
  [0x1114, 'Atmel'],
  [0x1b4e, 'Nationz'],
  [0x1014, 'IBM'],
  [0x8086, 'Intel'],
]);

/** Vendor of the H1. [CHIP 4.1] */
const H1_VENDOR = 0x1ae0;

const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;

/** Which chip answers, as far as TPM_DID_VID was read. */
export class ChipSeen {
  /** The vendor; NaN until a valid answer was seen. */
  vendor = NaN;
  device = NaN;

  /** Nothing that was read says that it is another chip. */
  get isForeign(): boolean {
    return !Number.isNaN(this.vendor) && !this.isH1;
  }

  get isH1(): boolean {
    return this.vendor === H1_VENDOR;
  }

  /** `Infineon, TPM_DID_VID vendor 0x15d1, device 0x001d`. */
  describe(): string {
    const maker = MAKERS.get(this.vendor);
    const device = Number.isNaN(this.device) ? '' : `, device ${hex(this.device)}`;
    return `${maker === undefined ? '' : `${maker}, `}TPM_DID_VID vendor ${hex(this.vendor)}${device}`;
  }

  /** Takes an access; what is not a valid answer of TPM_DID_VID is passed over, and an H1 stays one. */
  see(access: Access): void {
    if (access.offset !== TPM_DID_VID || access.direction !== 'read' || access.dataLength < 2) return;
    if (!access.isWhole || access.answersOnes || this.isH1) return;
    const vendor = access.value % 0x10000;
    if (vendor === 0 || vendor === 0xffff) return;
    this.vendor = vendor;
    this.device = access.dataLength < 4 ? NaN : access.value >>> 16;
  }
}
