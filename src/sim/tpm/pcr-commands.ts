import type { Command } from './command.ts';
import { demand, RC, RH } from './codes.ts';
import { digest, digestSize, HASHES } from './hashes.ts';
import type { TpmState } from './state.ts';
import type { PcrSelection } from './types.ts';
import {
  HANDLE,
  MAX_DIGEST_BUFFER,
  PCR_COUNT,
  readDigestValues,
  readPcrSelections,
  writePcrSelections,
} from './types.ts';
import type { ResponseWriter } from './writer.ts';

/** TPML_DIGEST holds eight. [TPM2 Part 2, 10.9.4] */
const MAX_DIGESTS = 8;
const FIRST_DRTM = 17;
const HCRTM = 0;

/** @throws Refusal TPM_RC_LOCALITY: the chip knows locality 0 alone. [CHIP 4.2] */
export function extend(
  state: TpmState,
  pcr: number,
  digests: readonly (readonly [number, Uint8Array])[],
): void {
  if (pcr === RH.null) return;
  const { pcrs } = state;
  demand(pcrs.canExtend(pcr), RC.locality);
  if (pcrs.isSaved(pcr)) state.isSaved = false;
  if (pcr === HCRTM && state.profile.extendsPcr0Once) {
    if (state.pcr0IsExtended) return;
    state.pcr0IsExtended = true;
  }
  for (const [alg, value] of digests) pcrs.extend(alg, pcr, value);
}

/** A list of digests, each behind its algorithm: TPML_DIGEST_VALUES. */
export function writeDigests(
  response: ResponseWriter,
  digests: readonly (readonly [number, Uint8Array])[],
): void {
  response.u32(digests.length);
  for (const [alg, value] of digests) response.u16(alg).bytes(value);
}

/** The first eight of the selected PCRs. */
function firstDigests({ pcrs }: TpmState, wanted: readonly PcrSelection[]): PcrSelection[] {
  let room = MAX_DIGESTS;
  return wanted.map((bank) => {
    const some = pcrs.filter(bank).pcrs.slice(0, room);
    room -= some.length;
    return { alg: bank.alg, pcrs: some };
  });
}

const sizeOf = (banks: readonly PcrSelection[]): number =>
  banks.reduce((size, { alg, pcrs }) => size + digestSize(alg) * pcrs.length, 0);

const ALL_BANKS_SIZE = HASHES.reduce((size, hash) => size + hash.size * PCR_COUNT, 0);

/** [TPM2 Part 3, 22] */
export const PCR_COMMANDS: readonly Command[] = [
  {
    name: 'PCR_Allocate',
    code: 0x12b,
    handles: [HANDLE.platform],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, parameters, response }) => {
      const wanted = readPcrSelections(parameters);
      parameters.finish();
      const { pcrs } = state;
      const next = pcrs.allocation.map((bank) => wanted.findLast(({ alg }) => alg === bank.alg) ?? bank);
      demand(
        next.some((bank) => bank.pcrs.includes(FIRST_DRTM)),
        RC.pcr,
      );
      pcrs.allocate(wanted);
      response.u8(1).u32(PCR_COUNT).u32(sizeOf(next)).u32(ALL_BANKS_SIZE);
    },
  },
  {
    name: 'PCR_Event',
    code: 0x13c,
    handles: [HANDLE.pcrOrNull],
    roles: ['user'],
    takesEncrypted: true,
    touchesNv: true,
    run: ({ state, handles, parameters, response }) => {
      const data = parameters.sized(MAX_DIGEST_BUFFER);
      parameters.finish();
      const digests = HASHES.map(({ alg }) => [alg, digest(alg, data)] as const);
      extend(state, handles[0]!, digests);
      writeDigests(response, digests);
    },
  },
  {
    name: 'PCR_Reset',
    code: 0x13d,
    handles: [HANDLE.pcr],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, handles }) => {
      const pcr = handles[0]!;
      demand(state.pcrs.canReset(pcr), RC.locality);
      state.pcrs.reset(pcr);
    },
  },
  {
    name: 'PCR_Read',
    code: 0x17e,
    handles: [],
    roles: [],
    run: ({ state, parameters, response }) => {
      const wanted = readPcrSelections(parameters);
      parameters.finish();
      const given = firstDigests(state, wanted);
      response.u32(state.pcrs.updateCounter);
      writePcrSelections(response, given);
      response.u32(given.reduce((count, { pcrs }) => count + pcrs.length, 0));
      for (const { alg, pcrs } of given) for (const pcr of pcrs) response.sized(state.pcrs.read(alg, pcr));
    },
  },
  {
    name: 'PCR_Extend',
    code: 0x182,
    handles: [HANDLE.pcrOrNull],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, handles, parameters }) => {
      const digests = readDigestValues(parameters);
      parameters.finish();
      extend(state, handles[0]!, digests);
    },
  },
];
