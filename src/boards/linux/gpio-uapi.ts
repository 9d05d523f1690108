/**
 * Requests of the GPIO character device, second version. Linux, include/uapi/linux/gpio.h, since 5.10; numbers in the
 * byte order of x86, ARM and RISC-V.
 */

const NAME_SIZE = 32;
const READ_WRITE = 3;
const READ = 2;
const TYPE = 0xb4;
const requestOf = (direction: number, number: number, size: number): number =>
  direction * 2 ** 30 + size * 2 ** 16 + TYPE * 2 ** 8 + number;

const CHIP_INFO_SIZE = 68;
const LINE_INFO_SIZE = 256;
const LINE_REQUEST_SIZE = 592;
const LINE_VALUES_SIZE = 16;
/** Size of one event of a line, in bytes. */
export const LINE_EVENT_SIZE = 48;

/** Request numbers of ioctl(2), made of direction, number and size of the argument. */
export const GPIO_GET_CHIPINFO = requestOf(READ, 0x01, CHIP_INFO_SIZE);
export const GPIO_V2_GET_LINEINFO = requestOf(READ_WRITE, 0x05, LINE_INFO_SIZE);
export const GPIO_V2_GET_LINE = requestOf(READ_WRITE, 0x07, LINE_REQUEST_SIZE);
export const GPIO_V2_LINE_GET_VALUES = requestOf(READ_WRITE, 0x0e, LINE_VALUES_SIZE);
export const GPIO_V2_LINE_SET_VALUES = requestOf(READ_WRITE, 0x0f, LINE_VALUES_SIZE);

/** enum gpio_v2_line_flag */
const FLAG = {
  ACTIVE_LOW: 1 << 1,
  INPUT: 1 << 2,
  OUTPUT: 1 << 3,
  EDGE_RISING: 1 << 4,
  OPEN_DRAIN: 1 << 6,
};
/** enum gpio_v2_line_attr_id */
const ATTRIBUTE_OUTPUT_VALUES = 2;
const CONSUMER = 'h1-hil';
/** Events the kernel keeps for a reader that is late. */
const EVENT_BUFFER = 1024;

/** struct gpio_v2_line_request: offsets, consumer, config, num_lines, event_buffer_size, fd. */
const AT = {
  consumer: 256,
  flags: 288,
  attributeCount: 296,
  attributes: 320,
  lines: 560,
  buffer: 564,
  fd: 588,
};

const textAt = (bytes: Buffer, from: number): string => {
  const end = bytes.indexOf(0, from);
  return bytes.toString('utf8', from, Math.min(end < 0 ? Infinity : end, from + NAME_SIZE));
};

/** Room for the answer to GPIO_GET_CHIPINFO. */
export const emptyChipInfo = (): Buffer => Buffer.alloc(CHIP_INFO_SIZE);

/** Label and number of lines out of that answer. */
export const readChipInfo = (info: Buffer): { readonly label: string; readonly lines: number } => ({
  label: textAt(info, NAME_SIZE),
  lines: info.readUInt32LE(2 * NAME_SIZE),
});

/** The argument of GPIO_V2_GET_LINEINFO for the line at `offset`; the answer comes in its place. */
export function lineInfoOf(offset: number): Buffer {
  const info = Buffer.alloc(LINE_INFO_SIZE);
  info.writeUInt32LE(offset, 2 * NAME_SIZE);
  return info;
}

/** Name and user of the line out of that answer; both may be empty. */
export const readLineInfo = (info: Buffer): { readonly name: string; readonly consumer: string } => ({
  name: textAt(info, 0),
  consumer: textAt(info, NAME_SIZE),
});

/** What a line is asked for: an input that is watched, or one of the two kinds of output. */
export type LineUse = 'watch' | 'push-pull' | 'open-drain';

const USE_FLAGS: Readonly<Record<LineUse, number>> = {
  watch: FLAG.INPUT | FLAG.EDGE_RISING,
  'push-pull': FLAG.OUTPUT,
  'open-drain': FLAG.OUTPUT | FLAG.OPEN_DRAIN,
};

/** One line as an input that tells when it is asserted (a rising edge is logical), or as an output that is not asserted from the start. */
export function lineRequest(offset: number, use: LineUse, activeHigh: boolean): Buffer {
  const request = Buffer.alloc(LINE_REQUEST_SIZE);
  request.writeUInt32LE(offset, 0);
  request.write(CONSUMER, AT.consumer);
  const polarity = activeHigh ? 0 : FLAG.ACTIVE_LOW;
  request.writeBigUInt64LE(BigInt(USE_FLAGS[use] | polarity), AT.flags);
  request.writeUInt32LE(1, AT.lines);
  if (use === 'watch') request.writeUInt32LE(EVENT_BUFFER, AT.buffer);
  else {
    request.writeUInt32LE(1, AT.attributeCount);
    request.writeUInt32LE(ATTRIBUTE_OUTPUT_VALUES, AT.attributes);
    // Value 0 of the first line, and a mask that says so.
    request.writeBigUInt64LE(1n, AT.attributes + 16);
  }
  return request;
}

/** The file descriptor of the line, out of the answer to GPIO_V2_GET_LINE. */
export const lineDescriptor = (request: Buffer): number => request.readInt32LE(AT.fd);

/** struct gpio_v2_line_values of a request of one line. */
export function lineValues(isAsserted: boolean): Buffer {
  const values = Buffer.alloc(LINE_VALUES_SIZE);
  values.writeBigUInt64LE(isAsserted ? 1n : 0n, 0);
  values.writeBigUInt64LE(1n, 8);
  return values;
}

/** The value of the first line, out of the answer to GPIO_V2_LINE_GET_VALUES. */
export const isLineAsserted = (values: Buffer): boolean => (values[0]! & 1) === 1;

/** struct gpio_v2_line_event: CLOCK_MONOTONIC in ns, as two words, and the running number of the line's edges, from 1. */
export const readLineEvent = (
  events: Buffer,
  at: number,
): { readonly low: number; readonly high: number; readonly number: number } => ({
  low: events.readUInt32LE(at),
  high: events.readUInt32LE(at + 4),
  number: events.readUInt32LE(at + 20),
});
