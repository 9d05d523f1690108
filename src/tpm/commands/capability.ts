import type { PcrSelection, TpmReader } from '../../wire/index.ts';
import { readPcrSelections, ResponseMalformed, TPM_CAP, TPM_CC } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command } from './command.ts';

/** One answer of TPM2_GetCapability. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The TPM has more than it gave. */
  readonly hasMore: boolean;
}

/** Asks for as many items as fit a response, whatever the TPM's buffer is. */
const ALL = 0x7fffffff;

function getCapability<T>(
  capability: number,
  first: number,
  count: number,
  read: (from: TpmReader) => T[],
): TpmCommand<Page<T>> {
  return command({
    name: 'GetCapability',
    code: TPM_CC.GetCapability,
    parameters: (to) => to.u32(capability).u32(first).u32(count),
    decode: (from) => {
      const hasMore = from.u8() !== 0;
      const answered = from.u32();
      if (answered !== capability)
        throw new ResponseMalformed(`Capability ${capability} was asked for, and ${answered} came back.`);
      return { items: read(from), hasMore };
    },
  });
}

/** One property of the TPM, by its number. [TPM2 Part 2, 6.13] */
export interface Property {
  readonly id: number;
  readonly value: number;
}

/** GetCapability: properties from number `first` on. [TPM2 Part 3, 30.2] */
export const getProperties = (first: number, count = ALL): TpmCommand<Page<Property>> =>
  getCapability(TPM_CAP.TPM_PROPERTIES, first, count, (from) =>
    from.list(() => ({ id: from.u32(), value: from.u32() })),
  );

/** TPMA_CC. [TPM2 Part 2, 8.9] */
export interface CommandAttributes {
  readonly code: number;
  readonly touchesNv: boolean;
  readonly handles: number;
  readonly answersHandle: boolean;
  readonly isVendor: boolean;
}

/** GetCapability: the commands from the code `first` on, with their attributes. [TPM2 Part 2, 8.9] */
export const getCommands = (first: number, count = ALL): TpmCommand<Page<CommandAttributes>> =>
  getCapability(TPM_CAP.COMMANDS, first, count, (from) =>
    from.list(() => {
      const word = from.u32();
      return {
        code: word & 0xffff,
        touchesNv: (word & (1 << 22)) !== 0,
        handles: (word >>> 25) & 7,
        answersHandle: (word & (1 << 28)) !== 0,
        isVendor: (word & (1 << 29)) !== 0,
      };
    }),
  );

/** GetCapability: the banks, each with the PCRs it has. */
export const getPcrBanks = (): TpmCommand<Page<PcrSelection>> =>
  getCapability(TPM_CAP.PCRS, 0, 1, readPcrSelections);
