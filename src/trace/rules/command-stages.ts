import { ACCESS, STS, TPM_ACCESS, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import type { TraceListener } from '../decode/decoder.ts';

/** Where the command is, as far as the wire tells. The chip's own table is [CHIP 4.3]. */
export type Stage = 'unknown' | 'idle' | 'ready' | 'reception' | 'execution' | 'completion';

/** What burstCount never exceeds, and what it is while the chip can take a whole burst. [CHIP 4.3] */
export const FULL_BURST = 63;

/** A whole access that the chip heeds, to a register of any locality, whose answer is valid. */
export const isUsable = (access: Access): boolean =>
  access.dataLength > 0 &&
  access.isWhole &&
  access.isHeeded &&
  !(access.direction === 'read' && access.answersOnes);

/** Whether an access is a read of TPM_STS that can be relied on. */
export const isStatusRead = (access: Access): boolean =>
  access.offset === TPM_STS && access.direction === 'read' && isUsable(access);

/** Reads the burstCount from whichever bytes of TPM_STS a host reads: together, or one after the other. */
export class BurstReader {
  #low = NaN;

  /** NaN when the access says nothing of it. */
  see(access: Access): number {
    if (access.direction !== 'read' || !isUsable(access)) return NaN;
    const low = access.byteAt(TPM_STS + 1);
    if (!Number.isNaN(low)) this.#low = low;
    const burst = this.#low + 256 * access.byteAt(TPM_STS + 2);
    if (!Number.isNaN(burst)) this.#low = NaN;
    return burst;
  }
}

/** tpmGo of a command whose bytes the chip ignored. */
export const GO_AFTER_IGNORED =
  'tpmGo, after TPM_DATA_FIFO was written without commandReady seen and the chip ignored it,';

/** What a follower of commands is told. */
export interface StageListener {
  readonly misplaced?: (access: Access, what: string, stage: Stage) => void;
  readonly inPlace?: () => void;
  /** TPM_STS was read in reception: `isComplete` when all bytes of the command are in. */
  readonly expect?: (access: Access, isSet: boolean, isComplete: boolean) => void;
  /** tpmGo was written in reception; `missing` bytes of the command had not come, Infinity of them before its header was whole. */
  readonly go?: (access: Access, missing: number) => void;
  /** TPM_STS was read where no response can be waiting. */
  readonly data?: (access: Access, hasData: boolean, stage: Stage) => void;
  /** burstCount was read where it is known: `wanted`. */
  readonly burst?: (access: Access, seen: number, wanted: number, stage: Stage) => void;
  /** TPM_STS was read where it is known whether commandReady is set. */
  readonly ready?: (access: Access, isSet: boolean, stage: Stage) => void;
  /** TPM_STS was read after a TPM reset, before any command was begun. */
  readonly afterReset?: (access: Access) => void;
}

/** Follows a command through its stages and tells what does not fit. */
export class CommandStages {
  #stage: Stage = 'unknown';
  /** commandReady was written while the stage was unknown. It leads to idle or to ready. */
  #isAsked = false;
  /** commandReady was written since the trace began. Before that, the host may be in the middle of a command. */
  #hasAsked = false;
  /** The chip ignored bytes in TPM_DATA_FIFO: the host wrote them without waiting for commandReady. */
  #isIgnored = false;
  #received = 0;
  readonly #burst = new BurstReader();
  #size = Infinity;
  readonly #header = new Uint8Array(6);
  /** Number of bytes of the response that are left in the FIFO; NaN while unknown. */
  #left = NaN;
  /**
   * The host read the FIFO when there was no response. That moves burstCount, which tells nothing until the next
   * command. [CHIP 4.3]
   */
  #isBurstMoved = false;
  #isFresh = false;
  /** A test has used registers itself. The stage is unknown until the driver asks for a command. */
  #isMeddled = false;
  /** The host left a command that ran, or may have run. Its response may still come at any stage. [CHIP 4.3] */
  #isForsaken = false;
  /** Nothing was left that may still complete, and then make commandReady lead elsewhere: nothing since the last reset. */
  #isSure = false;

  constructor(private readonly told: StageListener) {}

  get listener(): TraceListener {
    return {
      access: (access) => {
        this.#see(access);
      },
      reset: (isAsserted) => {
        this.#lose(!isAsserted);
      },
      power: () => {
        this.#lose(false);
      },
    };
  }

  #lose(isFresh: boolean): void {
    this.#enter('idle');
    this.#isBurstMoved = false;
    this.#isForsaken = false;
    this.#isSure = true;
    this.#isMeddled = false;
    this.#isFresh = isFresh;
  }

  #see(access: Access): void {
    if (!isUsable(access)) {
      this.#stumble(access);
      return;
    }
    const isWrite = access.direction === 'write';
    if (access.maker !== 'driver') this.#isMeddled = true;
    else if (isWrite && access.offset === TPM_STS && access.value === STS.commandReady)
      this.#isMeddled = false;
    if (access.isFifo) {
      if (isWrite) this.#fifoWrite(access);
      else this.#fifoRead(access);
    } else if (access.offset === TPM_STS) {
      if (isWrite) this.#statusWrite(access);
      else this.#statusRead(access);
    } else if (access.offset === TPM_ACCESS && isWrite && access.value === ACCESS.activeLocality)
      this.#enter('idle');
  }

  /** A frame that is not whole may have done everything, a part or nothing, so the stage is unknown again. */
  #stumble({ isFifo, isHeeded, offset, direction, dataLength, answersOnes }: Access): void {
    if (!isHeeded || answersOnes || !(isFifo || offset === TPM_STS || offset === TPM_ACCESS)) return;
    if (direction === 'read' && dataLength === 0 && !isFifo) return;
    this.#enter('unknown');
    this.#isAsked = false;
    this.#isFresh = false;
  }

  #enter(stage: Stage): void {
    const mayRun = this.#stage === 'execution' || this.#stage === 'unknown';
    if (mayRun && stage !== 'completion') {
      this.#isForsaken = true;
      this.#isSure = false;
    }
    this.#stage = stage;
    this.#left = NaN;
    if (stage !== 'reception') {
      this.#received = 0;
      this.#size = Infinity;
    }
  }

  #expectStage(access: Access, what: string, ...allowed: readonly Stage[]): void {
    if (this.#isMeddled || this.#stage === 'unknown' || allowed.includes(this.#stage)) this.told.inPlace?.();
    else this.told.misplaced?.(access, what, this.#stage);
  }

  #fifoWrite(access: Access): void {
    this.#isFresh = false;
    this.#expectStage(access, 'TPM_DATA_FIFO written', 'ready', 'reception');
    if (this.#stage === 'ready') this.#enter('reception');
    if (this.#stage !== 'reception' && !(this.#stage === 'unknown' && this.#isAsked)) return;
    if (this.#received < 6) this.#header.set(access.data.subarray(0, 6 - this.#received), this.#received);
    this.#received += access.dataLength;
    if (this.#received >= 6) this.#size = new DataView(this.#header.buffer).getUint32(2);
  }

  #fifoRead(access: Access): void {
    this.#expectStage(access, 'TPM_DATA_FIFO read', 'completion');
    if (this.#stage === 'completion') this.#left = Math.max(0, this.#left - access.dataLength);
    else this.#isBurstMoved = true;
  }

  #statusWrite(access: Access): void {
    this.#isFresh = false;
    if (access.value === STS.commandReady) {
      this.#isAsked = true;
      this.#hasAsked = true;
      this.#isIgnored = false;
      this.#isBurstMoved = false;
      this.#enter(afterCommandReady(this.#stage, access.isForeign));
    } else if (access.value === STS.tpmGo) {
      this.#expectStage(access, this.#isIgnored ? GO_AFTER_IGNORED : 'tpmGo', 'reception');
      if (this.#stage === 'unknown') {
        // Whether the command runs now, the status does not tell: it shows commandReady all along. [CHIP 4.3]
        this.#enter('unknown');
        this.#isAsked = false;
      }
      if (this.#stage !== 'reception') return;
      if (!this.#isMeddled) this.told.go?.(access, this.#size - this.#received);
      this.#enter('execution');
    } else if (access.value === STS.responseRetry) this.#left = NaN;
  }

  #statusRead(access: Access): void {
    if (this.#isFresh) this.told.afterReset?.(access);
    const isSet = (access.value & STS.expect) !== 0;
    const hasData = (access.value & STS.dataAvail) !== 0;
    if (this.#stage === 'reception') this.told.expect?.(access, isSet, this.#received >= this.#size);
    if (this.#stage === 'execution' && hasData) this.#enter('completion');
    else if (this.#stage === 'unknown') this.#learn(access.value & 0xff, access.isForeign);
    else if (this.#stage !== 'completion' && this.#stage !== 'execution') this.#judgeData(access, hasData);
    this.#judgeReady(access);
    this.#judgeBurst(access, hasData);
  }

  /** A read of the FIFO without a response clears commandReady, and so does its end. [CHIP 4.3] */
  #judgeReady(access: Access): void {
    if (this.#isBurstMoved || access.isForeign || this.#isFresh || this.#stage === 'unknown') return;
    const isSet = (access.value & STS.commandReady) !== 0;
    // A response read to its end leaves it clear, and one that came after an abort comes without it.
    if (this.#stage !== 'completion' && this.#isSure) this.told.ready?.(access, isSet, this.#stage);
  }

  /** A response that nobody waits for: only a command that was left while it ran may bring one. */
  #judgeData(access: Access, hasData: boolean): void {
    if (hasData && this.#isForsaken) this.#enter('unknown');
    else this.told.data?.(access, hasData, this.#stage);
  }

  /** Where the command is, by a status byte and by what the host wrote before it. */
  #learn(status: number, isForeign: boolean): void {
    const isReady = (status & STS.commandReady) !== 0;
    const hasWritten = this.#received > 0;
    if (hasWritten && (isReady || (status & STS.expect) !== 0)) this.#stage = 'reception';
    else if (status === STS.stsValid && this.#hasAsked && !isForeign) {
      // The bytes were written before the chip was ready for them.
      this.#isIgnored = hasWritten;
      this.#enter('idle');
    } else if (this.#isAsked && status === (STS.stsValid | STS.commandReady)) this.#enter('ready');
  }

  /** In completion the first burstCount below the full one tells how much is left, and every later one has to fit. */
  #judgeBurst(access: Access, hasData: boolean): void {
    const seen = this.#burst.see(access);
    const stage = this.#stage;
    if (Number.isNaN(seen) || stage === 'unknown' || this.#isBurstMoved || access.isForeign) return;
    if (stage !== 'completion') this.told.burst?.(access, seen, FULL_BURST, stage);
    else if (!Number.isNaN(this.#left) && hasData)
      this.told.burst?.(access, seen, Math.min(this.#left, FULL_BURST), stage);
    else if (seen < FULL_BURST) this.#left = seen;
  }
}

/** Where a write of commandReady leads: to ready from idle and ready, to idle from everywhere else. [CHIP 4.3] */
function afterCommandReady(stage: Stage, isForeign: boolean): Stage {
  // Only of the H1 it is known where commandReady leads from every stage.
  if (stage === 'unknown' || isForeign) return 'unknown';
  return stage === 'idle' || stage === 'ready' ? 'ready' : 'idle';
}

/** A listener that tells at which stage a command is. */
export const stages = (told: StageListener): TraceListener => new CommandStages(told).listener;
