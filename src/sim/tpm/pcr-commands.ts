import type { Command } from './command.ts';
import { handle as handleRefusal, parameter, RC, Refusal, RH, codeOfParameter } from './codes.ts';
import {
  pcrHandle,
  pcrHandleOrNull,
  readBuffer,
  readHash,
  readPcrSelections,
  sequenceHandle,
  writePcrSelections,
} from './parameters.ts';
import { BANKS, bankOf } from './pcrs.ts';
import type { TpmState } from './state.ts';

/** TPML_DIGEST holds eight. [TPM2 Part 2, 10.9.4] */
const MOST_DIGESTS = 8;

/** @throws Refusal TPM_RC_LOCALITY: the chip knows locality 0 alone. [CHIP 4.2] */
function extend(state: TpmState, pcr: number, digests: Iterable<readonly [number, Uint8Array]>): void {
  if (pcr === RH.null) return;
  if (!state.pcrs.canExtend(pcr)) throw new Refusal(RC.locality);
  for (const [alg, digest] of digests) state.pcrs.extend(alg, pcr, digest);
}

/** [TPM2 Part 3, 22] */
export const PCR_COMMANDS: readonly Command[] = [
  {
    name: 'PCR_Reset',
    code: 0x13d,
    handles: [pcrHandle],
    authorized: 1,
    touchesNv: true,
    spoilsSavedState: true,
    run: ({ state, handles, parameters }) => {
      const [pcr] = handles;
      parameters.finish();
      if (!state.pcrs.canReset(pcr!)) throw new Refusal(RC.locality);
      state.pcrs.reset(pcr!);
    },
  },
  {
    name: 'PCR_Read',
    code: 0x17e,
    handles: [],
    authorized: 0,
    run: ({ state, parameters, response }) => {
      const wanted = readPcrSelections(parameters, 1);
      parameters.finish();
      let room = MOST_DIGESTS;
      const given = wanted.map(({ alg, pcrs }) => {
        const some = pcrs.slice(0, room);
        room -= some.length;
        return { alg, pcrs: some };
      });
      response.u32(state.pcrs.updateCounter);
      writePcrSelections(response, given);
      response.u32(MOST_DIGESTS - room);
      for (const { alg, pcrs } of given) for (const pcr of pcrs) response.sized(state.pcrs.read(alg, pcr));
    },
  },
  {
    name: 'PCR_Extend',
    code: 0x182,
    handles: [pcrHandleOrNull],
    authorized: 1,
    touchesNv: true,
    spoilsSavedState: true,
    run: ({ state, handles, parameters }) => {
      parameters.blame(codeOfParameter(RC.insufficient, 1));
      const count = parameters.u32();
      if (count > BANKS.length) throw parameter(RC.size, 1);
      const digests = Array.from({ length: count }, () => {
        const alg = readHash(parameters, 1);
        return [alg, parameters.take(bankOf(alg)!.size)] as const;
      });
      parameters.finish();
      extend(state, handles[0]!, digests);
    },
  },
  {
    name: 'EventSequenceComplete',
    code: 0x185,
    handles: [pcrHandleOrNull, sequenceHandle],
    authorized: 2,
    touchesNv: true,
    flushes: true,
    spoilsSavedState: true,
    run: ({ state, handles, parameters, response }) => {
      const [pcr, handle] = handles;
      const data = readBuffer(parameters, 1);
      parameters.finish();
      const sequence = state.sequences.find(handle!)!;
      if (!sequence.isEvent) throw handleRefusal(RC.mode, 2);
      if (pcr !== RH.null && !state.pcrs.canExtend(pcr!)) throw new Refusal(RC.locality);
      sequence.update(data);
      const digests = sequence.finish();
      state.sequences.flush(handle!);
      extend(
        state,
        pcr!,
        digests.map(({ alg, digest }) => [alg, digest] as const),
      );
      response.u32(digests.length);
      for (const { alg, digest } of digests) response.u16(alg).bytes(digest);
    },
  },
];
