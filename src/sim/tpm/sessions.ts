import { demand, RC } from './codes.ts';
import { digestSize } from './hashes.ts';
import type { Symmetric } from './types.ts';

/** [CHIP 5.1] */
export const MAX_LOADED_SESSIONS = 3;
export const MAX_ACTIVE_SESSIONS = 64;
const HMAC_FIRST = 0x02000000;
const POLICY_FIRST = 0x03000000;

/** What a policy session has been told so far. [TPM2 Part 1, 19.7] */
export interface Policy {
  digest: Uint8Array;
  commandCode: number;
  locality: number;
  cpHash: Uint8Array;
  /** What `cpHash` holds is the hash of all parameters, not that of the names. */
  hasCpHash: boolean;
  pcrCounter: number | undefined;
  needsAuthValue: boolean;
  needsPassword: boolean;
  timeoutMs: bigint;
  nvWritten: boolean | undefined;
}

/** A policy that demands nothing yet. */
export const freshPolicy = (alg: number): Policy => ({
  digest: new Uint8Array(digestSize(alg)),
  commandCode: 0,
  locality: 0,
  cpHash: new Uint8Array(),
  hasCpHash: false,
  pcrCounter: undefined,
  needsAuthValue: false,
  needsPassword: false,
  timeoutMs: 0n,
  nvWritten: undefined,
});

/** What was agreed when a session was started. [TPM2 Part 3, 11.1] */
export interface SessionStart {
  readonly isPolicy: boolean;
  readonly isTrial: boolean;
  readonly hash: number;
  readonly symmetric: Symmetric;
  readonly sessionKey: Uint8Array;
  /** Name and authorization of the entity it is bound to. */
  readonly boundTo?: Uint8Array;
  readonly isDaBound: boolean;
  readonly isLockoutBound: boolean;
  readonly startedMs: bigint;
}

/** An authorization session. [TPM2 Part 1, 19] */
export class Session {
  policy: Policy;
  nonceTpm: Uint8Array;
  boundTo: Uint8Array | undefined;
  auditDigest: Uint8Array | undefined;

  constructor(
    readonly start: SessionStart,
    nonceTpm: Uint8Array,
  ) {
    this.nonceTpm = nonceTpm;
    this.boundTo = start.boundTo;
    this.policy = freshPolicy(start.hash);
  }

  /** Forgets what the policy was told. */
  restart(): void {
    this.policy = freshPolicy(this.start.hash);
  }
}

/** The handle of the other kind of session in the same slot. */
const otherKind = (handle: number): number =>
  handle < POLICY_FIRST ? handle - HMAC_FIRST + POLICY_FIRST : handle - POLICY_FIRST + HMAC_FIRST;

/** The loaded sessions, and the saved ones whose handles are taken. */
export class Sessions {
  readonly #loaded = new Map<number, Session>();
  readonly #saved = new Map<number, { readonly session: Session; readonly sequence: bigint }>();
  /** The session that alone may audit; any other command ends that. */
  exclusive: number | undefined;

  get handles(): number[] {
    return [...this.#loaded.keys()].sort((a, b) => a - b);
  }

  get savedHandles(): number[] {
    return [...this.#saved.keys()].sort((a, b) => a - b);
  }

  get active(): number {
    return this.#loaded.size + this.#saved.size;
  }

  /** @throws Refusal TPM_RC_SESSION_MEMORY or TPM_RC_SESSION_HANDLES when there is no room. */
  load(session: Session): number {
    demand(this.#loaded.size < MAX_LOADED_SESSIONS, RC.sessionMemory);
    for (let slot = 0; slot < MAX_ACTIVE_SESSIONS; slot++) {
      if (this.#isTaken(slot)) continue;
      const handle = (session.start.isPolicy ? POLICY_FIRST : HMAC_FIRST) + slot;
      this.#loaded.set(handle, session);
      return handle;
    }
    demand(false, RC.sessionHandles);
    return 0;
  }

  find(handle: number): Session | undefined {
    return this.#loaded.get(handle);
  }

  save(handle: number, sequence: bigint): void {
    const session = this.#loaded.get(handle)!;
    this.#loaded.delete(handle);
    this.#saved.set(handle, { session, sequence });
  }

  /** Loads a saved session again, under its old handle. Only its newest context counts. [TPM2 Part 1, 30.3] */
  reload(handle: number, sequence: bigint): void {
    const saved = this.#saved.get(handle);
    demand(saved?.sequence === sequence, RC.handle);
    const { session } = saved;
    demand(this.#loaded.size < MAX_LOADED_SESSIONS, RC.sessionMemory);
    this.#saved.delete(handle);
    this.#loaded.set(handle, session);
  }

  /** Whether a session of the other kind has the slot of this handle. */
  isOfOtherKind(handle: number): boolean {
    return this.#loaded.has(otherKind(handle));
  }

  /** By its slot: the kind of the handle does not matter. [TPM2 FlushContext.c] */
  flush(handle: number): boolean {
    return [handle, otherKind(handle)].some((each) => this.#loaded.delete(each) || this.#saved.delete(each));
  }

  /** RAM is lost; saved sessions outlive that where `keepsSaved`. */
  clear(keepsSaved: boolean): void {
    this.#loaded.clear();
    if (!keepsSaved) this.#saved.clear();
    this.exclusive = undefined;
  }

  #isTaken(slot: number): boolean {
    const handles = [HMAC_FIRST + slot, POLICY_FIRST + slot];
    return handles.some((handle) => this.#loaded.has(handle) || this.#saved.has(handle));
  }
}
