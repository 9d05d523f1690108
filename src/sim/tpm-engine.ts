/** What differs between the TPM libraries of Cr50's releases. */
export interface LibraryProfile {
  /** Codes of the commands that there are; any other is TPM_RC_COMMAND_CODE. */
  readonly commands: ReadonlySet<number>;
  /** A second extend of PCR 0 does nothing, with success. [CHIP 5.5] */
  readonly extendsPcr0Once: boolean;
  /** What the chip itself tells as NV indexes; none in old releases. [CHIP 5.6] */
  readonly factoryNv?: FactoryNv;
}

/** Data of the chip behind NV index 0x013fff00 and those that follow, by their number from there; empty beyond the last. */
export type FactoryNv = (number: number) => Uint8Array;

/**
 * The TPM library inside the chip: a command in, its response out, at once. How long the command takes on the wire is
 * the chip's timing, not the engine's.
 */
export interface TpmEngine {
  /**
   * `command` holds the bytes that were in the FIFO when the TPM task fetched them: possibly none, possibly not as many
   * as its size field says. The bytes are the engine's to keep. An empty response is one that never comes.
   */
  execute(command: Uint8Array): Uint8Array;

  /** TPM_RST_L rose: volatile state is lost, non-volatile and saved state are kept, and Startup is needed again. [CHIP 6] */
  reset(): void;

  /**
   * The chip's firmware starts afresh, after a power cycle or deep sleep: a reset, and RAM of every kind is lost.
   * `profile` is the library of the release that starts. [CHIP 2, 6]
   */
  powerCycle(profile: LibraryProfile): void;
}
