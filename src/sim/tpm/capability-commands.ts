import type { LibraryProfile } from '../tpm-engine.ts';
import type { Command } from './command.ts';
import { attributesOf } from './command.ts';
import { demand, HT, RC, Refusal } from './codes.ts';
import { extendLocalities, PCR_GROUPS, resetLocalities } from './pcrs.ts';
import { ALGORITHMS, PERMANENT, propertiesOf } from './properties.ts';
import { CURVES, readObjectType, readParameters } from './public-area.ts';
import type { CommandReader } from './reader.ts';
import type { TpmState } from './state.ts';
import { ALL_PCRS, SELECT_BYTES, selectBits, writePcrSelections } from './types.ts';
import type { ResponseWriter } from './writer.ts';

/** TPM_CAP. [TPM2 Part 2, 6.12] */
const CAP = {
  algs: 0,
  handles: 1,
  commands: 2,
  ppCommands: 3,
  auditCommands: 4,
  pcrs: 5,
  tpmProperties: 6,
  pcrProperties: 7,
  eccCurves: 8,
  vendorProperty: 0x100,
} as const;

/** The data of an answer are at most MAX_CAP_BUFFER less capability and count. [CHIP 5.1] */
const ROOM = 1024 - 8;
const FIRST_COMMAND = 0x11f;

/** Handles by the type in their first byte, from `first` on. Saved sessions go by the second type. [TPM2 Part 2, 7.2] */
function handlesOf({ objects, nv, sessions }: TpmState, first: number): readonly number[] {
  const slot = (handle: number): number => handle & 0xffffff;
  switch (first >>> 24) {
    case HT.pcr:
      return ALL_PCRS;
    case HT.nvIndex:
      return nv.handles;
    case HT.hmacSession:
      return sessions.handles.filter((handle) => slot(handle) >= slot(first));
    case HT.policySession:
      return sessions.savedHandles.filter((handle) => slot(handle) >= slot(first));
    case HT.permanent:
      return PERMANENT;
    case HT.transient:
      return objects.handles;
    case HT.persistent:
      return objects.persistentHandles;
    default:
      throw new Refusal(RC.handle);
  }
}

const isSessionType = (first: number): boolean =>
  first >>> 24 === HT.hmacSession || first >>> 24 === HT.policySession;

/** TPM_PT_PCR with what each is true of. [TPM2 Part 2, 6.14] */
const PCR_PROPERTIES: readonly (readonly [number, (pcr: number) => boolean])[] = [
  [0x00, PCR_GROUPS.isSaved],
  ...[0, 1, 2, 3, 4].flatMap((locality): [number, (pcr: number) => boolean][] => [
    [1 + 2 * locality, (pcr) => ((extendLocalities(pcr) >> locality) & 1) === 1],
    [2 + 2 * locality, (pcr) => ((resetLocalities(pcr) >> locality) & 1) === 1],
  ]),
  [0x11, PCR_GROUPS.isUncounted],
  [0x12, (pcr) => (resetLocalities(pcr) & 0x10) !== 0],
  [0x13, () => false],
  [0x14, () => false],
];

/** A query: what is asked for, from where on, and how many. */
export interface Query {
  readonly capability: number;
  readonly first: number;
  readonly count: number;
}

/** Puts the answer to a query over `all`, which is sorted: as many as fit, and whether there are more. */
export function writeList<T>(
  response: ResponseWriter,
  { capability, count }: Query,
  all: readonly T[],
  { size, write }: { readonly size: number; readonly write: (item: T) => void },
): void {
  const some = all.slice(0, Math.min(count, Math.floor(ROOM / size)));
  response
    .u8(some.length < all.length ? 1 : 0)
    .u32(capability)
    .u32(some.length);
  some.forEach(write);
}

/** Answers a query that depends on the release alone; false for any other capability. */
export function writeStatic(response: ResponseWriter, query: Query, commands: readonly Command[]): boolean {
  const { capability, first } = query;
  const words = (all: readonly number[]): void => {
    writeList(response, query, all, { size: 4, write: (word) => response.u32(word) });
  };
  switch (capability) {
    case CAP.algs:
      writeList(
        response,
        query,
        ALGORITHMS.filter(([alg]) => alg >= (first & 0xffff)),
        { size: 8, write: ([alg, attributes]) => response.u16(alg).u32(attributes) },
      );
      return true;
    case CAP.commands:
      words(commands.filter(({ code }) => code >= Math.max(first, FIRST_COMMAND)).map(attributesOf));
      return true;
    case CAP.ppCommands:
    case CAP.auditCommands:
      words([]);
      return true;
    case CAP.pcrProperties:
      writeList(
        response,
        query,
        PCR_PROPERTIES.filter(([property]) => property >= first),
        {
          size: 8,
          write: ([property, holds]) =>
            response
              .u32(property)
              .u8(SELECT_BYTES)
              .bytes(selectBits(ALL_PCRS.filter(holds))),
        },
      );
      return true;
    case CAP.eccCurves:
      writeList(
        response,
        query,
        CURVES.filter((curve) => curve >= (first & 0xffff)),
        { size: 2, write: (curve) => response.u16(curve) },
      );
      return true;
    default:
      return false;
  }
}

function writeHandles(response: ResponseWriter, query: Query, state: TpmState): void {
  const { first } = query;
  const all = handlesOf(state, first);
  const some = isSessionType(first) ? all : all.filter((handle) => handle >= first);
  writeList(response, query, some, { size: 4, write: (handle) => response.u32(handle) });
}

/** Properties from the one that is asked for on. */
export function writeProperties(
  response: ResponseWriter,
  query: Query,
  all: readonly (readonly [number, number])[],
): void {
  const some = all.filter(([id]) => id >= query.first);
  writeList(response, query, some, { size: 8, write: ([id, value]) => response.u32(id).u32(value) });
}

/** No banks at all when none were asked for, and then there are more. [CHIP 5.5] */
function writeBanks(response: ResponseWriter, { capability, first, count }: Query, { pcrs }: TpmState): void {
  demand(first === 0, RC.value);
  response.u8(count === 0 ? 1 : 0).u32(capability);
  writePcrSelections(response, count === 0 ? [] : pcrs.allocation);
}

/** The parameters of GetCapability. [TPM2 Part 3, 30.2] */
export function readQuery(parameters: CommandReader): Query {
  const capability = parameters.u32();
  demand(Object.values<number>(CAP).includes(capability), RC.value);
  const query = { capability, first: parameters.u32(), count: parameters.u32() };
  parameters.finish();
  return query;
}

/** The commands of a release, in the order of their codes. */
export const commandsOf = (library: readonly Command[], { commands }: LibraryProfile): readonly Command[] =>
  library.filter(({ code }) => commands.has(code));

/** GetCapability over the commands of a library, itself among them, and TestParms. [TPM2 Part 3, 30] */
export const capabilityCommands = (library: () => readonly Command[]): readonly Command[] => [
  {
    name: 'GetCapability',
    code: 0x17a,
    handles: [],
    roles: [],
    run: ({ state, parameters, response }) => {
      const query = readQuery(parameters);
      if (writeStatic(response, query, commandsOf(library(), state.profile))) return;
      demand(query.capability !== CAP.vendorProperty, RC.value);
      if (query.capability === CAP.handles) writeHandles(response, query, state);
      else if (query.capability === CAP.pcrs) writeBanks(response, query, state);
      else writeProperties(response, query, propertiesOf(state));
    },
  },
  {
    name: 'TestParms',
    code: 0x18a,
    handles: [],
    roles: [],
    run: ({ parameters }) => {
      readParameters(parameters, readObjectType(parameters));
      parameters.finish();
    },
  },
];
