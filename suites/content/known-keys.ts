import { createHash } from 'node:crypto';

/** A key of P-256, and its signature of `sample`. [RFC 6979, A.2.5] */
export const ECC = {
  x: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
  y: '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  d: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
  s: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
};

/** Order of P-256, and the secret number of the signature of `sample`. [RFC 6979, A.2.5] */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SECRET = 0xa6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60n;

/** 1 / SECRET modulo ORDER, by Fermat's theorem. */
const INVERSE = power(SECRET, ORDER - 2n);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % ORDER)
    if ((rest & 1n) === 1n) result = (result * square) % ORDER;
  return result;
}

/**
 * The signature of a statement by the known key, r and s, each 32 bytes. It has always the same secret number: a library takes a
 * random one, and no run would repeat itself.
 */
export function signatureOf(statement: Uint8Array): { readonly r: Buffer; readonly s: Buffer } {
  const digest = BigInt(`0x${createHash('sha256').update(statement).digest('hex')}`);
  const s = ((digest + BigInt(`0x${ECC.r}`) * BigInt(`0x${ECC.d}`)) * INVERSE) % ORDER;
  return { r: Buffer.from(ECC.r, 'hex'), s: Buffer.from(s.toString(16).padStart(64, '0'), 'hex') };
}

/** Twenty bytes 0b, and their HMAC of `Hi There`. [RFC 4231, 4.2] */
export const HMAC = {
  key: '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b',
  seed: '5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
  /** The SHA-256 digest of seed and key. [TPM2 Part 1, 27.5.3] */
  unique: '927e995c20364425483862f4b8be5ca8960a9b24693952fab66121929c5f0416',
  message: '0008 4869205468657265',
  mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
};

/** TPMA_OBJECT: userWithAuth with decrypt, sign, or both. [TPM2 Part 2, 8.3] */
export const DECRYPTS = '00020040';
export const SIGNS = '00040040';
export const BOTH = '00060040';

/** Public and sensitive areas, the name algorithm SHA-256. [TPM2 Part 2, 12] */
export const eccArea = (attributes: string): string =>
  `0023 000b ${attributes} 0000 0010 0010 0003 0010 0020 ${ECC.x} 0020 ${ECC.y}`;
export const eccSecret = `0023 0000 0000 0020 ${ECC.d}`;
export const hmacArea = `0008 000b 00040040 0000 0005 000b 0020 ${HMAC.unique}`;
export const hmacSecret = `0008 0000 0020 ${HMAC.seed} 0014 ${HMAC.key}`;
