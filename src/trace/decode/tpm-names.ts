/** TPM 2.0 commands: code, name and number of handles. [TPM2 Part 2, 6.5.2] [TPM2 Part 3] */
const COMMANDS: ReadonlyMap<number, readonly [name: string, handles: number]> = new Map([
  [0x11f, ['NV_UndefineSpaceSpecial', 2]],
  [0x120, ['EvictControl', 2]],
  [0x121, ['HierarchyControl', 1]],
  [0x122, ['NV_UndefineSpace', 2]],
  [0x124, ['ChangeEPS', 1]],
  [0x125, ['ChangePPS', 1]],
  [0x126, ['Clear', 1]],
  [0x127, ['ClearControl', 1]],
  [0x128, ['ClockSet', 1]],
  [0x129, ['HierarchyChangeAuth', 1]],
  [0x12a, ['NV_DefineSpace', 1]],
  [0x12b, ['PCR_Allocate', 1]],
  [0x12c, ['PCR_SetAuthPolicy', 1]],
  [0x12d, ['PP_Commands', 1]],
  [0x12e, ['SetPrimaryPolicy', 1]],
  [0x130, ['ClockRateAdjust', 1]],
  [0x131, ['CreatePrimary', 1]],
  [0x132, ['NV_GlobalWriteLock', 1]],
  [0x133, ['GetCommandAuditDigest', 2]],
  [0x134, ['NV_Increment', 2]],
  [0x135, ['NV_SetBits', 2]],
  [0x136, ['NV_Extend', 2]],
  [0x137, ['NV_Write', 2]],
  [0x138, ['NV_WriteLock', 2]],
  [0x139, ['DictionaryAttackLockReset', 1]],
  [0x13a, ['DictionaryAttackParameters', 1]],
  [0x13b, ['NV_ChangeAuth', 1]],
  [0x13c, ['PCR_Event', 1]],
  [0x13d, ['PCR_Reset', 1]],
  [0x13e, ['SequenceComplete', 1]],
  [0x140, ['SetCommandCodeAuditStatus', 1]],
  [0x142, ['IncrementalSelfTest', 0]],
  [0x143, ['SelfTest', 0]],
  [0x144, ['Startup', 0]],
  [0x145, ['Shutdown', 0]],
  [0x146, ['StirRandom', 0]],
  [0x147, ['ActivateCredential', 2]],
  [0x148, ['Certify', 2]],
  [0x149, ['PolicyNV', 3]],
  [0x14a, ['CertifyCreation', 2]],
  [0x14b, ['Duplicate', 2]],
  [0x14c, ['GetTime', 2]],
  [0x14d, ['GetSessionAuditDigest', 3]],
  [0x14e, ['NV_Read', 2]],
  [0x14f, ['NV_ReadLock', 2]],
  [0x150, ['ObjectChangeAuth', 2]],
  [0x151, ['PolicySecret', 2]],
  [0x152, ['Rewrap', 2]],
  [0x153, ['Create', 1]],
  [0x154, ['ECDH_ZGen', 1]],
  [0x155, ['HMAC', 1]],
  [0x156, ['Import', 1]],
  [0x157, ['Load', 1]],
  [0x158, ['Quote', 1]],
  [0x159, ['RSA_Decrypt', 1]],
  [0x15b, ['HMAC_Start', 1]],
  [0x15c, ['SequenceUpdate', 1]],
  [0x15d, ['Sign', 1]],
  [0x15e, ['Unseal', 1]],
  [0x160, ['PolicySigned', 2]],
  [0x161, ['ContextLoad', 0]],
  [0x162, ['ContextSave', 1]],
  [0x163, ['ECDH_KeyGen', 1]],
  [0x164, ['EncryptDecrypt', 1]],
  [0x165, ['FlushContext', 1]],
  [0x167, ['LoadExternal', 0]],
  [0x168, ['MakeCredential', 1]],
  [0x169, ['NV_ReadPublic', 1]],
  [0x16a, ['PolicyAuthorize', 1]],
  [0x16b, ['PolicyAuthValue', 1]],
  [0x16c, ['PolicyCommandCode', 1]],
  [0x16d, ['PolicyCounterTimer', 1]],
  [0x16e, ['PolicyCpHash', 1]],
  [0x16f, ['PolicyLocality', 1]],
  [0x170, ['PolicyNameHash', 1]],
  [0x171, ['PolicyOR', 1]],
  [0x172, ['PolicyTicket', 1]],
  [0x173, ['ReadPublic', 1]],
  [0x174, ['RSA_Encrypt', 1]],
  [0x176, ['StartAuthSession', 2]],
  [0x177, ['VerifySignature', 1]],
  [0x178, ['ECC_Parameters', 0]],
  [0x179, ['FirmwareRead', 0]],
  [0x17a, ['GetCapability', 0]],
  [0x17b, ['GetRandom', 0]],
  [0x17c, ['GetTestResult', 0]],
  [0x17d, ['Hash', 0]],
  [0x17e, ['PCR_Read', 0]],
  [0x17f, ['PolicyPCR', 1]],
  [0x180, ['PolicyRestart', 1]],
  [0x181, ['ReadClock', 0]],
  [0x182, ['PCR_Extend', 1]],
  [0x183, ['PCR_SetAuthValue', 1]],
  [0x184, ['NV_Certify', 3]],
  [0x185, ['EventSequenceComplete', 2]],
  [0x186, ['HashSequenceStart', 0]],
  [0x187, ['PolicyPhysicalPresence', 1]],
  [0x188, ['PolicyDuplicationSelect', 1]],
  [0x189, ['PolicyGetDigest', 1]],
  [0x18a, ['TestParms', 0]],
  [0x18b, ['Commit', 1]],
  [0x18c, ['PolicyPassword', 1]],
  [0x18d, ['ZGen_2Phase', 1]],
  [0x18e, ['EC_Ephemeral', 0]],
  [0x18f, ['PolicyNvWritten', 1]],
  [0x190, ['PolicyTemplate', 1]],
  [0x191, ['CreateLoaded', 1]],
  [0x192, ['PolicyAuthorizeNV', 3]],
  [0x193, ['EncryptDecrypt2', 1]],
]);

/** Both codes mean a vendor command. [CHIP 5.1] */
export const VENDOR_CODES: readonly number[] = [0x20000000, 0xbaccd00a];

/** Sub-commands of the vendor command. [CHIP 5.2] */
const VENDOR: ReadonlyMap<number, string> = new Map([
  [0, 'EXTENSION_AES'],
  [1, 'EXTENSION_HASH'],
  [2, 'EXTENSION_RSA'],
  [3, 'EXTENSION_ECC'],
  [4, 'FW_UPGRADE'],
  [5, 'EXTENSION_HKDF'],
  [6, 'EXTENSION_ECIES'],
  [7, 'POST_RESET'],
  [16, 'GET_LOCK'],
  [17, 'SET_LOCK'],
  [18, 'SYSINFO'],
  [19, 'IMMEDIATE_RESET'],
  [20, 'INVALIDATE_INACTIVE_RW'],
  [21, 'COMMIT_NVMEM'],
  [23, 'REPORT_TPM_STATE'],
  [24, 'TURN_UPDATE_ON'],
  [25, 'GET_BOARD_ID'],
  [26, 'SET_BOARD_ID'],
  [27, 'U2F_APDU'],
  [28, 'POP_LOG_ENTRY'],
  [29, 'GET_REC_BTN'],
  [30, 'RMA_CHALLENGE_RESPONSE'],
  [32, 'DISABLE_FACTORY'],
  [34, 'CCD'],
  [35, 'GET_ALERTS_DATA'],
  [36, 'SPI_HASH'],
  [37, 'PINWEAVER'],
  [38, 'RESET_FACTORY'],
  [39, 'WP'],
  [40, 'TPM_MODE'],
  [41, 'SN_SET_HASH'],
  [42, 'SN_INC_RMA'],
  [43, 'GET_PWR_BTN'],
  [44, 'U2F_GENERATE'],
  [45, 'U2F_SIGN'],
  [46, 'U2F_ATTEST'],
  [47, 'FLOG_TIMESTAMP'],
  [48, 'ENDORSEMENT_SEED'],
  [49, 'U2F_MODE'],
  [50, 'DRBG_TEST'],
  [51, 'TRNG_TEST'],
  [52, 'GET_BOOT_MODE'],
  [53, 'RESET_EC'],
  [55, 'FIPS_CMD'],
  [59, 'DS_DIS_TEMP'],
  [60, 'USER_PRES'],
  [61, 'POP_LOG_ENTRY_MS'],
  [68, 'GET_FACTORY_CONFIG'],
  [69, 'SET_FACTORY_CONFIG'],
  [70, 'GET_TIME'],
  [73, 'GET_CR50_METRICS'],
  [75, 'GET_CHIP_ID'],
]);

/** `TPM2_GetRandom`; the bare code for what has no name. */
export const commandName = (code: number): string => {
  const known = COMMANDS.get(code);
  return known ? `TPM2_${known[0]}` : `command 0x${code.toString(16)}`;
};

/** How many handles a command begins with; 0 of one that is not known. */
export const handleCount = (code: number): number => COMMANDS.get(code)?.[1] ?? 0;

/** Name of a vendor sub-command, or its number. */
export const vendorName = (subCommand: number): string => VENDOR.get(subCommand) ?? `vendor ${subCommand}`;

/** Names in the order of their numbers; an empty word is a gap. */
const numbered = (from: number, words: string): [number, string][] =>
  words.split(' ').map((word, i) => [from + i, word]);

/** Errors about a handle, session or parameter. [TPM2 Part 2, 6.6.3] */
const FORMAT_ONE: ReadonlyMap<number, string> = new Map([
  ...numbered(0x01, 'ASYMMETRIC ATTRIBUTES HASH VALUE HIERARCHY'),
  ...numbered(0x07, 'KEY_SIZE MGF MODE TYPE HANDLE KDF RANGE AUTH_FAIL NONCE PP'),
  [0x12, 'SCHEME'],
  ...numbered(0x15, 'SIZE SYMMETRIC TAG SELECTOR'),
  ...numbered(0x1a, 'INSUFFICIENT SIGNATURE KEY POLICY_FAIL'),
  ...numbered(0x1f, 'INTEGRITY TICKET RESERVED_BITS BAD_AUTH EXPIRED POLICY_CC BINDING CURVE ECC_POINT'),
]);

const FORMAT_ZERO: ReadonlyMap<number, string> = new Map([
  [0x000, 'SUCCESS'],
  [0x01e, 'BAD_TAG'],
  [0x100, 'INITIALIZE'],
  [0x101, 'FAILURE'],
  [0x103, 'SEQUENCE'],
  [0x10b, 'PRIVATE'],
  [0x119, 'HMAC'],
  [0x120, 'DISABLED'],
  [0x121, 'EXCLUSIVE'],
  ...numbered(0x124, 'AUTH_TYPE AUTH_MISSING POLICY PCR PCR_CHANGED'),
  ...numbered(0x12d, 'UPGRADE TOO_MANY_CONTEXTS AUTH_UNAVAILABLE REBOOT UNBALANCED'),
  ...numbered(0x142, 'COMMAND_SIZE COMMAND_CODE AUTHSIZE AUTH_CONTEXT NV_RANGE NV_SIZE NV_LOCKED'),
  ...numbered(0x149, 'NV_AUTHORIZATION NV_UNINITIALIZED NV_SPACE NV_DEFINED'),
  ...numbered(0x150, 'BAD_CONTEXT CPHASH PARENT NEEDS_TEST NO_RESULT SENSITIVE'),
  ...numbered(0x901, 'CONTEXT_GAP OBJECT_MEMORY SESSION_MEMORY MEMORY SESSION_HANDLES OBJECT_HANDLES'),
  ...numbered(0x907, 'LOCALITY YIELDED CANCELED TESTING'),
  ...numbered(0x910, 'REFERENCE_H0 REFERENCE_H1 REFERENCE_H2 REFERENCE_H3 REFERENCE_H4 REFERENCE_H5'),
  ...numbered(0x918, 'REFERENCE_S0 REFERENCE_S1 REFERENCE_S2 REFERENCE_S3 REFERENCE_S4 REFERENCE_S5'),
  ...numbered(0x920, 'NV_RATE LOCKOUT RETRY NV_UNAVAILABLE'),
]);

/** Results of vendor commands, or-ed with 0x500. [CHIP 5.1] */
const VENDOR_RESULTS: ReadonlyMap<number, string> = new Map([
  ...numbered(
    1,
    'BOGUS_ARGS READ_FLASH_FAIL WRITE_FLASH_FAIL REQUEST_TOO_BIG RESPONSE_TOO_BIG INTERNAL_ERROR',
  ),
  ...numbered(7, 'NOT_ALLOWED NO_SUCH_SUBCOMMAND IN_PROGRESS PASSWORD_REQUIRED NVMEM_LOCKED'),
  [0x7f, 'NO_SUCH_COMMAND'],
]);

/** `TPM_RC_VALUE of parameter 1`, `TPM_RC_INITIALIZE`, `vendor result NOT_ALLOWED`. */
export function showResponseCode(code: number): string {
  const bare = `0x${code.toString(16)}`;
  if (code >>> 8 === 5) {
    const name = VENDOR_RESULTS.get(code & 0xff);
    return name === undefined ? `vendor result ${bare}` : `vendor result ${name}`;
  }
  if ((code & 0x80) === 0) {
    const name = FORMAT_ZERO.get(code);
    return name === undefined ? bare : `TPM_RC_${name}`;
  }
  const name = FORMAT_ONE.get(code & 0x3f);
  const number = (code >> 8) & 0xf;
  const whose =
    (code & 0x40) !== 0 ? `parameter ${number}` : number >= 8 ? `session ${number - 8}` : `handle ${number}`;
  return `${name === undefined ? bare : `TPM_RC_${name}`} of ${whose}`;
}
