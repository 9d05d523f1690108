import type { Edge } from '../board/index.ts';
import type { Duration } from '../units/index.ts';
import type { TickRate } from './time/ticks.ts';

/** What binds a driver to its device, and what it is called. [DRIVER 1.10] */
export interface DeviceMatch {
  readonly driver: string;
  readonly modalias: string;
  readonly compatible: string;
}

/** How the host keeps time: in ticks, at this rate unless the driver is told another, or exactly. [DRIVER 0] */
export type TimeRules = { readonly kind: 'ticks'; readonly rate: TickRate } | { readonly kind: 'exact' };

/** How the ready pulse paces the accesses, and how far it is trusted. [DRIVER 1.3] [DRIVER 1.4] */
export interface ReadyRules {
  /** How INT_AP_L is asked for; without it the driver does not look at the line. */
  readonly interrupt?: { readonly edge: Edge };
  /** Pause between accesses while no ready interrupt is trusted. */
  readonly delayWithout: Duration;
  /** Longest wait for the ready pulse once the interrupt is trusted. */
  readonly timeout: Duration;
  /** When the very first access waits as if one had gone before it. */
  readonly pausesBeforeFirstAccess: 'always' | 'without-line' | 'never';
  readonly confirmation: {
    /** Checks without success after which the next one gives up. */
    readonly limit: number;
    /** What the attempt number counts: checks that failed before, or every check, the present one included. */
    readonly counts: 'failures' | 'checks';
    /** Pulses that have to be seen before the interrupt is trusted. */
    readonly proofs: number;
  };
  /** What releases the next access: a count of edges like the kernel's, or only an edge later than the frame's end. */
  readonly evidence: 'counted' | 'after-frame';
  /** When trust is withdrawn; without it, never. */
  readonly distrust?: {
    /** Frames in a row whose pulse never came. */
    readonly missing: number;
    /** Edges beyond one a frame; eight clean frames forgive one. */
    readonly extra: number;
  };
}

/** A pause after the wake pulse: the host's coarse sleep, or a range of which an idle host uses all. */
export type Settle =
  | { readonly kind: 'coarse'; readonly time: Duration }
  | { readonly kind: 'range'; readonly atMost: Duration };

/** When the chip is taken to be asleep and how it is woken. [DRIVER 1.5] */
export interface WakeRules {
  /** The chip counts as awake for this long; 0 wakes it before every frame. */
  readonly awakeFor: Duration;
  /** Where that time begins: at the wake check of the last access, or at its end. */
  readonly since: 'check' | 'end';
  /** How long CS is held asserted, without a clock. */
  readonly pulse: Duration;
  readonly settle: Settle;
  /**
   * A pulse that finds the chip awake does not keep it awake: it may fall asleep before the frame. Where it is known when
   * it does, `at` after the end of the last frame, no pulse begins within `margin` of that moment. [CHIP 2]
   */
  readonly edge?: { readonly at: Duration; readonly margin: Duration };
  /** Whether the bus may be lost to another device between the decision and the frame. */
  readonly decided: 'before-bus-lock' | 'under-bus-lock';
  readonly failure: 'ignored' | 'thrown';
}

/** How one frame is made and how it fails. [DRIVER 1.6] [DRIVER 1.7] */
export interface FrameRules {
  /** Longest wait for the ready bit inside a frame. */
  readonly flowControlLimit: Duration;
  /** The wait ends too after this many wait bytes. */
  readonly maxWaitBytes?: number;
  /** A ready bit in the last byte of the header is believed. [BUGS K-54] */
  readonly readyInHeader: boolean;
  /** A ready bit that comes with the first poll past the limit is thrown away. */
  readonly timeoutBeatsReady: boolean;
  readonly csStaysLowAfterError: boolean;
  /** A read whose data phase failed hands the caller what the buffer held before. */
  readonly copiesStaleData: boolean;
  /** More than 64 bytes: refused, or cut into frames that follow each other without pacing. */
  readonly longAccess: 'refused' | 'split';
  /** CS stays asserted for this long after the data. */
  readonly tailDelay: Duration;
  /** How often a frame that failed in flow control is repeated, where a repetition changes nothing in the chip. */
  readonly repeats: number;
  /** A read may be one call to the host's system, its stall guessed: a wrong guess costs a repetition or a response retry. */
  readonly guessesStall: boolean;
}

/** Time limits of the TIS protocol. [DRIVER 2.2] */
export interface TisTimeouts {
  readonly a: Duration;
  readonly b: Duration;
  readonly cBeforeStartUp: Duration;
  readonly c: Duration;
}

/** How long the core sleeps between two polls of a register; the kernel's ranges at their upper end. [DRIVER 2.2] */
export interface TisPauses {
  readonly locality: Duration;
  readonly status: Duration;
  readonly response: Duration;
}

/** How often a transfer to or from the FIFO is tried, and which errors are worth another try. [DRIVER 2.5] [DRIVER 2.6] */
export interface TransferRetries {
  readonly attempts: number;
  readonly on: readonly number[];
}

/** How a driver works the TIS registers: localities, status, limits and pauses. */
export interface TisRules {
  readonly timeouts: TisTimeouts;
  readonly pauses: TisPauses;
  /** Which bits of TPM_ACCESS have to have which value for the locality to be owned. [DRIVER 2.3] */
  readonly localityCheck: { readonly mask: number; readonly value: number };
  /** A release is followed until the chip shows it. */
  readonly waitsForRelease: boolean;
  /** The locality is claimed once and kept between commands. */
  readonly keepsLocality: boolean;
  /** Bits that make a TPM_STS value invalid; 0 believes every value. [DRIVER 2.4] */
  readonly invalidStatus: number;
  /**
   * How commands go through the FIFO: step by step with single-byte status reads as the Linux kernel does, or with
   * status and burstCount in one read and whole bursts.
   */
  readonly fifo: 'stepwise' | 'burst';
  /** A burstCount above this is cut to it, with a warning. */
  readonly burstLimit?: number | undefined;
  /** commandReady is written this often before the chip has to show it. */
  readonly commandReadyWrites: number;
  readonly send: TransferRetries;
  readonly receive: TransferRetries;
  /** The log line that tells the identity names the vendor too. */
  readonly announcesVendor?: boolean;
  /** How TPM_INT_ENABLE is written at probe. */
  readonly interruptEnable: 'all' | 'offered';
}

/** The steps of a probe, in the order of the profile. [DRIVER 2.7] */
export type ProbeStep =
  | 'identify' // read TPM_DID_VID
  | 'await-valid' // read TPM_ACCESS until its valid bit is set
  | 'mask-interrupts' // read TPM_INT_ENABLE and write it back with the global enable clear
  | 'read-interrupts' // read TPM_INT_ENABLE
  | 'read-capabilities' // read TPM_INTF_CAPABILITY
  | 'write-interrupts' // own the locality and write TPM_INT_ENABLE
  | 'probe-tpm2' // ask for the number of commands: the tag of the answer tells the family
  | 'read-revision' // read TPM_RID
  | 'announce' // log family, device and revision
  | 'itpm-check' // read two bytes of TPM_DID_VID
  | 'register'; // start the TPM up, learn its commands and banks, early randomness

/** The steps of a probe, and which chips it accepts. */
export interface ProbeRules {
  readonly order: readonly ProbeStep[];
  /** A failure of this step ends the probe with its own error and without masking the interrupts. */
  readonly unguarded?: ProbeStep;
  readonly startUpLocality: 'once' | 'each-command';
  /** Chips that are accepted; without it any. `tries` reads, `pause` apart, until one of them answers. */
  readonly identities?: {
    readonly accepted: readonly number[];
    readonly tries: number;
    readonly pause: Duration;
  };
  /** A command table that cannot be read means a chip in field failure mode; the probe goes on without. [DRIVER 3.5] */
  readonly survivesFieldFailure: boolean;
  /** Longest wait for the first locality; timeout A without it. */
  readonly firstLocalityLimit?: Duration;
}

/** Longest time from tpmGo to dataAvail. [DRIVER 3.6] */
export interface DurationRules {
  readonly short: Duration;
  readonly medium: Duration;
  readonly long: Duration;
  readonly veryLong: Duration;
  readonly unknown: Duration;
  readonly verifySignature: 'long' | 'veryLong';
}

/** Suspend and resume, whatever bus the chip is on. [DRIVER 1.12] */
export interface PowerRules {
  /** The shutdown waits for a command in flight. */
  readonly suspendTakesTurn: boolean;
  /** A suspend without a shutdown waits for it as well, and claims and releases the locality. [BUGS L-22] */
  readonly idleTakesTurn: boolean;
  /** When the suspended mark is set: after the shutdown, or before it so that nobody slips in between. */
  readonly marks: 'after-shutdown' | 'before-shutdown';
  /** Where a suspended chip refuses a command: once, right before sending, or before anything reaches the bus. */
  readonly refuses: 'at-send' | 'at-turn';
  /** A platform may declare that its firmware does not look after the TPM. */
  readonly heedsFirmwareManaged: boolean;
  /** Resume claims and releases the locality. */
  readonly resumeClaimsLocality: boolean;
  /** Resume waits for its turn, and forgets the pulse that was awaited before the sleep. */
  readonly resumeStartsAfresh: boolean;
  /** Resume asks the TPM whether it still runs, and starts it up when it does not. */
  readonly resumeVerifies: boolean;
}

/** The random number device. [DRIVER 1.13] */
export interface RngRules {
  /** Bits of entropy in 1024; 0 means that nobody reads in the background. */
  readonly quality: number;
  /** Bytes read when the device is registered; 0 for none. */
  readonly atRegistration: number;
  /** Bytes of one background read. */
  readonly background: number;
}

/** How the firmware version is read. [DRIVER 1.9] */
export interface VersionRules {
  readonly chunk: number;
  readonly limit: number;
  /** Failed reads are not noticed, and what the buffer held is taken for text. */
  readonly ignoresErrors: boolean;
  /** Read as a command is: in turn and with the locality. */
  readonly takesTurn: boolean;
}

/** The timing rules and habits of one host driver, as data. */
export interface Profile {
  readonly name: string;
  readonly summary: string;
  readonly match: DeviceMatch;
  readonly time: TimeRules;
  readonly ready: ReadyRules;
  /** Without it the chip is never woken. */
  readonly wake?: WakeRules;
  readonly frame: FrameRules;
  readonly tis: TisRules;
  readonly probe: ProbeRules;
  readonly durations: DurationRules;
  readonly power: PowerRules;
  readonly rng: RngRules;
  readonly version: VersionRules;
}
