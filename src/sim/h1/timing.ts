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

/** A latency of the chip. */
export type LatencyName =
  | 'header'
  | 'pulse delay'
  /** From CS rise to a pulse that comes before the chip has handled the frame. */
  | 'early pulse delay'
  | 'pulse width'
  | 'task'
  | 'command'
  | 'commit'
  | 'flush'
  | 'block'
  | 'erase'
  | 'wake'
  | 'reset'
  | 'boot';

/** The shortest and the longest that a latency may be. */
export interface Band {
  readonly least: Duration;
  readonly most: Duration;
}

/**
 * Chooses a latency within its band. `drawn` draws the one that the chip would have by chance; it is to be called once for
 * each latency, or never.
 */
export type ChooseLatency = (name: LatencyName, band: Band, drawn: () => Duration) => Duration;

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
  readonly #streams: Readonly<Record<LatencyName, Random>>;
  readonly #readWait: number | undefined;
  readonly #writeWait: number | undefined;

  constructor(
    random: Random,
    private readonly pinned: TimingOptions,
    private readonly traits: { readonly hasShortPulses: boolean },
    /** In the place of chance. */
    private readonly choose?: ChooseLatency,
  ) {
    const task = random.fork('command');
    const slow = random.fork('start');
    const pulse = random.fork('pulse');
    this.#streams = {
      header: random.fork('header'),
      'pulse delay': pulse,
      'early pulse delay': pulse,
      'pulse width': random.fork('pulse width'),
      task,
      command: task,
      commit: task,
      flush: task,
      block: task,
      erase: task,
      wake: slow,
      reset: slow,
      boot: slow,
    };
    const { waitBytes } = pinned;
    this.#readWait = typeof waitBytes === 'object' ? waitBytes.read : waitBytes;
    this.#writeWait = typeof waitBytes === 'object' ? waitBytes.write : waitBytes;
  }

  /** Pinned number of wait bytes; undefined when time decides. */
  waitBytes(isRead: boolean): number | undefined {
    return isRead ? this.#readWait : this.#writeWait;
  }

  headerLatency(isRead: boolean): Duration {
    return this.#latency('header', HEADER_LATENCY[isRead ? 'read' : 'write'], this.pinned.headerLatency);
  }

  pulseDelay(kind: FrameKind, isEarly: boolean): Duration {
    return this.#latency(
      isEarly ? 'early pulse delay' : 'pulse delay',
      PULSE_DELAY[kind],
      this.pinned.pulseDelay,
    );
  }

  pulseWidth(): Duration {
    const spread = this.traits.hasShortPulses ? SHORT_PULSE_WIDTH : PULSE_WIDTH;
    return this.#latency('pulse width', spread, this.pinned.pulseWidth);
  }

  taskLatency(): Duration {
    return this.#latency('task', TASK_LATENCY, this.pinned.taskLatency);
  }

  commandTime(code: number, isVendor: boolean): Duration {
    const spread = isVendor ? VENDOR_COMMAND_TIME : (COMMAND_TIME[code] ?? OTHER_COMMAND_TIME);
    return this.#latency('command', spread, this.pinned.commandTime);
  }

  /** A pinned command time is the whole of it: a commit then takes none. */
  commitTime(): Duration {
    return this.#partOfCommand('commit', COMMIT_TIME);
  }

  flushTime(): Duration {
    return this.#partOfCommand('flush', FLUSH_TIME);
  }

  /** One block of an image. A pinned command time is the whole of it, as for commits. */
  blockTime(): Duration {
    return this.#partOfCommand('block', BLOCK_TIME);
  }

  /** One section of flash. */
  eraseTime(): Duration {
    return this.#partOfCommand('erase', ERASE_TIME);
  }

  wakeLatency(): Duration {
    return this.#latency('wake', WAKE_LATENCY, this.pinned.wakeLatency);
  }

  resetTime(): Duration {
    return this.#latency('reset', RESET_TIME, this.pinned.resetTime);
  }

  bootTime(): Duration {
    return this.#latency('boot', BOOT_TIME, this.pinned.bootTime);
  }

  #partOfCommand(name: LatencyName, spread: Spread): Duration {
    return this.#latency(name, spread, this.pinned.commandTime === undefined ? undefined : ZERO);
  }

  #latency(name: LatencyName, spread: Spread, pinned: Duration | undefined): Duration {
    const drawn = (): Duration => pinned ?? draw(this.#streams[name], spread);
    if (this.choose === undefined) return drawn();
    return this.choose(name, { least: pinned ?? spread[0]!.at, most: pinned ?? spread.at(-1)!.at }, drawn);
  }
}
