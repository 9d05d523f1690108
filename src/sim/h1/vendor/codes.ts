/** Codes that are ORed with 0x500 into a result. [CHIP 5.1] */
export const VENDOR_RC = {
  success: 0,
  bogusArgs: 1,
  notAllowed: 7,
  noSuchSubcommand: 8,
  noSuchCommand: 127,
} as const;

/** Error numbers of the firmware that some handlers let through the same way. [CHIP 5.1] */
export const EC_ERROR = { invalid: 5, accessDenied: 7, invalidConfig: 24 } as const;

/** Sub-commands that this chip has, of those in [CHIP 5.2]; docs/simulated-chip.md tells of each other why it is not. */
export const SUBCOMMAND = {
  FW_UPGRADE: 4,
  POST_RESET: 7,
  GET_LOCK: 16,
  SYSINFO: 18,
  IMMEDIATE_RESET: 19,
  INVALIDATE_INACTIVE_RW: 20,
  COMMIT_NVMEM: 21,
  REPORT_TPM_STATE: 23,
  TURN_UPDATE_ON: 24,
  GET_BOARD_ID: 25,
  SET_BOARD_ID: 26,
  POP_LOG_ENTRY: 28,
  GET_REC_BTN: 29,
  GET_ALERTS_DATA: 35,
  WP: 39,
  TPM_MODE: 40,
  SN_SET_HASH: 41,
  SN_INC_RMA: 42,
  GET_PWR_BTN: 43,
  FLOG_TIMESTAMP: 47,
  GET_BOOT_MODE: 52,
  RESET_EC: 53,
  GET_AP_RO_STATUS: 57,
  DS_DIS_TEMP: 59,
  USER_PRES: 60,
  GET_FACTORY_CONFIG: 68,
  SET_FACTORY_CONFIG: 69,
  GET_TIME: 70,
  GET_CR50_METRICS: 73,
  GET_CHIP_ID: 75,
} as const;

/** The only ones that work when the running image is not made for this board. [CHIP 5.1] */
export const WORKS_ON_WRONG_BOARD: ReadonlySet<number> = new Set([
  SUBCOMMAND.FW_UPGRADE,
  SUBCOMMAND.POST_RESET,
  SUBCOMMAND.REPORT_TPM_STATE,
  SUBCOMMAND.TURN_UPDATE_ON,
  SUBCOMMAND.GET_CHIP_ID,
]);
