/** Dictionary attack protection. [TPM2 Part 1, 19.8] */
export class Lockout {
  failedTries = 0;
  /** [CHIP 5.2] 23 tells 32 where nothing else was set. */
  maxTries = 32;
  recoveryTime = 1000;
  lockoutRecovery = 1000;
  isLockoutAuthOn = true;

  get isLockedOut(): boolean {
    return this.failedTries >= this.maxTries;
  }

  fail(): void {
    if (this.recoveryTime !== 0) this.failedTries++;
  }

  /** As Startup does: without a recovery time a restart is the way out. */
  start(): void {
    if (this.lockoutRecovery === 0) this.isLockoutAuthOn = true;
  }

  reset(): void {
    this.failedTries = 0;
  }
}
