/** What a command's parameters are made of, as a tree whose parts can be made wrong one at a time. */
export type Field = Int | Sized | Box | Raw;

/** A number; `others` are values that it may be replaced by. */
interface Int {
  readonly kind: 'int';
  readonly width: number;
  readonly value: bigint;
  readonly others: readonly bigint[];
}

/** A buffer behind its size of 16 bits. `most` is the largest that its type takes. */
interface Sized {
  readonly kind: 'sized';
  readonly bytes: Lazy;
  readonly most: number;
}

/** A structure behind its size of 16 bits; `off` is added to that size. */
interface Box {
  readonly kind: 'box';
  readonly fields: readonly Field[];
  readonly off: number;
}

/** Bytes that stay as they are. */
interface Raw {
  readonly kind: 'raw';
  readonly bytes: Lazy;
}

/** Names of what one side has made, such as a context or a ticket, with its bytes. */
export type Made = ReadonlyMap<string, Uint8Array>;
type Lazy = (made: Made) => Uint8Array;

/** Hexadecimal, blanks allowed. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const number = (value: bigint, width: number): Uint8Array => hex(value.toString(16).padStart(2 * width, '0'));

const int =
  (width: number) =>
  (value: number | bigint, ...others: readonly (number | bigint)[]): Int => ({
    kind: 'int',
    width,
    value: BigInt(value),
    others: others.map(BigInt),
  });

export const u8 = int(1);
export const u16 = int(2);
export const u32 = int(4);
export const u64 = int(8);

const ALGORITHMS = [
  0, 0x0001, 0x0004, 0x0005, 0x0006, 0x0008, 0x000a, 0x000b, 0x000c, 0x000d, 0x0010, 0x0014, 0x0015, 0x0016,
  0x0017, 0x0018, 0x0019, 0x0020, 0x0022, 0x0023, 0x0025, 0x0043, 0xffff,
];
/** An algorithm, which may be replaced by any other. */
export const alg = (value: number): Int => u16(value, ...ALGORITHMS);

const HANDLES = [
  0x00000000, 0x00000017, 0x00000018, 0x01000001, 0x02000000, 0x03000000, 0x40000000, 0x40000001, 0x40000007,
  0x40000009, 0x4000000a, 0x4000000b, 0x4000000c, 0x4000000d, 0x80000000, 0x80000002, 0x81000000, 0xffffffff,
];
/** A handle among the parameters. */
export const handle = (value: number): Int => u32(value, ...HANDLES);

/** Attributes, of which each bit may be the other way round. */
export const bits = (value: number): Int =>
  u32(value, ...Array.from({ length: 32 }, (_, bit) => BigInt(value) ^ (1n << BigInt(bit))));

const lazy = (bytes: Uint8Array | string | Lazy): Lazy => {
  if (typeof bytes === 'function') return bytes;
  const fixed = typeof bytes === 'string' ? hex(bytes) : bytes;
  return () => fixed;
};

export const sized = (bytes: Uint8Array | string | Lazy, most = 64): Sized => ({
  kind: 'sized',
  bytes: lazy(bytes),
  most,
});
export const box = (...fields: readonly Field[]): Box => ({ kind: 'box', fields, off: 0 });
export const raw = (bytes: Uint8Array | string | Lazy): Raw => ({ kind: 'raw', bytes: lazy(bytes) });
/** What a side has made under this name. */
export const made =
  (name: string): Lazy =>
  (all) =>
    all.get(name) ?? new Uint8Array();

/** The bytes of the fields on one side. */
export function bytesOf(fields: readonly Field[], all: Made): Uint8Array {
  return Buffer.concat(fields.map((field) => oneOf(field, all)));
}

function oneOf(field: Field, all: Made): Uint8Array {
  if (field.kind === 'int') return number(field.value, field.width);
  if (field.kind === 'raw') return field.bytes(all);
  const inner = field.kind === 'sized' ? field.bytes(all) : bytesOf(field.fields, all);
  const size = inner.length + (field.kind === 'box' ? field.off : 0);
  return Buffer.concat([number(BigInt(size & 0xffff), 2), inner]);
}

/** The fields with one of them made wrong, and what was done to it. */
export interface Wrong {
  readonly what: string;
  readonly fields: readonly Field[];
}

/** Each field of the tree made wrong in each way of its kind. */
export function wrongs(fields: readonly Field[], path = ''): Wrong[] {
  return fields.flatMap((field, at) => {
    const replace = (by: Field): Field[] => fields.map((each, index) => (index === at ? by : each));
    const where = `${path}${at}`;
    const own = wrongOnes(field).map(({ what, by }) => ({ what: `${where} ${what}`, fields: replace(by) }));
    if (field.kind !== 'box') return own;
    const inner = wrongs(field.fields, `${where}.`);
    return [
      ...own,
      ...inner.map((wrong) => ({ what: wrong.what, fields: replace({ ...field, fields: wrong.fields }) })),
    ];
  });
}

interface WrongOne {
  readonly what: string;
  readonly by: Field;
}

function wrongOnes(field: Field): WrongOne[] {
  switch (field.kind) {
    case 'raw':
      return [];
    case 'int':
      return field.others
        .filter((other) => other !== field.value)
        .map((other) => ({ what: `= ${other.toString(16)}`, by: { ...field, value: other } }));
    case 'box':
      return [
        { what: 'empty', by: raw('0000') },
        { what: 'size + 1', by: { ...field, off: 1 } },
        { what: 'size - 1', by: { ...field, off: -1 } },
      ];
    case 'sized':
      return wrongSizes(field);
  }
}

function wrongSizes(field: Sized): WrongOne[] {
  const { bytes, most } = field;
  const resized = (size: number): Sized => ({ ...field, bytes: () => new Uint8Array(size).fill(0x5a) });
  const misstated = (by: number): Raw => ({
    kind: 'raw',
    bytes: (all) => {
      const inner = bytes(all);
      return Buffer.concat([number(BigInt((inner.length + by) & 0xffff), 2), inner]);
    },
  });
  const flipped: Sized = {
    ...field,
    bytes: (all) => {
      const inner = Uint8Array.from(bytes(all));
      if (inner.length > 0) inner[inner.length - 1]! ^= 1;
      return inner;
    },
  };
  const sizes = [...new Set([0, 1, 2, 3, 16, 20, 32, 33, 48, 64, most, most + 1])].sort((a, b) => a - b);
  return [
    ...sizes.map((size) => ({ what: `of ${size} bytes`, by: resized(size) })),
    { what: 'size + 1', by: misstated(1) },
    { what: 'size - 1', by: misstated(-1) },
    { what: 'size ffff', by: misstated(0xffff) },
    { what: 'last bit flipped', by: flipped },
  ];
}
