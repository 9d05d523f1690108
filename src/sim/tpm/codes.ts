/** Response codes the library gives. Format 1 codes get the number of the handle, parameter or session added. [TPM2 Part 2, 6.6] */
export const RC = {
  success: 0x000,
  badTag: 0x01e,
  initialize: 0x100,
  locality: 0x907,
  authMissing: 0x125,
  authContext: 0x145,
  commandSize: 0x142,
  commandCode: 0x143,
  authSize: 0x144,
  objectMemory: 0x902,
  referenceH0: 0x910,
  referenceS0: 0x918,
  attributes: 0x082,
  hash: 0x083,
  value: 0x084,
  mode: 0x089,
  handle: 0x08b,
  nonce: 0x08f,
  size: 0x095,
  insufficient: 0x09a,
  badAuth: 0x0a2,
} as const;

/** Tags. [TPM2 Part 2, 6.9] */
export const ST = { rspCommand: 0x00c4, noSessions: 0x8001, sessions: 0x8002, hashCheck: 0x8024 } as const;

/** Algorithms. [TPM2 Part 2, 6.3] */
export const ALG = { sha1: 0x0004, sha256: 0x000b, null: 0x0010 } as const;

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

/** A command that ends with a response code instead of parameters. */
export class Refusal extends Error {
  constructor(readonly code: number) {
    super(`TPM response code 0x${code.toString(16)}`);
  }
}

/** A format 1 code that blames parameter `number`, counted from 1. [TPM2 Part 2, 6.6] */
export const codeOfParameter = (code: number, number: number): number => code + 0x040 + (number << 8);
/** A format 1 code that blames handle `number`, counted from 1. */
export const codeOfHandle = (code: number, number: number): number => code + (number << 8);

export const parameter = (code: number, number: number): Refusal =>
  new Refusal(codeOfParameter(code, number));
export const handle = (code: number, number: number): Refusal => new Refusal(codeOfHandle(code, number));
/** A format 1 code that blames session `number`, counted from 1. */
export const session = (code: number, number: number): Refusal => new Refusal(code + 0x800 + (number << 8));
