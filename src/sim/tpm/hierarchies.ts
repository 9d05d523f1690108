import type { Random } from '../random.ts';
import { ALG, RH } from './codes.ts';

const EMPTY = new Uint8Array();
const SEED_SIZE = 32;

/** A hierarchy's authorization: by value and by policy. */
export class Authority {
  auth: Uint8Array = EMPTY;
  policy: Uint8Array = EMPTY;
  policyAlg: number = ALG.null;

  clear(): void {
    this.auth = EMPTY;
    this.policy = EMPTY;
    this.policyAlg = ALG.null;
  }
}

/** Owner, endorsement, platform and lockout: who may do what, and what their keys come from. [TPM2 Part 1, 13] */
export class Hierarchies {
  readonly owner = new Authority();
  readonly endorsement = new Authority();
  readonly platform = new Authority();
  readonly lockout = new Authority();
  isOwnerOn = true;
  isEndorsementOn = true;
  isPlatformOn = true;
  isPlatformNvOn = true;
  clearIsDisabled = false;
  readonly #seeds = new Map<number, Uint8Array>();
  readonly #proofs = new Map<number, Uint8Array>();

  constructor(private readonly random: Random) {
    for (const handle of [RH.owner, RH.endorsement, RH.platform]) this.#renew(handle);
    this.renewNull();
  }

  of(handle: number): Authority | undefined {
    switch (handle) {
      case RH.owner:
        return this.owner;
      case RH.endorsement:
        return this.endorsement;
      case RH.platform:
        return this.platform;
      case RH.lockout:
        return this.lockout;
      default:
        return undefined;
    }
  }

  isOn(handle: number): boolean {
    if (handle === RH.owner) return this.isOwnerOn;
    if (handle === RH.endorsement) return this.isEndorsementOn;
    return handle !== RH.platform || this.isPlatformOn;
  }

  /** What primary keys of a hierarchy come from. */
  seed(handle: number): Uint8Array {
    return this.#seeds.get(handle)!;
  }

  /** What tickets of a hierarchy are made with. */
  proof(handle: number): Uint8Array {
    return this.#proofs.get(handle)!;
  }

  /** As Startup(CLEAR) leaves them. */
  startClear(): void {
    this.isOwnerOn = true;
    this.isEndorsementOn = true;
    this.isPlatformNvOn = true;
    this.platform.clear();
    this.renewNull();
  }

  /** As TPM2_Clear leaves them: the keys of the owner and the proofs of the owner and of endorsement are gone. */
  clearOwner(): void {
    this.#renew(RH.owner);
    this.#proofs.set(RH.endorsement, this.random.bytes(SEED_SIZE));
    this.isOwnerOn = true;
    this.isEndorsementOn = true;
    this.clearIsDisabled = false;
    for (const authority of [this.owner, this.endorsement, this.lockout]) authority.clear();
  }

  renewNull(): void {
    this.#renew(RH.null);
  }

  #renew(handle: number): void {
    this.#seeds.set(handle, this.random.bytes(SEED_SIZE));
    this.#proofs.set(handle, this.random.bytes(SEED_SIZE));
  }
}
