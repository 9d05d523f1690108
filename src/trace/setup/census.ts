import type { TraceSink, WireFrame } from '../events.ts';
import { NOTHING } from '../events.ts';
import { LineCensus } from './lines.ts';

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
  /** Frames with data of which every byte was answered with FF, or with 00, or with what was sent. */
  allOnes = 0;
  allZeros = 0;
  echoes = 0;
  /** Frames whose header was answered with anything but 00, 01 and FF. */
  noisyHeaders = 0;
  /** Frames whose answer is that of a chip with each bit inverted: FF in the header, FE for ready. [CHIP 1.3] */
  invertedAnswers = 0;
  /** INT_AP_L and TPM_RST_L beside the frames. */
  readonly lines = new LineCensus();
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
    return 2 * this.#short > this.frames && this.firstBytes.includes(0xd4);
  }

  /** Counts the events that matter here, and ignores the others. */
  readonly sink: TraceSink = {
    ...NOTHING,
    frame: (frame) => {
      this.#frame(frame);
    },
    select: () => {
      this.selects++;
    },
    edge: (line, isAsserted, at) => {
      this.lines.edge(line, isAsserted, at);
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
    return 2 * toTpm < frames || frames === 0 || 2 * Math.max(...odd) > frames || 10 * broken > frames;
  }

  #frame(frame: WireFrame): void {
    const { sent, received, ending, spareClocks = 0, hasGlitch } = frame;
    if (ending === 'cut') {
      this.cut++;
      return;
    }
    this.frames++;
    if (this.firstBytes.length < FIRST_BYTES && sent.length > 0) this.firstBytes.push(sent[0]!);
    if (sent.length < 3) this.#short++;
    if (spareClocks > 0 || hasGlitch === true) this.broken++;
    const isMute = isAll(received, 0xff) || isAll(received, 0);
    this.lines.frame(!isMute, frame);
    if (sent.length < 4) return;
    this.#address(sent[1]!, sent[2]!);
    if (received[1] !== 0 && received[1] !== 1 && received[1] !== 0xff) this.noisyHeaders++;
    if (sent.length < 6) return;
    if (isAll(received, 0xff)) this.allOnes++;
    else if (isAll(received, 0)) this.allZeros++;
    else if (received.every((byte, i) => byte === sent[i])) this.echoes++;
    else if (isInverted(received)) this.invertedAnswers++;
  }

  /** The second and the third byte of a header: d4, then a locality from 0 to 4 and four bits of the register. */
  #address(chip: number, locality: number): void {
    if (chip === 0xd4) this.toTpm++;
    if (chip !== D4_TURNED) return;
    if (turned(locality) >> 4 <= LAST_LOCALITY) this.toTpmTurned++;
    if ((~locality & 0xff) >> 4 <= LAST_LOCALITY) this.toTpmInverted++;
  }
}

/** d4 with its least significant bit first, and also with each bit inverted. */
const D4_TURNED = 0x2b;
const LAST_LOCALITY = 4;

/** A byte with its bits the other way round. */
function turned(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 1) result |= 0x80 >> bit;
  return result;
}

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
