/** What one CS assertion carries, as bytes on both wires. */
export interface Frame {
  readonly sent: readonly number[];
  readonly received: readonly number[];
}

const ACCESS = 0x0000;
const STS = 0x0018;
const FIFO = 0x0024;
/** The chip's burstCount outside of a response, and the most one frame carries here. [CHIP 4.3] */
const BURST = 63;

/** A generator of bytes that are always the same. [Numerical Recipes, quick and dirty generators] */
class Bytes {
  #state = 1;

  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state >>> 24;
  }

  take(count: number): number[] {
    return Array.from({ length: count }, () => this.next());
  }
}

const big32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);

/** TPM2_GetRandom(32) and its answer. [TPM2 Part 3 16.1] */
const random = (bytes: Bytes): [command: number[], response: number[]] => [
  [0x80, 1, ...big32(12), ...big32(0x17b), 0, 32],
  [0x80, 1, ...big32(44), ...big32(0), 0, 32, ...bytes.take(32)],
];

/** TPM2_Hash of 1024 bytes with SHA-256, and its answer with a NULL ticket. [TPM2 Part 3 15.4] */
const hash = (bytes: Bytes): [command: number[], response: number[]] => [
  [0x80, 1, ...big32(1042), ...big32(0x17d), 4, 0, ...bytes.take(1024), 0, 0x0b, ...big32(0x40000007)],
  [0x80, 1, ...big32(52), ...big32(0), 0, 32, ...bytes.take(32), 0x80, 0x24, ...big32(0x40000007), 0, 0],
];

/** What a host that keeps all rules sends, and what the chip answers: seven short commands, then a long one. */
export function* traffic(): Generator<Frame> {
  const bytes = new Bytes();
  const frame = (isRead: boolean, register: number, data: readonly number[]): Frame => {
    const header = [(isRead ? 0x80 : 0) | (data.length - 1), 0xd4, register >> 8, register & 0xff];
    // Wait bytes as a real chip has them, most often four or five. [CHIP 1.4]
    const stall = [...Array<number>(2 + (bytes.next() & 3)).fill(0), 1];
    return {
      sent: [...header, ...stall.map(() => 0), ...(isRead ? data.map(() => 0) : data)],
      received: [0, 0, 0, 0, ...stall, ...(isRead ? data : data.map(() => 1))],
    };
  };
  const write = (register: number, ...data: number[]): Frame => frame(false, register, data);
  const status = (bits: number, burst = BURST): Frame => frame(true, STS, [bits, burst, 0, 4]);

  yield write(ACCESS, 0x02);
  yield frame(true, ACCESS, [0xa0]);
  for (let i = 0; ; i++) {
    const [command, response] = i % 8 === 7 ? hash(bytes) : random(bytes);
    yield write(STS, 0x40);
    yield status(0xc0);
    for (let at = 0; at < command.length; at += BURST) {
      yield write(FIFO, ...command.slice(at, at + BURST));
      yield status(at + BURST < command.length ? 0xc8 : 0xc0);
    }
    yield write(STS, 0x20);
    yield status(0xc0);
    for (let at = 0; at < response.length; at += BURST) {
      yield status(0xd0, Math.min(BURST, response.length - at));
      yield frame(true, FIFO, response.slice(at, at + BURST));
    }
    yield status(0x80);
    yield write(STS, 0x40);
  }
}
