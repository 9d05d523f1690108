import { cpHash, hmacKey, rpHash } from './authorization.ts';
import { RC, ST } from './codes.ts';
import type { Call } from './command.ts';
import { digest, digestSize, hmac } from './hashes.ts';
import { encryptResponse } from './parameter-encryption.ts';
import type { SessionUse } from './session-area.ts';
import { SESSION } from './session-area.ts';
import { ResponseWriter } from './writer.ts';

const HEADER_SIZE = 10;
const EMPTY = new Uint8Array();

/** Runs a command whose sessions are checked, and puts its response together. `uses` is undefined without sessions. */
export function writeResponse(call: Call, uses: readonly SessionUse[] | undefined): Uint8Array {
  const auths = uses?.map(({ authorizes }) =>
    authorizes === undefined ? EMPTY : call.state.authOf(authorizes),
  );
  const audited = uses?.map((use) => (isAudit(use) ? cpHash(call, use.session!.start.hash) : EMPTY));
  call.command.run(call);
  const parameters = call.response.done();
  uses?.forEach(({ session }) => {
    if (session !== undefined) session.nonceTpm = call.state.random.bytes(session.nonceTpm.length);
  });
  if (uses !== undefined) encryptResponse(call.state, uses, parameters);
  const body = new ResponseWriter();
  if (call.newHandle !== undefined) body.u32(call.newHandle);
  if (uses !== undefined) body.u32(parameters.length);
  body.bytes(parameters);
  updateExclusive(call, uses);
  uses?.forEach((use, at) => {
    audit(call, use, audited![at]!, parameters);
    acknowledge(call, use, auths![at]!, { parameters, body });
  });
  return new ResponseWriter()
    .u16(uses === undefined ? ST.noSessions : ST.sessions)
    .u32(HEADER_SIZE + body.length)
    .u32(RC.success)
    .bytes(body.done())
    .done();
}

const isAudit = ({ session, attributes }: SessionUse): boolean =>
  session !== undefined && (attributes & SESSION.audit) !== 0;

/** Only commands that one session audits keep that session exclusive. [TPM2 Part 1, 20.2] */
function updateExclusive({ state }: Call, uses: readonly SessionUse[] | undefined): void {
  const use = uses?.find(isAudit);
  const isFirst =
    use !== undefined &&
    (use.session!.auditDigest === undefined || (use.attributes & SESSION.auditReset) !== 0);
  if (use === undefined) state.sessions.exclusive = undefined;
  else if (isFirst) state.sessions.exclusive = use.handle;
  else if (state.sessions.exclusive !== use.handle) state.sessions.exclusive = undefined;
}

function audit(call: Call, use: SessionUse, command: Uint8Array, parameters: Uint8Array): void {
  const { session } = use;
  if (session === undefined || !isAudit(use)) return;
  const alg = session.start.hash;
  const isReset = session.auditDigest === undefined || (use.attributes & SESSION.auditReset) !== 0;
  const before = isReset ? new Uint8Array(digestSize(alg)) : session.auditDigest!;
  session.boundTo = undefined;
  session.auditDigest = digest(alg, before, command, rpHash(call, alg, parameters));
}

interface Answer {
  readonly parameters: Uint8Array;
  readonly body: ResponseWriter;
}

/** A password is acknowledged with an empty nonce and continueSession, a session with its new nonce and an HMAC. */
function acknowledge(call: Call, use: SessionUse, auth: Uint8Array, { parameters, body }: Answer): void {
  const { session } = use;
  if (session === undefined) {
    body.u16(0).u8(SESSION.continueSession).u16(0);
    return;
  }
  const { hash } = session.start;
  const key = hmacKey(call.state, use, auth);
  const attributes = use.attributes & ~SESSION.auditReset;
  const mac = (): Uint8Array =>
    hmac(
      hash,
      key,
      rpHash(call, hash, parameters),
      session.nonceTpm,
      use.nonceCaller,
      Uint8Array.of(attributes),
    );
  const isPassword = session.start.isPolicy && session.policy.needsPassword;
  body
    .sized(session.nonceTpm)
    .u8(attributes)
    .sized(key.length === 0 || isPassword ? EMPTY : mac());
  if ((use.attributes & SESSION.continueSession) === 0) call.state.sessions.flush(use.handle);
}
