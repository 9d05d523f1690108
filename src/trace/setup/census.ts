import type { TraceSink, WireFrame } from '../events.ts';
import { NOTHING } from '../events.ts';
import { LineCensus } from './lines.ts';
import type { Look } from './unsteady.ts';
import { UnsteadyCensus } from './unsteady.ts';

/** What the frames of a capture look like, counted while they pass: enough to see that something is not connected right. */
export class FrameCensus {
  /** Frames that the capture has from their begin to their end. */
  frames = 0;
  /** Of these, those whose header addresses a TPM: d4 in its second byte. [CHIP 1.2] */
  toTpm = 0;
  /** Those that do when their bits are read the other way round. */
  toTpmTurned = 0;
  /** Those that do when their bits are inverted. */
  toTpmInverted = 0;
  /** Those that do when their bits are read the other way round and inverted: d4 is d4 again. */
  toTpmBoth = 0;
  /** Those that address none, begin with a command of a flash chip, and are answered by no TPM. */
  toFlash = 0;
  /** Frames with data of which every byte was answered with FF, or with 00, or with what was sent. */
  allOnes = 0;
  allZeros = 0;
  echoes = 0;
  /** Frames whose header was answered with noise, frames that hold FF there, and frames whose first other byte than 00 is not 01. */
  noisyHeaders = 0;
  onesHeaders = 0;
  strangeReadies = 0;
  /** Frames whose answer is that of a chip with each bit inverted: FF in the header, FE for ready. [CHIP 1.3] */
  invertedAnswers = 0;
  /** INT_AP_L and TPM_RST_L beside the frames. */
  readonly lines = new LineCensus();
  /** What comes and goes. */
  readonly unsteady = new UnsteadyCensus();
  /** Frames whose clocks make no whole bytes, or are far too short. */
  broken = 0;
  /** CS assertions without a clock, and frames that began before the capture or end behind it. */
  selects = 0;
  cut = 0;
  /** The first byte sent of the first few frames. */
  readonly firstBytes: number[] = [];

  #short = 0;

  /** CS rises after each word of a header: the host does it, and the capture is right. */
  get isSplit(): boolean {
    const { frames, broken, firstBytes } = this;
    return 2 * this.#short > frames && firstBytes.includes(0xd4) && 4 * broken < frames;
  }

  /** Counts the events that matter here, and ignores the others. */
  readonly sink: TraceSink = {
    ...NOTHING,
    frame: (frame) => {
      this.#frame(frame);
    },
    select: (fall, rise) => {
      this.selects++;
      this.unsteady.select(fall, rise);
    },
    edge: (line, isAsserted, at) => {
      this.lines.edge(line, isAsserted, at);
      this.unsteady.edge(line, isAsserted, at);
    },
    unseen: (line) => {
      this.lines.unseen(line);
    },
  };

  /**
   * Whether something is wrong: hardly any frame addresses a TPM, MISO never changes, or many frames are no whole
   * bytes.
   */
  get isSuspicious(): boolean {
    const { frames, toTpm, broken } = this;
    const odd = [this.allOnes, this.allZeros, this.echoes, this.noisyHeaders, this.invertedAnswers];
    const isOdd = 2 * Math.max(...odd) > frames || this.isMisoAtRandom;
    return 2 * toTpm < frames || frames === 0 || isOdd || 10 * broken > frames;
  }

  /** Most frames are answered as no TPM does, in several ways: a chip of another maker has one way of its own. [CHIP 1.3] */
  get isMisoAtRandom(): boolean {
    const ways = [this.allZeros, this.noisyHeaders, this.onesHeaders, this.strangeReadies];
    const often = ways.filter((count) => 20 * count >= this.frames).length;
    return often > 1 && 2 * ways.reduce((a, b) => a + b) > this.frames;
  }

  #frame(frame: WireFrame): void {
    const { sent, received, ending, spareClocks = 0, hasGlitch } = frame;
    if (ending === 'cut') {
      this.cut++;
      this.unsteady.cut(frame);
      return;
    }
    this.frames++;
    if (this.firstBytes.length < FIRST_BYTES && sent.length > 0) this.firstBytes.push(sent[0]!);
    if (sent.length < 3) this.#short++;
    if (spareClocks > 0 || hasGlitch === true) this.broken++;
    const isMute = isAll(received, 0xff) || isAll(received, 0);
    this.lines.frame(!isMute, frame);
    const before = this.toTpm;
    if (sent.length >= HEADER) this.#address(sent[1]!, sent[2]!);
    this.unsteady.frame(frame, sent.length < HEADER || this.toTpm > before, lookOf(frame));
    if (sent.length < HEADER) return;
    if (sent[1] !== 0xd4 && FLASH_COMMANDS.includes(sent[0]!) && readyOf(received) !== 1) this.toFlash++;
    const isNoise = !isSteady(received[1]!, received[2]!);
    if (isNoise) this.noisyHeaders++;
    if (sent.length < 6) return;
    if (!isNoise) this.#answer(received);
    if (isAll(received, 0xff)) this.allOnes++;
    else if (isAll(received, 0)) this.allZeros++;
    else if (received.every((byte, i) => byte === sent[i])) this.echoes++;
    else if (isInverted(received)) this.invertedAnswers++;
  }

  /** The header is held at one level; behind it a TPM says 00 until it says 01. */
  #answer(received: Uint8Array): void {
    const ready = readyOf(received);
    if (received[1] === 0xff && received[3] === 0xff) this.onesHeaders++;
    else if (ready !== undefined && ready !== 1) this.strangeReadies++;
  }

  /** The second and the third byte of a header: d4, then a locality from 0 to 4 and four bits of the register. */
  #address(chip: number, locality: number): void {
    if (chip === 0xd4) {
      if (locality >> 4 <= LAST_LOCALITY) this.toTpm++;
      else if ((~turned(locality) & 0xff) >> 4 <= LAST_LOCALITY) this.toTpmBoth++;
    }
    if (chip !== D4_TURNED) return;
    if (turned(locality) >> 4 <= LAST_LOCALITY) this.toTpmTurned++;
    if ((~locality & 0xff) >> 4 <= LAST_LOCALITY) this.toTpmInverted++;
  }
}

/** How no chip answers; a frame without data says nothing. */
function lookOf({ sent, received }: WireFrame): Look {
  if (sent.length < HEADER + 2) return undefined;
  if (isAll(received, 0xff) || isAll(received, 0)) return 'mute';
  if (isInverted(received)) return 'inverted';
  if (received.every((byte, i) => byte === sent[i])) return 'echo';
  return isSteady(received[1]!, received[2]!) ? undefined : 'noise';
}

/** First bytes of a frame that is for a flash chip: reads, status, identification, write enable. */
export const FLASH_COMMANDS = [
  0x03, 0x0b, 0x3b, 0x6b, 0xbb, 0xeb, 0x05, 0x9f, 0x5a, 0x06, 0x02, 0xab, 0x13, 0x0c,
];

/** Bytes of a header. [CHIP 1.2] */
const HEADER = 4;

/** d4 with its least significant bit first, and also with each bit inverted. */
const D4_TURNED = 0x2b;
const LAST_LOCALITY = 4;

/** A byte with its bits the other way round. */
function turned(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 1) result |= 0x80 >> bit;
  return result;
}

/** What a chip says first, behind its header or in the last byte of it; undefined when that is nothing. */
const readyOf = (received: Uint8Array): number | undefined =>
  received.find((byte, i) => i >= HEADER - 1 && byte !== 0);

/** Two bytes of a header's answer that a line holds at one level, or with its lowest bit set. */
const isSteady = (a: number, b: number): boolean => a === b && (a === 0 || a === 1 || a === 0xff);

/** Whether FF stands in the header, and the first other byte is FE. */
function isInverted(received: Uint8Array): boolean {
  const first = received.findIndex((byte) => byte !== 0xff);
  return first >= 3 && received[first] === 0xfe;
}

/** Enough for a header of which each byte is a frame. */
const FIRST_BYTES = 8;

function isAll(bytes: Uint8Array, value: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== value) return false;
  return true;
}
