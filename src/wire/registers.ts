/** Registers of one locality as offsets; locality l adds l << 12. [DRIVER 2.1] [CHIP 4.1] */
export const TPM_ACCESS = 0x0000;
export const TPM_INT_ENABLE = 0x0008;
export const TPM_INTF_CAPABILITY = 0x0014;
export const TPM_STS = 0x0018;
export const TPM_DATA_FIFO = 0x0024;
export const TPM_DID_VID = 0x0f00;
export const TPM_RID = 0x0f04;
/** Vendor register: firmware version text. [CHIP 4.5] */
export const TPM_FW_VER = 0x0f90;
/** Vendor register: board configuration. [CHIP 4.6] */
export const TPM_BOARD_CFG = 0x0fe0;

/** The address of a register in another locality, 0 to 4. [DRIVER 2.1] */
export const locality = (register: number, which: number): number => register | (which << 12);

/** Bits of TPM_ACCESS. [DRIVER 2.1] */
export const ACCESS = {
  valid: 0x80,
  activeLocality: 0x20,
  requestPending: 0x04,
  requestUse: 0x02,
} as const;

/** Bits of the first byte of TPM_STS. [DRIVER 2.1] */
export const STS = {
  stsValid: 0x80,
  commandReady: 0x40,
  tpmGo: 0x20,
  dataAvail: 0x10,
  expect: 0x08,
  selfTestDone: 0x04,
  responseRetry: 0x02,
} as const;

/** Bits 8 to 23 of a four-byte TPM_STS. */
export const burstCountOf = (sts: number): number => (sts >>> 8) & 0xffff;
