import { createHash } from 'node:crypto';
import type { Command } from './command.ts';
import { handle as handleRefusal, parameter, RC, codeOfParameter } from './codes.ts';
import { readBuffer, readHash, readHierarchy, sequenceHandle, writeTicket } from './parameters.ts';
import { bankOf } from './pcrs.ts';
import { beginsAsGenerated, Sequence } from './sequences.ts';

/** TPM2B_AUTH is at most a digest long. [TPM2 Part 2, 10.4.5] */
const MOST_AUTH = 32;

/** [TPM2 Part 3, 15.4] [TPM2 Part 3, 17] [TPM2 Part 3, 28.4] */
export const HASH_COMMANDS: readonly Command[] = [
  {
    name: 'SequenceComplete',
    code: 0x13e,
    handles: [sequenceHandle],
    authorized: 1,
    flushes: true,
    run: ({ state, handles, parameters, response }) => {
      const [handle] = handles;
      const data = readBuffer(parameters, 1);
      const hierarchy = readHierarchy(parameters, 2);
      parameters.finish();
      const sequence = state.sequences.find(handle!)!;
      if (sequence.isEvent) throw handleRefusal(RC.mode, 1);
      sequence.update(data);
      const { digest } = sequence.finish()[0]!;
      state.sequences.flush(handle!);
      response.sized(digest);
      writeTicket(response, state, hierarchy, digest, sequence.beginsAsGenerated);
    },
  },
  {
    name: 'SequenceUpdate',
    code: 0x15c,
    handles: [sequenceHandle],
    authorized: 1,
    run: ({ state, handles, parameters }) => {
      const data = readBuffer(parameters, 1);
      parameters.finish();
      state.sequences.find(handles[0]!)!.update(data);
    },
  },
  {
    name: 'FlushContext',
    code: 0x165,
    handles: [],
    authorized: 0,
    refusesSessions: true,
    run: ({ state, parameters }) => {
      parameters.blame(codeOfParameter(RC.insufficient, 1));
      const handle = parameters.u32();
      parameters.finish();
      if (!state.sequences.flush(handle)) throw parameter(RC.handle, 1);
    },
  },
  {
    name: 'Hash',
    code: 0x17d,
    handles: [],
    authorized: 0,
    run: ({ state, parameters, response }) => {
      const data = readBuffer(parameters, 1);
      const alg = readHash(parameters, 2);
      const hierarchy = readHierarchy(parameters, 3);
      parameters.finish();
      const digest = createHash(bankOf(alg)!.name).update(data).digest();
      response.sized(digest);
      writeTicket(response, state, hierarchy, digest, beginsAsGenerated(data));
    },
  },
  {
    name: 'HashSequenceStart',
    code: 0x186,
    handles: [],
    authorized: 0,
    answersHandle: true,
    run: (call) => {
      const auth = readBuffer(call.parameters, 1, MOST_AUTH).slice();
      const alg = readHash(call.parameters, 2, true);
      call.parameters.finish();
      call.newHandle = call.state.sequences.load(new Sequence(auth, alg));
    },
  },
];
