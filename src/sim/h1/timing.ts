import type { Duration } from '../../units/index.ts';
import { ms, us, ZERO } from '../../units/index.ts';
import type { Random } from '../random.ts';

/** Timing that is pinned instead of drawn. */
export interface TimingOptions {
  /** Exactly this many wait bytes between header and ready byte, for every frame or for each direction. */
  readonly waitBytes?: number | { readonly read: number; readonly write: number };
  /** From the end of the header until firmware has handled it. */
  readonly headerLatency?: Duration;
  /** From CS deasserted until the frame is handled and the ready pulse begins. */
  readonly pulseDelay?: Duration;
  /** Width of a short ready pulse. */
  readonly pulseWidth?: Duration;
  /** From tpmGo until the TPM task fetches the command. */
  readonly taskLatency?: Duration;
  /** From the fetch of a command until its response is there. */
  readonly commandTime?: Duration;
  /** From the waking CS edge until the chip listens. */
  readonly wakeLatency?: Duration;
  /** From the rising edge of TPM_RST_L until the interface runs again. */
  readonly resetTime?: Duration;
  /** From power, or the end of deep sleep, until the firmware is up. */
  readonly bootTime?: Duration;
}

/** Points of a cumulative distribution, in rising order, joined by straight lines: at most `at` in `share` of cases. */
export type Spread = readonly { readonly share: number; readonly at: Duration }[];

const between = (from: Duration, to: Duration): Spread => [
  { share: 0, at: from },
  { share: 1, at: to },
];

/** Kinds of frames whose end takes differently long to handle. */
export type FrameKind = 'register-read' | 'fifo-read' | 'access-write' | 'sts-write' | 'fifo-write' | 'empty';

/**
 * From the end of the header to the moment firmware has handled it. Drawn so that a host at 1 MHz with 5 us between
 * polled bytes sees the captured counts: of 316 reads 173 with 4 wait states (the ready byte included), 103 with 5,
 * range 2 to 13; of 66 writes 55 with 3, the others 2 and 4. [CHIP 1.4]
 */
const HEADER_LATENCY: Readonly<Record<'read' | 'write', Spread>> = {
  read: [
    { share: 0, at: us(14) },
    { share: 0.03, at: us(31) },
    { share: 0.58, at: us(44) },
    { share: 0.91, at: us(57) },
    { share: 0.985, at: us(90) },
    { share: 1, at: us(160) },
  ],
  write: [
    { share: 0, at: us(12) },
    { share: 0.08, at: us(18) },
    { share: 0.91, at: us(31) },
    { share: 1, at: us(44) },
  ],
};

/** From CS deasserted to INT_AP_L asserted: medians and range of the capture. [CHIP 3] An empty one is ours. */
const PULSE_DELAY: Readonly<Record<FrameKind, Spread>> = {
  'register-read': [
    { share: 0, at: us(25) },
    { share: 0.5, at: us(42) },
    { share: 1, at: us(75) },
  ],
  'fifo-read': [
    { share: 0, at: us(29) },
    { share: 0.5, at: us(34) },
    { share: 1, at: us(74) },
  ],
  'access-write': [
    { share: 0, at: us(53) },
    { share: 0.5, at: us(61) },
    { share: 1, at: us(78) },
  ],
  'sts-write': [
    { share: 0, at: us(62) },
    { share: 0.5, at: us(89) },
    { share: 1, at: us(100) },
  ],
  'fifo-write': [
    { share: 0, at: us(60) },
    { share: 0.5, at: us(110) },
    { share: 1, at: us(146) },
  ],
  empty: between(us(10), us(25)),
};

/** 6.7 to 12.1 us, median 9.3. [CHIP 3] */
const PULSE_WIDTH: Spread = [
  { share: 0, at: us(6.7) },
  { share: 0.5, at: us(9.3) },
  { share: 1, at: us(12.1) },
];

/** Before 0.3.25: "4+ us". [CHIP 3] */
const SHORT_PULSE_WIDTH: Spread = between(us(4), us(4.9));

/** From tpmGo to the fetch: a task switch. No source; ours. */
const TASK_LATENCY: Spread = between(us(15), us(40));

/**
 * At most 150 us. [CHIP 2] Hosts that wait 100 us after a 1 us pulse work in the field, so the chip wakes faster than
 * that as a rule; the lower end is ours. Pin it to see the worst case.
 */
const WAKE_LATENCY: Spread = between(us(40), us(100));

/** [CHIP 6] 2.5 to 4.3 ms. */
const RESET_TIME: Spread = between(ms(2.5), ms(4.3));

/** Firmware start to TPM start 18.7 ms in 2017, and 40 ms of self tests later; boot ROM and RO are our estimate. [CHIP 6] */
const BOOT_TIME: Spread = between(ms(60), ms(80));

/**
 * From the fetch of a command to its response, a commit to flash left out. [CHIP 8], upper bounds there since the hosts
 * poll.
 */
const COMMAND_TIME: Readonly<Record<number, Spread>> = {
  0x121: between(ms(2), ms(2.4)), // HierarchyControl
  0x137: between(ms(2), ms(3.3)), // NV_Write
  0x138: between(ms(2), ms(3.2)), // NV_WriteLock
  0x144: between(ms(28.9), ms(30.1)), // Startup
  0x145: between(ms(1), ms(1.6)), // Shutdown
  0x14e: between(ms(2), ms(4.5)), // NV_Read
  0x182: between(ms(2.1), ms(3.3)), // PCR_Extend
};

/** Every other command; no source. */
const OTHER_COMMAND_TIME: Spread = between(ms(1), ms(3));

/** TURN_UPDATE_ON took 1.0 ms. [CHIP 8] */
const VENDOR_COMMAND_TIME: Spread = between(ms(0.7), ms(1));

/** What a command that writes non-volatile memory takes longer: NV_Write 38.3 ms, NV_WriteLock 38.2 ms. [CHIP 8] */
const COMMIT_TIME: Spread = between(ms(33.5), ms(35));

/** What was held back since a TPM reset, written at once: COMMIT_NVMEM took 43.1 ms. [CHIP 8] */
const FLUSH_TIME: Spread = between(ms(40.9), ms(42.1));

/**
 * An update of a whole image, 240 blocks, takes 10.8 s and more; about half of it is spent on the bus. [CHIP 3, 8] How
 * the rest splits into erasing and writing is ours.
 */
const BLOCK_TIME: Spread = between(ms(20), ms(28));
const ERASE_TIME: Spread = between(ms(350), ms(400));

function draw(random: Random, spread: Spread): Duration {
  const share = random.next();
  let low = spread[0]!;
  for (let i = 1; i < spread.length; i++) {
    const high = spread[i]!;
    if (share < high.share) {
      const part = (share - low.share) / (high.share - low.share);
      return Math.round(low.at + part * (high.at - low.at)) as Duration;
    }
    low = high;
  }
  return low.at;
}

/** Every latency of the chip: drawn from what was measured, each kind from a stream of its own, unless it is pinned. */
export class Timing {
  readonly #header: Random;
  readonly #pulse: Random;
  readonly #width: Random;
  readonly #task: Random;
  readonly #slow: Random;
  readonly #readWait: number | undefined;
  readonly #writeWait: number | undefined;

  constructor(
    random: Random,
    private readonly pinned: TimingOptions,
    private readonly traits: { readonly hasShortPulses: boolean },
  ) {
    this.#header = random.fork('header');
    this.#pulse = random.fork('pulse');
    this.#width = random.fork('pulse width');
    this.#task = random.fork('command');
    this.#slow = random.fork('start');
    const { waitBytes } = pinned;
    this.#readWait = typeof waitBytes === 'object' ? waitBytes.read : waitBytes;
    this.#writeWait = typeof waitBytes === 'object' ? waitBytes.write : waitBytes;
  }

  /** Pinned number of wait bytes; undefined when time decides. */
  waitBytes(isRead: boolean): number | undefined {
    return isRead ? this.#readWait : this.#writeWait;
  }

  headerLatency(isRead: boolean): Duration {
    return this.pinned.headerLatency ?? draw(this.#header, HEADER_LATENCY[isRead ? 'read' : 'write']);
  }

  pulseDelay(kind: FrameKind): Duration {
    return this.pinned.pulseDelay ?? draw(this.#pulse, PULSE_DELAY[kind]);
  }

  pulseWidth(): Duration {
    const spread = this.traits.hasShortPulses ? SHORT_PULSE_WIDTH : PULSE_WIDTH;
    return this.pinned.pulseWidth ?? draw(this.#width, spread);
  }

  taskLatency(): Duration {
    return this.pinned.taskLatency ?? draw(this.#task, TASK_LATENCY);
  }

  commandTime(code: number, isVendor: boolean): Duration {
    const spread = isVendor ? VENDOR_COMMAND_TIME : (COMMAND_TIME[code] ?? OTHER_COMMAND_TIME);
    return this.pinned.commandTime ?? draw(this.#task, spread);
  }

  /** A pinned command time is the whole of it: a commit then takes none. */
  commitTime(): Duration {
    return this.pinned.commandTime === undefined ? draw(this.#task, COMMIT_TIME) : ZERO;
  }

  flushTime(): Duration {
    return this.pinned.commandTime === undefined ? draw(this.#task, FLUSH_TIME) : ZERO;
  }

  /** One block of an image. A pinned command time is the whole of it, as for commits. */
  blockTime(): Duration {
    return this.pinned.commandTime === undefined ? draw(this.#task, BLOCK_TIME) : ZERO;
  }

  /** One section of flash. */
  eraseTime(): Duration {
    return this.pinned.commandTime === undefined ? draw(this.#task, ERASE_TIME) : ZERO;
  }

  wakeLatency(): Duration {
    return this.pinned.wakeLatency ?? draw(this.#slow, WAKE_LATENCY);
  }

  resetTime(): Duration {
    return this.pinned.resetTime ?? draw(this.#slow, RESET_TIME);
  }

  bootTime(): Duration {
    return this.pinned.bootTime ?? draw(this.#slow, BOOT_TIME);
  }
}
