import type { Call, Command } from './command.ts';
import { attributesOf } from './command.ts';
import { ALG, parameter, RC, RH, codeOfParameter } from './codes.ts';
import { writePcrSelections } from './parameters.ts';
import { BANKS, PCR_COUNT } from './pcrs.ts';
import { propertiesOf } from './properties.ts';

/** TPM_CAP. [TPM2 Part 2, 6.12] */
const CAP = {
  algs: 0,
  handles: 1,
  commands: 2,
  ppCommands: 3,
  auditCommands: 4,
  pcrs: 5,
  tpmProperties: 6,
} as const;

/** The data of an answer are at most MAX_CAP_BUFFER less capability and count. [CHIP 5.1] */
const ROOM = 1024 - 8;

/** Algorithms with their TPMA_ALGORITHM: a hash is bit 2. [TPM2 Part 2, 8.2] */
const ALGORITHMS: readonly (readonly [number, number])[] = [
  [ALG.sha1, 1 << 2],
  [ALG.sha256, 1 << 2],
  [ALG.null, 0],
];

const PERMANENT = [RH.owner, RH.null, RH.password, RH.lockout, RH.endorsement, RH.platform, RH.platformNv];

/** Handles by the type in their first byte. [TPM2 Part 2, 7.2] */
function handlesOf({ state }: Call, first: number): readonly number[] {
  switch (first >>> 24) {
    case 0x00:
      return Array.from({ length: PCR_COUNT }, (_, pcr) => pcr);
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x81:
      return [];
    case 0x40:
      return PERMANENT;
    case 0x80:
      return state.sequences.handles;
    default:
      throw parameter(RC.value, 2);
  }
}

/** GetCapability over the commands of a library, itself among them. [TPM2 Part 3, 30.2] */
export function getCapability(library: () => readonly Command[]): Command {
  const run = (call: Call): void => {
    const { parameters, response, state } = call;
    const [capability, first, count] = [1, 2, 3].map((number) => {
      parameters.blame(codeOfParameter(RC.insufficient, number));
      return parameters.u32();
    }) as [number, number, number];
    parameters.finish();
    const list = <T>(all: readonly T[], size: number, write: (item: T) => void): void => {
      const some = all.slice(0, Math.min(count, Math.floor(ROOM / size)));
      response
        .u8(some.length < all.length ? 1 : 0)
        .u32(capability)
        .u32(some.length);
      some.forEach(write);
    };
    const pairs = (
      all: readonly (readonly [number, number])[],
      write: (pair: readonly [number, number]) => void,
    ): void => {
      list(
        all.filter(([id]) => id >= first),
        8,
        write,
      );
    };
    switch (capability) {
      case CAP.algs:
        pairs(ALGORITHMS, ([alg, attributes]) => response.u16(alg).u32(attributes));
        return;
      case CAP.handles:
        list(
          handlesOf(call, first).filter((handle) => handle >= first),
          4,
          (handle) => response.u32(handle),
        );
        return;
      case CAP.commands:
        list(
          library()
            .filter(({ code }) => code >= first)
            .map(attributesOf),
          4,
          (attributes) => response.u32(attributes),
        );
        return;
      case CAP.ppCommands:
      case CAP.auditCommands:
        list([], 4, () => undefined);
        return;
      case CAP.pcrs:
        if (first !== 0) throw parameter(RC.value, 2);
        response.u8(0).u32(capability);
        writePcrSelections(
          response,
          BANKS.map(({ alg }) => ({ alg, pcrs: Array.from({ length: PCR_COUNT }, (_, pcr) => pcr) })),
        );
        return;
      case CAP.tpmProperties:
        pairs(propertiesOf(state, library().length), ([id, value]) => response.u32(id).u32(value));
        return;
      default:
        throw parameter(RC.value, 1);
    }
  };
  return { name: 'GetCapability', code: 0x17a, handles: [], authorized: 0, run };
}
