import { ALG, demand, RC, Refusal, RH, sessionNumber } from './codes.ts';
import type { Command } from './command.ts';
import { MAX_DIGEST, trimmed } from './hashes.ts';
import type { CommandReader } from './reader.ts';
import type { Session } from './sessions.ts';
import type { TpmState } from './state.ts';
import { HANDLE } from './types.ts';

/** TPMA_SESSION. [TPM2 Part 2, 8.4] */
export const SESSION = {
  continueSession: 1,
  auditExclusive: 1 << 1,
  auditReset: 1 << 2,
  decrypt: 1 << 5,
  encrypt: 1 << 6,
  audit: 1 << 7,
} as const;

const RESERVED = 0b11000;

/** [TPM2 Part 1, 18.1] */
const MAX_SESSIONS = 3;
const LEAST_SIZE = 9;

/** One session of a command's authorization area. [TPM2 Part 1, 18.6] */
export interface SessionUse {
  readonly handle: number;
  /** None for a password. */
  readonly session: Session | undefined;
  readonly nonceCaller: Uint8Array;
  readonly attributes: number;
  readonly auth: Uint8Array;
  /** What it authorizes; undefined for one that audits or encrypts only. */
  readonly authorizes: number | undefined;
}

/** Reads the whole area. @throws Refusal in the library's order. [TPM2 SessionProcess.c RetrieveSessionData] */
export function readSessions(reader: CommandReader, state: TpmState, command: Command): SessionUse[] {
  const size = reader.u32();
  demand(size >= LEAST_SIZE && size <= reader.rest, RC.size);
  const area = reader.part(size);
  demand(command.refusesSessions !== true, RC.authContext);
  const uses: SessionUse[] = [];
  while (area.rest > 0) {
    const index = uses.length;
    demand(index < MAX_SESSIONS, RC.size + sessionNumber(index + 1));
    const raw = numbered(index, () => readRaw(area));
    uses.push(
      raw.handle === RH.password ? password(raw, index) : loaded(raw, index, { state, command, uses }),
    );
  }
  return uses;
}

type Raw = Pick<SessionUse, 'handle' | 'nonceCaller' | 'attributes' | 'auth'>;

function readRaw(area: CommandReader): Raw {
  const handle = area.u32();
  demand(handle === RH.password || HANDLE.session(handle), RC.value);
  const nonceCaller = area.sized(MAX_DIGEST);
  const attributes = area.u8();
  demand((attributes & RESERVED) === 0, RC.reservedBits);
  return { handle, nonceCaller, attributes, auth: area.sized(MAX_DIGEST) };
}

/** Runs `read`; what it refuses blames session `index`. */
function numbered<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (refusal) {
    throw refusal instanceof Refusal ? new Refusal(refusal.code + sessionNumber(index)) : refusal;
  }
}

function password(raw: Raw, index: number): SessionUse {
  demand((raw.attributes & ~SESSION.continueSession) === 0, RC.attributes + sessionNumber(index));
  demand(raw.nonceCaller.length === 0, RC.nonce + sessionNumber(index));
  return { ...raw, auth: trimmed(raw.auth), session: undefined, authorizes: undefined };
}

interface Around {
  readonly state: TpmState;
  readonly command: Command;
  readonly uses: readonly SessionUse[];
}

function loaded(raw: Raw, index: number, around: Around): SessionUse {
  const { state, command, uses } = around;
  const session = state.sessions.find(raw.handle);
  if (session === undefined) throw new Refusal(RC.referenceS0 + index);
  const check = (holds: boolean, code: number): void => {
    demand(holds, code + sessionNumber(index));
  };
  check(!uses.some((use) => use.handle === raw.handle), RC.handle);
  const asks = (bit: number): boolean => (raw.attributes & bit) !== 0;
  const isOnly = (bit: number): boolean => !uses.some((use) => (use.attributes & bit) !== 0);
  for (const [bit, allowed] of [
    [SESSION.decrypt, command.takesEncrypted],
    [SESSION.encrypt, command.answersEncrypted],
  ] as const) {
    if (!asks(bit)) continue;
    check(allowed === true && isOnly(bit), RC.attributes);
    check(session.start.symmetric.alg !== ALG.null, RC.symmetric);
  }
  if (asks(SESSION.audit)) {
    check(isOnly(SESSION.audit) && !session.start.isPolicy, RC.attributes);
    const mustBeExclusive =
      !asks(SESSION.auditReset) && session.auditDigest !== undefined && asks(SESSION.auditExclusive);
    if (mustBeExclusive) demand(state.sessions.exclusive === raw.handle, RC.exclusive);
  }
  return { ...raw, session, authorizes: undefined };
}
