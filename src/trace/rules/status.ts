import { ACCESS, STS, TPM_ACCESS, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { hexOf } from '../decode/meaning.ts';
import type { Rule, Tally } from './rule.ts';

/** A whole access that the chip heeds, to a register of any locality, whose answer is valid. */
const isUsable = (access: Access): boolean =>
  access.dataLength > 0 &&
  access.isWhole &&
  access.isHeeded &&
  !(access.direction === 'read' && access.answersOnes);

const isStatusRead = (access: Access): boolean =>
  access.offset === TPM_STS && access.direction === 'read' && isUsable(access);

/** Reads the burstCount from whichever bytes of TPM_STS a host reads: together, or one after the other. */
class BurstReader {
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

export const BURST_COUNT: Rule = {
  id: 'burst-count',
  binds: 'chip',
  title: 'burstCount is never 0 and never more than 63',
  limit: { least: 1, most: 63 },
  unit: 'count',
  source: '[CHIP 4.3]',
  begin: (tally) => {
    const reader = new BurstReader();
    return {
      access: (access) => {
        const burst = reader.see(access);
        if (!Number.isNaN(burst)) tally.number(access.fall, burst, 'bytes');
      },
    };
  },
};

/** Bits of a status byte that read 0, of which two are written: tpmGo and responseRetry. [DRIVER 2.4] */
const NEVER_READ = STS.tpmGo | STS.responseRetry | 0x01;

export const STATUS_VALID: Rule = {
  id: 'status-valid',
  binds: 'chip',
  title: 'TPM_STS reads with stsValid set, and without the bits that can only be written',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.4]',
  begin: (tally) => ({
    access: (access) => {
      if (!isStatusRead(access)) return;
      if ((access.value & (STS.stsValid | NEVER_READ)) === STS.stsValid) tally.hold();
      else tally.breach(access.fall, () => hexOf(access.data.subarray(0, 1)), '80 with 40, 10, 08 and 04');
    },
  }),
};

export const BURST_RESPECTED: Rule = {
  id: 'burst-respected',
  binds: 'host',
  title: 'No access to TPM_DATA_FIFO moves more bytes than the burstCount that was read before it',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.5] [DRIVER 2.6]',
  begin: (tally) => {
    let burst = NaN;
    const reader = new BurstReader();
    const forget = (): void => {
      burst = NaN;
    };
    return {
      access: (access) => {
        const said = reader.see(access);
        if (!Number.isNaN(said)) burst = said;
        if (!access.isFifo || !isUsable(access) || Number.isNaN(burst)) return;
        const { dataLength, fall } = access;
        if (dataLength <= burst) tally.hold();
        else tally.breach(fall, () => `${dataLength} bytes`, `${burst} bytes, the burstCount`);
      },
      reset: forget,
      power: forget,
    };
  },
};

export const ONE_BIT_WRITES: Rule = {
  id: 'one-bit-writes',
  binds: 'host',
  title: 'A write to TPM_ACCESS or TPM_STS sets exactly one bit: the chip ignores any other',
  limit: { least: 1, most: 1 },
  unit: 'count',
  source: '[CHIP 4.2] [CHIP 4.3]',
  begin: (tally) => ({
    access: (access) => {
      if (access.direction !== 'write' || !isUsable(access)) return;
      if (access.offset !== TPM_STS && access.offset !== TPM_ACCESS) return;
      let bits = 0;
      for (let rest = access.value; rest !== 0; rest &= rest - 1) bits++;
      tally.number(access.fall, bits, 'bits');
    },
  }),
};

/** tpmGo of a command whose bytes the chip ignored. */
const GO_AFTER_IGNORED =
  'tpmGo, after TPM_DATA_FIFO was written without commandReady seen and the chip ignored it,';

/** Where the command is, as far as the wire tells. The chip's own table is [CHIP 4.3]. */
type Stage = 'unknown' | 'idle' | 'ready' | 'reception' | 'execution' | 'completion';

/** Follows a command through its stages and tells what does not fit. */
class CommandStages {
  #stage: Stage = 'unknown';
  /** commandReady was written while the stage was not known: from wherever it leads to idle or to ready. */
  #isAsked = false;
  /** The chip ignored bytes in TPM_DATA_FIFO: they were written without a look at commandReady. */
  #isIgnored = false;
  #received = 0;
  #size = Infinity;
  readonly #header = new Uint8Array(6);

  constructor(
    private readonly told: {
      readonly misplaced?: (access: Access, what: string, stage: Stage) => void;
      readonly inPlace?: () => void;
      /** TPM_STS was read in reception: `isComplete` when all bytes of the command are in. */
      readonly expect?: (access: Access, isSet: boolean, isComplete: boolean) => void;
      /** tpmGo was written in reception, with so many bytes of the command missing; Infinity when its header is. */
      readonly go?: (access: Access, missing: number) => void;
    },
  ) {}

  get listener(): TraceListener {
    const lose = (): void => {
      this.#enter('idle');
    };
    return {
      access: (access) => {
        this.#see(access);
      },
      reset: lose,
      power: lose,
    };
  }

  #see(access: Access): void {
    if (!isUsable(access)) return;
    const isWrite = access.direction === 'write';
    if (access.isFifo) {
      if (isWrite) this.#fifoWrite(access);
      else this.#fifoRead(access);
    } else if (access.offset === TPM_STS) {
      if (isWrite) this.#statusWrite(access);
      else this.#statusRead(access);
    } else if (access.offset === TPM_ACCESS && isWrite && access.value === ACCESS.activeLocality)
      this.#enter('idle');
  }

  #enter(stage: Stage): void {
    this.#stage = stage;
    if (stage !== 'reception') {
      this.#received = 0;
      this.#size = Infinity;
    }
  }

  #expectStage(access: Access, what: string, ...allowed: readonly Stage[]): void {
    if (this.#stage === 'unknown' || allowed.includes(this.#stage)) this.told.inPlace?.();
    else this.told.misplaced?.(access, what, this.#stage);
  }

  #fifoWrite(access: Access): void {
    this.#expectStage(access, 'TPM_DATA_FIFO written', 'ready', 'reception');
    if (this.#stage === 'ready') this.#enter('reception');
    if (this.#stage !== 'reception' && !(this.#stage === 'unknown' && this.#isAsked)) return;
    if (this.#received < 6) this.#header.set(access.data.subarray(0, 6 - this.#received), this.#received);
    this.#received += access.dataLength;
    if (this.#received >= 6) this.#size = new DataView(this.#header.buffer).getUint32(2);
  }

  #fifoRead(access: Access): void {
    this.#expectStage(access, 'TPM_DATA_FIFO read', 'completion');
  }

  #statusWrite(access: Access): void {
    if (access.value === STS.commandReady) {
      this.#isAsked = true;
      this.#isIgnored = false;
      // Only of the H1 it is known where commandReady leads from every stage.
      this.#enter(
        this.#stage === 'unknown' || access.isForeign
          ? 'unknown'
          : this.#stage === 'idle' || this.#stage === 'ready'
            ? 'ready'
            : 'idle',
      );
    } else if (access.value === STS.tpmGo) {
      this.#expectStage(access, this.#isIgnored ? GO_AFTER_IGNORED : 'tpmGo', 'reception');
      if (this.#stage !== 'reception') return;
      this.told.go?.(access, this.#size - this.#received);
      this.#enter('execution');
    }
  }

  #statusRead(access: Access): void {
    const isSet = (access.value & STS.expect) !== 0;
    const hasData = (access.value & STS.dataAvail) !== 0;
    if (this.#stage === 'reception') this.told.expect?.(access, isSet, this.#received >= this.#size);
    else if (this.#stage === 'execution' && hasData) this.#enter('completion');
    else if (this.#stage === 'unknown') this.#learn(access.value % 256, access.isForeign);
  }

  /** Where the command is, by a status byte and by what the host wrote before it. */
  #learn(status: number, isForeign: boolean): void {
    const isReady = (status & STS.commandReady) !== 0;
    const hasWritten = this.#received > 0;
    if (hasWritten && (isReady || (status & STS.expect) !== 0)) this.#stage = 'reception';
    else if (status === STS.stsValid && !isForeign) {
      // The bytes were written before the chip was ready for them.
      this.#isIgnored = hasWritten;
      this.#enter('idle');
    } else if (this.#isAsked && status === (STS.stsValid | STS.commandReady)) this.#enter('ready');
  }
}

const stages = (told: ConstructorParameters<typeof CommandStages>[0]): TraceListener =>
  new CommandStages(told).listener;

export const STATUS_ORDER: Rule = {
  id: 'status-order',
  binds: 'host',
  title: 'commandReady, FIFO writes, tpmGo, dataAvail, FIFO reads: in this order',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.5] [DRIVER 2.6]',
  begin: (tally) =>
    stages({
      misplaced: (access, what, stage) => {
        tally.breach(access.fall, () => `${what} in ${stage}`, ALLOWED[what] ?? 'nothing');
      },
      inPlace: () => {
        tally.hold();
      },
    }),
};

const ALLOWED: Readonly<Record<string, string>> = {
  'TPM_DATA_FIFO written': 'in ready or reception',
  'TPM_DATA_FIFO read': 'in completion',
  tpmGo: 'in reception',
  [GO_AFTER_IGNORED]: 'in reception, which commandReady has to be seen for first',
};

/** Judges the expect bit while a command is, or is not, complete. */
const judgeExpect = (tally: Tally, whenComplete: boolean): TraceListener =>
  stages({
    expect: (access, isSet, isComplete) => {
      if (isComplete !== whenComplete) return;
      if (isSet === !isComplete) tally.hold();
      else tally.breach(access.fall, () => `expect ${isSet ? 'set' : 'clear'}`, isSet ? 'clear' : 'set');
    },
  });

export const EXPECT_SET: Rule = {
  id: 'expect-set',
  binds: 'chip',
  title: 'expect is set while bytes of the command are missing',
  limit: { least: 1 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.5]',
  begin: (tally) => judgeExpect(tally, false),
};

export const EXPECT_CLEAR: Rule = {
  id: 'expect-clear',
  binds: 'chip',
  title: 'expect is clear when the last byte of the command is in',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.5]',
  begin: (tally) => judgeExpect(tally, true),
};

export const GO_WHEN_COMPLETE: Rule = {
  id: 'go-when-complete',
  binds: 'host',
  title: 'tpmGo is written when as many bytes of the command are in as its header states',
  limit: { least: 0, most: 0 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.5]',
  begin: (tally) =>
    stages({
      go: (access, missing) => {
        tally.number(access.fall, missing, 'bytes missing');
      },
    }),
};
