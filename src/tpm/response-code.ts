import { HilError } from '../units/index.ts';

/** Response codes that a driver acts on. [TPM2 Part 2, 6.6.3] */
export const TPM_RC = { INITIALIZE: 0x100, FAILURE: 0x101, TESTING: 0x90a, RETRY: 0x922 } as const;

/** What a format 1 code blames. [TPM2 Part 2, 6.6.2] */
export type Blame = { readonly kind: 'handle' | 'parameter' | 'session'; readonly number: number };

/** Format 0 errors of TPM 2.0: 0x100 and this. [TPM2 Part 2, 6.6.3] */
const ERRORS: Readonly<Record<number, string>> = {
  0x000: 'TPM_RC_INITIALIZE',
  0x001: 'TPM_RC_FAILURE',
  0x003: 'TPM_RC_SEQUENCE',
  0x00b: 'TPM_RC_PRIVATE',
  0x019: 'TPM_RC_HMAC',
  0x020: 'TPM_RC_DISABLED',
  0x021: 'TPM_RC_EXCLUSIVE',
  0x024: 'TPM_RC_AUTH_TYPE',
  0x025: 'TPM_RC_AUTH_MISSING',
  0x026: 'TPM_RC_POLICY',
  0x027: 'TPM_RC_PCR',
  0x028: 'TPM_RC_PCR_CHANGED',
  0x02d: 'TPM_RC_UPGRADE',
  0x02e: 'TPM_RC_TOO_MANY_CONTEXTS',
  0x02f: 'TPM_RC_AUTH_UNAVAILABLE',
  0x030: 'TPM_RC_REBOOT',
  0x031: 'TPM_RC_UNBALANCED',
  0x042: 'TPM_RC_COMMAND_SIZE',
  0x043: 'TPM_RC_COMMAND_CODE',
  0x044: 'TPM_RC_AUTHSIZE',
  0x045: 'TPM_RC_AUTH_CONTEXT',
  0x046: 'TPM_RC_NV_RANGE',
  0x047: 'TPM_RC_NV_SIZE',
  0x048: 'TPM_RC_NV_LOCKED',
  0x049: 'TPM_RC_NV_AUTHORIZATION',
  0x04a: 'TPM_RC_NV_UNINITIALIZED',
  0x04b: 'TPM_RC_NV_SPACE',
  0x04c: 'TPM_RC_NV_DEFINED',
  0x050: 'TPM_RC_BAD_CONTEXT',
  0x051: 'TPM_RC_CPHASH',
  0x052: 'TPM_RC_PARENT',
  0x053: 'TPM_RC_NEEDS_TEST',
  0x054: 'TPM_RC_NO_RESULT',
  0x055: 'TPM_RC_SENSITIVE',
};

/** Format 0 warnings: 0x900 and this. [TPM2 Part 2, 6.6.3] */
const WARNINGS: Readonly<Record<number, string>> = {
  0x001: 'TPM_RC_CONTEXT_GAP',
  0x002: 'TPM_RC_OBJECT_MEMORY',
  0x003: 'TPM_RC_SESSION_MEMORY',
  0x004: 'TPM_RC_MEMORY',
  0x005: 'TPM_RC_SESSION_HANDLES',
  0x006: 'TPM_RC_OBJECT_HANDLES',
  0x007: 'TPM_RC_LOCALITY',
  0x008: 'TPM_RC_YIELDED',
  0x009: 'TPM_RC_CANCELED',
  0x00a: 'TPM_RC_TESTING',
  0x010: 'TPM_RC_REFERENCE_H0',
  0x011: 'TPM_RC_REFERENCE_H1',
  0x012: 'TPM_RC_REFERENCE_H2',
  0x018: 'TPM_RC_REFERENCE_S0',
  0x019: 'TPM_RC_REFERENCE_S1',
  0x01a: 'TPM_RC_REFERENCE_S2',
  0x020: 'TPM_RC_NV_RATE',
  0x021: 'TPM_RC_LOCKOUT',
  0x022: 'TPM_RC_RETRY',
  0x023: 'TPM_RC_NV_UNAVAILABLE',
};

/** Format 1 codes: 0x80 and this, and whom they blame. [TPM2 Part 2, 6.6.3] */
const FORMAT_1: Readonly<Record<number, string>> = {
  0x01: 'TPM_RC_ASYMMETRIC',
  0x02: 'TPM_RC_ATTRIBUTES',
  0x03: 'TPM_RC_HASH',
  0x04: 'TPM_RC_VALUE',
  0x05: 'TPM_RC_HIERARCHY',
  0x07: 'TPM_RC_KEY_SIZE',
  0x08: 'TPM_RC_MGF',
  0x09: 'TPM_RC_MODE',
  0x0a: 'TPM_RC_TYPE',
  0x0b: 'TPM_RC_HANDLE',
  0x0c: 'TPM_RC_KDF',
  0x0d: 'TPM_RC_RANGE',
  0x0e: 'TPM_RC_AUTH_FAIL',
  0x0f: 'TPM_RC_NONCE',
  0x10: 'TPM_RC_PP',
  0x12: 'TPM_RC_SCHEME',
  0x15: 'TPM_RC_SIZE',
  0x16: 'TPM_RC_SYMMETRIC',
  0x17: 'TPM_RC_TAG',
  0x18: 'TPM_RC_SELECTOR',
  0x1a: 'TPM_RC_INSUFFICIENT',
  0x1b: 'TPM_RC_SIGNATURE',
  0x1c: 'TPM_RC_KEY',
  0x1d: 'TPM_RC_POLICY_FAIL',
  0x1f: 'TPM_RC_INTEGRITY',
  0x20: 'TPM_RC_TICKET',
  0x21: 'TPM_RC_RESERVED_BITS',
  0x22: 'TPM_RC_BAD_AUTH',
  0x23: 'TPM_RC_EXPIRED',
  0x24: 'TPM_RC_POLICY_CC',
  0x25: 'TPM_RC_BINDING',
  0x26: 'TPM_RC_CURVE',
  0x27: 'TPM_RC_ECC_POINT',
};

/** Vendor codes of Cr50: 0x500 and this. [CHIP 5.1] */
const VENDOR: Readonly<Record<number, string>> = {
  0: 'VENDOR_RC_SUCCESS',
  1: 'VENDOR_RC_BOGUS_ARGS',
  2: 'VENDOR_RC_READ_FLASH_FAIL',
  3: 'VENDOR_RC_WRITE_FLASH_FAIL',
  4: 'VENDOR_RC_REQUEST_TOO_BIG',
  5: 'VENDOR_RC_RESPONSE_TOO_BIG',
  6: 'VENDOR_RC_INTERNAL_ERROR',
  7: 'VENDOR_RC_NOT_ALLOWED',
  8: 'VENDOR_RC_NO_SUCH_SUBCOMMAND',
  9: 'VENDOR_RC_IN_PROGRESS',
  10: 'VENDOR_RC_PASSWORD_REQUIRED',
  11: 'VENDOR_RC_NVMEM_LOCKED',
  127: 'VENDOR_RC_NO_SUCH_COMMAND',
};

const BAD_TAG = 0x01e;
const FORMAT_1_BIT = 0x080;
const PARAMETER_BIT = 0x040;
const SESSION_BIT = 0x800;
const VENDOR_BIT = 0x400;

/** Warnings after which the same command may succeed. [TPM2 Part 2, 6.6.3] */
const RETRYABLE: readonly number[] = [0x908, 0x909, 0x90a, 0x920, 0x922, 0x923];

/** A response code that decodes itself. [TPM2 Part 2, 6.6] */
export class ResponseCode {
  constructor(readonly value: number) {}

  get isSuccess(): boolean {
    return this.value === 0;
  }

  get format(): 0 | 1 {
    return (this.value & FORMAT_1_BIT) === 0 || this.isVendor ? 0 : 1;
  }

  get isVendor(): boolean {
    return (this.value & (VENDOR_BIT | 0x100)) === (VENDOR_BIT | 0x100);
  }

  /** Nothing is wrong with the command: the TPM could not do it now. */
  get isWarning(): boolean {
    return this.format === 0 && (this.value & 0x900) === 0x900;
  }

  get isRetryable(): boolean {
    return RETRYABLE.includes(this.value);
  }

  /** The handle, parameter or session that a format 1 code blames, counted from 1; undefined when it blames none. */
  get blame(): Blame | undefined {
    if (this.format === 0) return undefined;
    const number = (this.value >> 8) & ((this.value & PARAMETER_BIT) === 0 ? 0x7 : 0xf);
    if (number === 0) return undefined;
    if ((this.value & PARAMETER_BIT) !== 0) return { kind: 'parameter', number };
    return { kind: (this.value & SESSION_BIT) === 0 ? 'handle' : 'session', number };
  }

  /** The name without whom it blames; the number where it has no name. */
  get name(): string {
    return this.#named() ?? `0x${this.value.toString(16).padStart(3, '0')}`;
  }

  /** `TPM_RC_VALUE (0x1c4), parameter 1`. */
  toString(): string {
    const { blame } = this;
    const where = blame === undefined ? '' : `, ${blame.kind} ${blame.number}`;
    return `${this.name} (0x${this.value.toString(16).padStart(3, '0')})${where}`;
  }

  #named(): string | undefined {
    if (this.isSuccess) return 'TPM_RC_SUCCESS';
    if (this.value === BAD_TAG) return 'TPM_RC_BAD_TAG';
    if (this.isVendor) return VENDOR[this.value & 0xff];
    if (this.format === 1) return FORMAT_1[this.value & 0x3f];
    if (this.isWarning) return WARNINGS[this.value & 0x7f];
    return (this.value & 0x100) === 0 ? undefined : ERRORS[this.value & 0x7f];
  }
}

/** The TPM answered a command with an error or a warning. */
export class TpmError extends HilError {
  readonly blames = 'chip';

  readonly code: ResponseCode;

  constructor(
    readonly command: string,
    value: number,
  ) {
    const code = new ResponseCode(value);
    super(`TPM2_${command} was answered with ${code.toString()}.`);
    this.code = code;
  }
}
