import { inverse, modulo, toBytes, toNumber } from './numbers.ts';
import { ECC_CURVE } from './public-area.ts';

/** A curve y² = x³ + ax + b over the field of p, with a generator of order n. [TCG Algorithm Registry, 6.4] */
export interface Curve {
  readonly size: number;
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly n: bigint;
  readonly g: Point;
}

/** A point of a curve, in affine coordinates. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const hex = (digits: string): bigint => BigInt(`0x${digits.replaceAll(' ', '')}`);

const P256: Curve = {
  size: 32,
  p: hex('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff'),
  a: hex('ffffffff00000001000000000000000000000000fffffffffffffffffffffffc'),
  b: hex('5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b'),
  n: hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  g: {
    x: hex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'),
    y: hex('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
  },
};

const P384: Curve = {
  size: 48,
  p: hex('fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff'),
  a: hex('fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc'),
  b: hex('b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef'),
  n: hex('ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973'),
  g: {
    x: hex(
      'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
    ),
    y: hex(
      '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    ),
  },
};

const BN256: Curve = {
  size: 32,
  p: hex('fffffffffffcf0cd46e5f25eee71a49f0cdc65fb12980a82d3292ddbaed33013'),
  a: 0n,
  b: 3n,
  n: hex('fffffffffffcf0cd46e5f25eee71a49e0cdc65fb1299921af62d536cd10b500d'),
  g: { x: 1n, y: 2n },
};

/**
 * Whether the chip computes on this curve. It tells of all that it has numbers of, and takes their names in templates,
 * but makes and loads keys on P-256 alone. [CHIP 5.5]
 */
export const isComputed = (id: number): boolean => id === ECC_CURVE.p256;

/** The curve with this number. [TPM2 Part 2, 6.4] */
export function curveOf(id: number): Curve {
  if (id === ECC_CURVE.p384) return P384;
  return id === ECC_CURVE.bnP256 ? BN256 : P256;
}

/** The sum of two points; undefined is the point at infinity. */
export function add(curve: Curve, a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const { p } = curve;
  if (a.x === b.x && a.y !== b.y) return undefined;
  if (a.x === b.x && a.y === 0n) return undefined;
  const slope =
    a.x === b.x ? (3n * a.x * a.x + curve.a) * inverse(2n * a.y, p) : (b.y - a.y) * inverse(b.x - a.x, p);
  const x = modulo(slope * slope - a.x - b.x, p);
  return { x, y: modulo(slope * (a.x - x) - a.y, p) };
}

/** `scalar` times `point`; undefined is the point at infinity. */
export function multiply(curve: Curve, scalar: bigint, point: Point): Point | undefined {
  let result: Point | undefined;
  let double: Point | undefined = point;
  for (let left = scalar; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = add(curve, result, double);
    double = add(curve, double, double);
  }
  return result;
}

const isOnCurve = ({ p, a, b }: Curve, { x, y }: Point): boolean =>
  x < p && y < p && modulo(y * y - (x * x * x + a * x + b), p) === 0n;

/** Whether the chip takes these coordinates for a point of the curve: each has its full length. [EC ecc.c] */
export const isPoint = (id: number, parts: readonly Uint8Array[]): boolean =>
  isComputed(id) &&
  parts.every((part) => part.length === curveOf(id).size) &&
  isOnCurve(curveOf(id), readCoordinates(parts));

/** A point out of its two coordinates, most significant byte first. */
export const readCoordinates = ([x, y]: readonly Uint8Array[]): Point => ({
  x: toNumber(x!),
  y: toNumber(y!),
});

/** Both coordinates, each as long as a number of the field. */
export const coordinates = ({ size }: Curve, { x, y }: Point): Uint8Array[] => [
  toBytes(x, size),
  toBytes(y, size),
];

const truncated = ({ n }: Curve, digest: Uint8Array): bigint => {
  const excess = Math.max(0, digest.length * 8 - n.toString(2).length);
  return toNumber(digest) >> BigInt(excess);
};

/** ECDSA over a digest, with the secret `d` and the one-time secret `k`. [FIPS 186-4, 6.4] */
export function ecdsaSign(
  curve: Curve,
  { d, k }: { d: bigint; k: bigint },
  digest: Uint8Array,
): Uint8Array[] {
  const { n, g, size } = curve;
  const r = modulo(multiply(curve, k, g)!.x, n);
  const s = modulo(inverse(k, n) * (truncated(curve, digest) + r * d), n);
  return [toBytes(r, size), toBytes(s, size)];
}

/** Whether `parts`, r and s, sign the digest with this key. [FIPS 186-4, 6.4] */
export function ecdsaVerify(
  curve: Curve,
  key: Point,
  digest: Uint8Array,
  parts: readonly Uint8Array[],
): boolean {
  const { n, g } = curve;
  const [r, s] = parts.map(toNumber) as [bigint, bigint];
  if (r <= 0n || r >= n || s <= 0n || s >= n) return false;
  const w = inverse(s, n);
  const u = multiply(curve, modulo(truncated(curve, digest) * w, n), g);
  const point = add(curve, u, multiply(curve, modulo(r * w, n), key));
  return point !== undefined && modulo(point.x, n) === r;
}
