/**
 * Response codes of the library, without the number of a handle, parameter or session. Where unmarshalling fails the
 * library adds no number. [CHIP 5.5] [TPM2 Part 2, 6.6]
 */
export const RC = {
  success: 0x000,
  badTag: 0x01e,
  initialize: 0x100,
  sequence: 0x103,
  disabled: 0x120,
  exclusive: 0x121,
  authType: 0x124,
  authMissing: 0x125,
  pcr: 0x127,
  pcrChanged: 0x128,
  authUnavailable: 0x12f,
  commandSize: 0x142,
  commandCode: 0x143,
  authContext: 0x145,
  nvRange: 0x146,
  nvLocked: 0x148,
  nvAuthorization: 0x149,
  nvUninitialized: 0x14a,
  nvSpace: 0x14b,
  nvDefined: 0x14c,
  cpHash: 0x151,
  asymmetric: 0x081,
  attributes: 0x082,
  hash: 0x083,
  value: 0x084,
  hierarchy: 0x085,
  keySize: 0x087,
  mode: 0x089,
  type: 0x08a,
  handle: 0x08b,
  kdf: 0x08c,
  range: 0x08d,
  authFail: 0x08e,
  nonce: 0x08f,
  scheme: 0x092,
  size: 0x095,
  symmetric: 0x096,
  tag: 0x097,
  selector: 0x098,
  insufficient: 0x09a,
  signature: 0x09b,
  key: 0x09c,
  policyFail: 0x09d,
  integrity: 0x09f,
  ticket: 0x0a0,
  reservedBits: 0x0a1,
  badAuth: 0x0a2,
  expired: 0x0a3,
  policyCc: 0x0a4,
  binding: 0x0a5,
  curve: 0x0a6,
  eccPoint: 0x0a7,
  objectMemory: 0x902,
  sessionMemory: 0x903,
  sessionHandles: 0x905,
  locality: 0x907,
  referenceH0: 0x910,
  referenceS0: 0x918,
  lockout: 0x921,
} as const;

/** Tags. [TPM2 Part 2, 6.9] */
export const ST = {
  rspCommand: 0x00c4,
  null: 0x8000,
  noSessions: 0x8001,
  sessions: 0x8002,
  attestNv: 0x8014,
  attestSessionAudit: 0x8016,
  attestCertify: 0x8017,
  attestQuote: 0x8018,
  attestTime: 0x8019,
  attestCreation: 0x801a,
  creation: 0x8021,
  verified: 0x8022,
  authSecret: 0x8023,
  hashCheck: 0x8024,
  authSigned: 0x8025,
  manifest: 0x8029,
} as const;

/** Algorithms. [TPM2 Part 2, 6.3] */
export const ALG = {
  rsa: 0x0001,
  sha1: 0x0004,
  hmac: 0x0005,
  aes: 0x0006,
  mgf1: 0x0007,
  keyedHash: 0x0008,
  xor: 0x000a,
  sha256: 0x000b,
  sha384: 0x000c,
  sha512: 0x000d,
  null: 0x0010,
  rsassa: 0x0014,
  rsaes: 0x0015,
  rsapss: 0x0016,
  oaep: 0x0017,
  ecdsa: 0x0018,
  ecdh: 0x0019,
  kdf1Sp80056a: 0x0020,
  kdf1Sp800108: 0x0022,
  ecc: 0x0023,
  symCipher: 0x0025,
  ctr: 0x0040,
  ofb: 0x0041,
  cbc: 0x0042,
  cfb: 0x0043,
  ecb: 0x0044,
} as const;

/** Handles that are always there. [TPM2 Part 2, 7.4] */
export const RH = {
  owner: 0x40000001,
  null: 0x40000007,
  password: 0x40000009,
  lockout: 0x4000000a,
  endorsement: 0x4000000b,
  platform: 0x4000000c,
  platformNv: 0x4000000d,
} as const;

/** The type of a handle, which is its first byte. [TPM2 Part 2, 7.2] */
export const HT = {
  pcr: 0x00,
  nvIndex: 0x01,
  hmacSession: 0x02,
  policySession: 0x03,
  permanent: 0x40,
  transient: 0x80,
  persistent: 0x81,
} as const;

/** The most significant byte of a handle, which tells what it is of. [TPM2 Part 2, 7.2] */
export const typeOfHandle = (handle: number): number => handle >>> 24;

/** A command that ends with a response code instead of parameters. */
export class Refusal extends Error {
  constructor(readonly code: number) {
    super(`TPM response code 0x${code.toString(16)}`);
  }
}

const FORMAT_ONE = 0x080;
const HAS_NUMBER = 0xf40;

/** Adds a number to a format 1 code that has none yet; every other code stays. [TPM2 Part 2, 6.6.3] */
export const withNumber = (code: number, number: number): number =>
  (code & FORMAT_ONE) !== 0 && (code & HAS_NUMBER) === 0 ? code + number : code;

/** The number of handle `index`, counted from 0. */
export const handleNumber = (index: number): number => (index + 1) << 8;
/** The number of session `index`, counted from 0. */
export const sessionNumber = (index: number): number => 0x800 + ((index + 1) << 8);
/** The number of parameter `index`, counted from 0: only few commands name theirs. [CHIP 5.5] */
export const parameterNumber = (index: number): number => 0x040 + ((index + 1) << 8);

/** @throws Refusal with `code` unless `holds`. */
export function demand(holds: boolean, code: number): asserts holds {
  if (!holds) throw new Refusal(code);
}
