import { STS, TPM_ACCESS, TPM_STS } from '../../wire/index.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { hexOf } from '../decode/meaning.ts';
import {
  BurstReader,
  FULL_BURST,
  GO_AFTER_IGNORED,
  isStatusRead,
  isUsable,
  stages,
} from './command-stages.ts';
import type { Rule, Tally } from './rule.ts';

export const BURST_COUNT: Rule = {
  id: 'burst-count',
  binds: 'chip',
  about: 'registers',
  title: 'burstCount is never 0 and never more than 63',
  limit: { least: 1, most: FULL_BURST },
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

/** Earlier releases leave dataAvail and burstCount as they are when a response is given up. [CHIP 7] */
const SINCE_CLEAN_ABORT = { release: [0, 3, 13], source: '[CHIP 7]' } as const;

export const BURST_STATED: Rule = {
  id: 'burst-stated',
  title:
    'burstCount is 63 in idle, ready and reception, and never more or less than what is left of the response',
  binds: 'chip',
  about: 'registers',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3]',
  since: SINCE_CLEAN_ABORT,
  begin: (tally) =>
    stages({
      burst: (access, seen, wanted, stage) => {
        // A count that no stage has is for another rule to judge.
        if (seen === wanted || seen < 1 || seen > FULL_BURST) tally.hold();
        else tally.breach(access.fall, () => `${seen} in ${stage}`, `${wanted}`);
      },
    }),
};

export const DATA_EXPECTED: Rule = {
  id: 'data-expected',
  title: 'dataAvail is set only for the response of a command that was executed',
  binds: 'chip',
  about: 'registers',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3]',
  since: SINCE_CLEAN_ABORT,
  begin: (tally) =>
    stages({
      data: (access, hasData, stage) => {
        if (hasData) tally.breach(access.fall, () => `dataAvail in ${stage}`, 'clear');
        else tally.hold();
      },
    }),
};

const setOrClear = (isSet: boolean): string => (isSet ? 'set' : 'clear');

export const READY_STATED: Rule = {
  id: 'ready-stated',
  title:
    'commandReady is set in ready and clear in idle, and while a command is written and runs the same for all commands',
  binds: 'chip',
  about: 'registers',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3]',
  since: { release: [0, 3, 19], source: '[CHIP 7]' },
  begin: (tally) => {
    // An H1 keeps it set, and a chip that follows the standard clears it. [CHIP 4.3]
    let isKept: boolean | undefined;
    return stages({
      ready: (access, isSet, stage) => {
        const isBusy = stage !== 'idle' && stage !== 'ready';
        if (isBusy) isKept ??= isSet;
        const isWanted = isBusy ? isKept === true : stage === 'ready';
        if (isSet === isWanted) tally.hold();
        else tally.breach(access.fall, () => `${setOrClear(isSet)} in ${stage}`, setOrClear(isWanted));
      },
    });
  },
};

export const STATUS_AFTER_RESET: Rule = {
  id: 'status-after-reset',
  title: 'A TPM reset leaves neither commandReady, dataAvail nor expect behind',
  binds: 'chip',
  about: 'registers',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3] [CHIP 6]',
  begin: (tally) =>
    stages({
      afterReset: (access) => {
        if ((access.value & (STS.commandReady | STS.dataAvail | STS.expect)) === 0) tally.hold();
        else tally.breach(access.fall, () => hexOf(access.data.subarray(0, 1)), '80');
      },
    }),
};

/** Bits of a status byte that read 0, of which two are written: tpmGo and responseRetry. [DRIVER 2.4] */
const NEVER_READ = STS.tpmGo | STS.responseRetry | 0x01;

export const STATUS_VALID: Rule = {
  id: 'status-valid',
  binds: 'chip',
  about: 'registers',
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
  about: 'registers',
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
        if (access.maker !== 'driver') burst = NaN;
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
  about: 'registers',
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

export const STATUS_ORDER: Rule = {
  id: 'status-order',
  binds: 'host',
  about: 'registers',
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
  about: 'registers',
  title: 'expect is set while bytes of the command are missing',
  limit: { least: 1 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.5]',
  begin: (tally) => judgeExpect(tally, false),
};

export const EXPECT_CLEAR: Rule = {
  id: 'expect-clear',
  binds: 'chip',
  about: 'registers',
  title: 'expect is clear when the last byte of the command is in',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.3] [DRIVER 2.5]',
  begin: (tally) => judgeExpect(tally, true),
};

export const GO_WHEN_COMPLETE: Rule = {
  id: 'go-when-complete',
  binds: 'host',
  about: 'registers',
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
