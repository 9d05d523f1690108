/** Command codes. [TPM2 Part 2, 6.5.2] */
export const TPM_CC = {
  HierarchyControl: 0x121,
  NV_UndefineSpace: 0x122,
  HierarchyChangeAuth: 0x129,
  NV_DefineSpace: 0x12a,
  CreatePrimary: 0x131,
  NV_Write: 0x137,
  PCR_Reset: 0x13d,
  SequenceComplete: 0x13e,
  SelfTest: 0x143,
  Startup: 0x144,
  Shutdown: 0x145,
  StirRandom: 0x146,
  NV_Read: 0x14e,
  Create: 0x153,
  SequenceUpdate: 0x15c,
  FlushContext: 0x165,
  VerifySignature: 0x177,
  GetCapability: 0x17a,
  GetRandom: 0x17b,
  GetTestResult: 0x17c,
  Hash: 0x17d,
  PCR_Read: 0x17e,
  ReadClock: 0x181,
  PCR_Extend: 0x182,
  EventSequenceComplete: 0x185,
  HashSequenceStart: 0x186,
  CreateLoaded: 0x191,
} as const;

/** Structure tags. [TPM2 Part 2, 6.9] */
export const TPM_ST = {
  RSP_COMMAND: 0x00c4,
  NO_SESSIONS: 0x8001,
  SESSIONS: 0x8002,
  HASHCHECK: 0x8024,
} as const;

/** Algorithms. [TPM2 Part 2, 6.3] */
export const TPM_ALG = {
  SHA1: 0x0004,
  SHA256: 0x000b,
  SHA384: 0x000c,
  SHA512: 0x000d,
  NULL: 0x0010,
  SM3_256: 0x0012,
} as const;

/** Digest sizes in bytes. [TPM2 Part 2, 10.3.1] */
export const DIGEST_SIZE: Readonly<Record<number, number>> = {
  [TPM_ALG.SHA1]: 20,
  [TPM_ALG.SHA256]: 32,
  [TPM_ALG.SHA384]: 48,
  [TPM_ALG.SHA512]: 64,
  [TPM_ALG.SM3_256]: 32,
};

/** Capabilities. [TPM2 Part 2, 6.12] */
export const TPM_CAP = { ALGS: 0, HANDLES: 1, COMMANDS: 2, PCRS: 5, TPM_PROPERTIES: 6 } as const;

/** Properties. [TPM2 Part 2, 6.13] */
export const TPM_PT = {
  FAMILY_INDICATOR: 0x100,
  REVISION: 0x102,
  MANUFACTURER: 0x105,
  VENDOR_STRING_1: 0x106,
  VENDOR_STRING_2: 0x107,
  PCR_COUNT: 0x112,
  MAX_COMMAND_SIZE: 0x11e,
  MAX_RESPONSE_SIZE: 0x11f,
  TOTAL_COMMANDS: 0x129,
} as const;

/** Permanent handles. [TPM2 Part 2, 7.4] */
export const TPM_RH = {
  OWNER: 0x40000001,
  NULL: 0x40000007,
  ENDORSEMENT: 0x4000000b,
  PLATFORM: 0x4000000c,
} as const;

/** The password session. [TPM2 Part 2, 7.4] */
export const TPM_RS_PW = 0x40000009;
