import type { Call, Command } from './command.ts';
import { ALG, demand, RC, RH, ST } from './codes.ts';
import { digest, sameBytes, wordBytes } from './hashes.ts';
import { demandRead } from './nv-commands.ts';
import { TPM_GENERATED } from './objects.ts';
import { selectScheme, sign } from './signing.ts';
import type { Scheme } from './types.ts';
import {
  HANDLE,
  MAX_DATA,
  MAX_NV_BUFFER,
  readDigest,
  readPcrSelections,
  readScheme,
  readTicket,
  SIGNATURE_SCHEME,
  writePcrSelections,
  writeSignature,
} from './types.ts';
import { writeClock, writeTime } from './clock-commands.ts';
import type { ResponseWriter } from './writer.ts';
import { written } from './writer.ts';

const FIRMWARE_VERSION = 0n;

const NAMELESS = { name: new Uint8Array(), qualifiedName: new Uint8Array() };

/** What is attested, by whom, and what the caller adds. */
interface Attest {
  readonly tag: number;
  readonly signer: number;
  readonly scheme: Scheme;
  readonly qualifyingData: Uint8Array;
  readonly write: (writer: ResponseWriter) => void;
}

/** TPMS_ATTEST and its signature; TPM_RH_NULL signs nothing. [TPM2 Part 2, 10.12.8] [TPM2 Attest_spt.c] */
function attest({ state, response }: Call, { tag, signer, scheme, qualifyingData, write }: Attest): void {
  const key = signer === RH.null ? undefined : state.key(signer, RC.key);
  const selected = key === undefined ? undefined : selectScheme(key, scheme);
  const data = written((writer) => {
    writer.bytes(TPM_GENERATED).u16(tag);
    writer.sized(key === undefined ? wordBytes(RH.null) : key.qualifiedName).sized(qualifyingData);
    writeClock(writer, state);
    writer.u64(FIRMWARE_VERSION);
    write(writer);
  });
  response.sized(data);
  if (key === undefined || selected === undefined) response.u16(ALG.null);
  else writeSignature(response, sign(key, selected, digest(selected.hash, data), state.random));
}

const readQualified = ({ parameters }: Call): Pick<Attest, 'qualifyingData' | 'scheme'> => ({
  qualifyingData: parameters.sized(MAX_DATA).slice(),
  scheme: readScheme(parameters, SIGNATURE_SCHEME),
});

function certify(call: Call): void {
  const qualified = readQualified(call);
  call.parameters.finish();
  const { state, handles } = call;
  // A sequence has no name.
  const { name, qualifiedName } = state.objects.key(handles[0]!) ?? NAMELESS;
  attest(call, {
    tag: ST.attestCertify,
    signer: handles[1]!,
    ...qualified,
    write: (writer) => writer.sized(name).sized(qualifiedName),
  });
}

function certifyCreation(call: Call): void {
  const { state, handles, parameters } = call;
  const qualifyingData = parameters.sized(MAX_DATA).slice();
  const creation = readDigest(parameters).slice();
  const scheme = readScheme(parameters, SIGNATURE_SCHEME);
  const ticket = readTicket(parameters);
  parameters.finish();
  const name = state.nameOf(handles[1]!);
  const expected = state.ticket(ST.creation, ticket.hierarchy, name, creation);
  demand(ticket.tag === ST.creation && sameBytes(expected.digest, ticket.digest), RC.ticket);
  attest(call, {
    tag: ST.attestCreation,
    signer: handles[0]!,
    scheme,
    qualifyingData,
    write: (writer) => writer.sized(name).sized(creation),
  });
}

function quote(call: Call): void {
  const qualified = readQualified(call);
  const selections = readPcrSelections(call.parameters);
  call.parameters.finish();
  const { state, handles } = call;
  demand(handles[0] !== RH.null, RC.scheme);
  const { hash } = selectScheme(state.key(handles[0]!, RC.key), qualified.scheme);
  const pcrs = selections.map((bank) => state.pcrs.filter(bank));
  attest(call, {
    tag: ST.attestQuote,
    signer: handles[0]!,
    ...qualified,
    write: (writer) => {
      writePcrSelections(writer, pcrs);
      writer.sized(state.pcrs.digestOf(hash, pcrs));
    },
  });
}

function getTime(call: Call): void {
  const qualified = readQualified(call);
  call.parameters.finish();
  attest(call, {
    tag: ST.attestTime,
    signer: call.handles[1]!,
    ...qualified,
    write: (writer) => {
      writeTime(writer, call.state);
      writer.u64(FIRMWARE_VERSION);
    },
  });
}

function getSessionAuditDigest(call: Call): void {
  const qualified = readQualified(call);
  call.parameters.finish();
  const { state, handles } = call;
  const { auditDigest } = state.sessions.find(handles[2]!)!;
  demand(auditDigest !== undefined, RC.type);
  const isExclusive = state.sessions.exclusive === handles[2];
  attest(call, {
    tag: ST.attestSessionAudit,
    signer: handles[1]!,
    ...qualified,
    write: (writer) => writer.u8(isExclusive ? 1 : 0).sized(auditDigest),
  });
}

function nvCertify(call: Call): void {
  const qualified = readQualified(call);
  const size = call.parameters.u16();
  const offset = call.parameters.u16();
  call.parameters.finish();
  const { state, handles } = call;
  const index = demandRead(state, handles[1]!, handles[2]!);
  demand(offset + size <= index.area.dataSize && size <= MAX_NV_BUFFER, RC.nvRange);
  attest(call, {
    tag: ST.attestNv,
    signer: handles[0]!,
    ...qualified,
    write: (writer) =>
      writer
        .sized(index.name)
        .u16(offset)
        .sized(index.data.subarray(offset, offset + size)),
  });
}

const BOTH_WAYS = { takesEncrypted: true, answersEncrypted: true } as const;

/** [TPM2 Part 3, 18] [TPM2 Part 3, 31.16] */
export const ATTEST_COMMANDS: readonly Command[] = [
  {
    name: 'Certify',
    code: 0x148,
    handles: [HANDLE.object, HANDLE.objectOrNull],
    roles: ['admin', 'user'],
    ...BOTH_WAYS,
    run: certify,
  },
  {
    name: 'CertifyCreation',
    code: 0x14a,
    handles: [HANDLE.objectOrNull, HANDLE.object],
    roles: ['user'],
    ...BOTH_WAYS,
    run: certifyCreation,
  },
  {
    name: 'GetTime',
    code: 0x14c,
    handles: [HANDLE.endorsement, HANDLE.objectOrNull],
    roles: ['user', 'user'],
    ...BOTH_WAYS,
    run: getTime,
  },
  {
    name: 'GetSessionAuditDigest',
    code: 0x14d,
    handles: [HANDLE.endorsement, HANDLE.objectOrNull, HANDLE.hmacSession],
    roles: ['user', 'user'],
    ...BOTH_WAYS,
    run: getSessionAuditDigest,
  },
  {
    name: 'Quote',
    code: 0x158,
    handles: [HANDLE.objectOrNull],
    roles: ['user'],
    ...BOTH_WAYS,
    run: quote,
  },
  {
    name: 'NV_Certify',
    code: 0x184,
    handles: [HANDLE.objectOrNull, HANDLE.nvAuth, HANDLE.nvIndex],
    roles: ['user', 'user'],
    ...BOTH_WAYS,
    run: nvCertify,
  },
];
