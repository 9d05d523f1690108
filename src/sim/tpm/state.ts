import { ALG, HT, RC, Refusal, RH, typeOfHandle } from './codes.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { between, inMs } from '../../units/index.ts';
import type { Random } from '../random.ts';
import type { LibraryProfile } from '../tpm-engine.ts';
import { hmac, wordBytes } from './hashes.ts';
import { Hierarchies } from './hierarchies.ts';
import { Lockout } from './lockout.ts';
import { NvStore } from './nv.ts';
import type { Loaded } from './objects.ts';
import { isSequence, Objects } from './objects.ts';
import { Pcrs } from './pcrs.ts';
import { Sessions } from './sessions.ts';
import type { Ticket } from './types.ts';

const EMPTY = new Uint8Array();
/** The clock goes to flash this often, in powers of two of ms; from then on it is safe. [TPM2 Part 1, 36.3] */
const CLOCK_UPDATE_BITS = 12n;
/** Saved contexts that can still be loaded; a resource manager saves one a command. */
const MAX_CONTEXTS = 1n << 16n;

/** An object as a context keeps it: a sequence goes on where it was saved, however often it is loaded. */
const asSaved = (object: Loaded): Loaded => (isSequence(object) ? object.copy() : object);

/** What the library remembers between commands. */
export class TpmState {
  readonly pcrs = new Pcrs();
  readonly objects = new Objects();
  readonly sessions = new Sessions();
  readonly nv = new NvStore();
  readonly lockout = new Lockout();
  readonly hierarchies: Hierarchies;
  isStarted = false;
  /** Shutdown(STATE) was the last thing that changed what it saves. */
  isSaved = false;
  isOrderly = true;
  /** The last start followed an orderly end. */
  wasOrderly = true;
  resetCount = 0;
  restartCount = 0;
  /** PCR 0 was extended since the firmware started. [CHIP 5.5] */
  pcr0IsExtended = false;
  contextSequence = 0n;
  /** Objects whose contexts were saved, by sequence number: the newest of them. */
  readonly #contexts = new Map<bigint, Loaded>();
  #clockOffset = 0n;
  #unsafeSince: bigint | undefined;
  #startedAt: Instant;
  readonly #madeAt: Instant;

  constructor(
    readonly random: Random,
    private readonly now: () => Instant,
    public profile: LibraryProfile,
  ) {
    this.nv.factory = profile.factoryNv;
    this.hierarchies = new Hierarchies(random.fork('proof'));
    this.#startedAt = now();
    this.#madeAt = now();
  }

  /** TPM_RST_L: RAM is lost, what Shutdown(STATE) saved is kept. [CHIP 6] */
  reset(): void {
    this.isStarted = false;
    this.objects.clear();
    this.sessions.clear(true);
    this.#startedAt = this.now();
  }

  powerCycle(profile: LibraryProfile): void {
    this.profile = profile;
    this.nv.factory = profile.factoryNv;
    this.reset();
    this.pcr0IsExtended = false;
  }

  /** Since the last TPM reset, in ms. [CHIP 5.5] */
  get time(): bigint {
    return BigInt(Math.floor(inMs(this.#since(this.#startedAt))));
  }

  /** Since the TPM was made, in ms, and what ClockSet added. */
  get clock(): bigint {
    return BigInt(Math.floor(inMs(this.#since(this.#madeAt)))) + this.#clockOffset;
  }

  set clock(value: bigint) {
    this.#clockOffset += value - this.clock;
  }

  /** Whether the clock cannot show a value that it has shown before. */
  get clockIsSafe(): boolean {
    const { clock } = this;
    if (this.#unsafeSince === undefined) return true;
    return clock >> CLOCK_UPDATE_BITS > this.#unsafeSince >> CLOCK_UPDATE_BITS;
  }

  /** Startup, after an end that was orderly or not. */
  startClock(wasOrderly: boolean): void {
    this.#unsafeSince = wasOrderly ? undefined : this.clock;
  }

  saveContext(sequence: bigint, object: Loaded): void {
    this.#contexts.set(sequence, asSaved(object));
    this.#contexts.delete(sequence - MAX_CONTEXTS);
  }

  findContext(sequence: bigint): Loaded | undefined {
    const object = this.#contexts.get(sequence);
    return object === undefined ? undefined : asSaved(object);
  }

  /** The name of what a handle stands for. [TPM2 Part 1, 16] */
  nameOf(handle: number): Uint8Array {
    const type = typeOfHandle(handle);
    if (type === HT.nvIndex) return this.nv.find(handle)?.name ?? EMPTY;
    if (type !== HT.transient && type !== HT.persistent) return wordBytes(handle);
    const object = this.objects.find(handle);
    return object === undefined || isSequence(object) ? EMPTY : object.name;
  }

  /** The authorization value of what a handle stands for. */
  authOf(handle: number): Uint8Array {
    const authority = this.hierarchies.of(handle);
    if (authority !== undefined) return authority.auth;
    if (typeOfHandle(handle) === HT.nvIndex) return this.nv.find(handle)?.auth ?? EMPTY;
    const object = this.objects.find(handle);
    if (isSequence(object)) return object.auth;
    return object?.sensitive?.auth ?? EMPTY;
  }

  /** The authorization policy of what a handle stands for, and the hash it is made with. */
  policyOf(handle: number): { readonly policy: Uint8Array; readonly alg: number } {
    const authority = this.hierarchies.of(handle);
    if (authority !== undefined) return { policy: authority.policy, alg: authority.policyAlg };
    const area =
      typeOfHandle(handle) === HT.nvIndex ? this.nv.find(handle)?.area : this.objects.key(handle)?.area;
    return area === undefined
      ? { policy: EMPTY, alg: ALG.null }
      : { policy: area.authPolicy, alg: area.nameAlg };
  }

  /** The hierarchy that something belongs to. [TPM2 Entity.c] */
  hierarchyOf(handle: number): number {
    if ([RH.platform, RH.endorsement, RH.null].some((each) => each === handle)) return handle;
    if (typeOfHandle(handle) === HT.nvIndex) return this.nv.find(handle)?.hierarchy ?? RH.owner;
    return this.objects.key(handle)?.hierarchy ?? RH.owner;
  }

  /** The code by which the TPM knows again what it vouched for. [TPM2 Part 2, 10.7] */
  ticket(tag: number, hierarchy: number, ...parts: readonly Uint8Array[]): Ticket {
    const proof = this.hierarchies.proof(hierarchy);
    return { tag, hierarchy, digest: hmac(ALG.sha256, proof, wordBytes(tag), ...parts) };
  }

  /** A key behind a handle that unmarshalling found to be one. @throws Refusal `code` when it is a sequence. */
  key(handle: number, code: number = RC.handle): NonNullable<ReturnType<Objects['key']>> {
    const key = this.objects.key(handle);
    if (key === undefined) throw new Refusal(code);
    return key;
  }

  #since(moment: Instant): Duration {
    return between(moment, this.now());
  }
}
