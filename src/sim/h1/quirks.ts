/** Where the chip departs from what the TCG's documents lead a host to expect, or from what no source tells. */
export interface Quirk {
  readonly what: string;
  /** Where it is documented; `ours` where no source knows and a choice had to be made. */
  readonly source: string;
}

/** Every departure has a name, so that code and tests can refer to it. */
export const QUIRKS = {
  firstFrameAllOnes: {
    what: 'The first frame with data after an interface start sees FF instead of 00 until its ready byte.',
    source: '[CHIP 1.3]',
  },
  lastBytesAreData: {
    what: 'Write data are the last bytes of the frame, whatever lies between them and the header.',
    source: '[CHIP 1.5]',
  },
  bytesBeforeTheFrameAreZero: {
    what: 'A write frame shorter than its declared size takes the missing bytes from before the buffer: 00 here.',
    source: '[CHIP 1.5] says undefined; ours',
  },
  staleBytes: {
    what: 'Unknown registers, other localities and bytes beyond a register return what was read before.',
    source: '[CHIP 1.6]',
  },
  lateEdgeMergesFrames: {
    what: 'A frame that begins before the end of the one before was handled is merged with it.',
    source: '[CHIP 1.5]',
  },
  stallKeepsReads: {
    what: 'A read is answered after a stall of more than 1019 wait bytes, which do not fit the receive ring.',
    source: '[CHIP 1.5] tells that nobody knows; ours',
  },
  commandReadyStaysSet: {
    what: 'commandReady reads 1 during reception, execution and completion.',
    source: '[CHIP 4.3]',
  },
  twoCommandReadyWrites: {
    what: 'commandReady leads from reception, execution and completion to idle; a second one to ready.',
    source: '[CHIP 4.3]',
  },
  expectOutlivesAbort: {
    what: 'Expect stays set when a partial command is aborted, until the next complete one.',
    source: '[CHIP 4.3]',
  },
  goWithExpect: { what: 'tpmGo executes a partial command.', source: '[CHIP 4.3]' },
  noLocalityNeeded: { what: 'Commands work although no locality is active.', source: '[CHIP 4.2]' },
  releaseForcesIdle: {
    what: 'Releasing the locality forces the command state to idle in any state.',
    source: '[CHIP 4.2]',
  },
  noCancel: { what: 'commandCancel is ignored.', source: '[CHIP 4.3]' },
  abortedCommandCompletes: {
    what: 'A command aborted during execution completes all the same, and its response appears.',
    source: '[CHIP 4.3]',
  },
  overrunToReady: {
    what: 'A write beyond 2048 bytes empties the FIFO and leads to ready, without an error bit.',
    source: '[CHIP 4.3]',
  },
  readClearsCommandReady: {
    what: 'Reading an empty FIFO clears commandReady.',
    source: '[CHIP 4.3]',
  },
  retryKeepsStatus: {
    what: 'responseRetry rewinds the response, but dataAvail and burstCount follow only at the next FIFO read.',
    source: '[CHIP 4.3]',
  },
  misoWhileAsleep: {
    what: 'MISO carries 00 while the chip sleeps, wakes or has no power; bytes clocked meanwhile are lost whole.',
    source: '[CHIP 1.3, 2] tell "garbled or lost", bytes not found; ours',
  },
  misoWhileBooting: {
    what: 'MISO carries FF from power to the first interface start: the reset value of the dummy byte.',
    source: 'ours, after GC_SPS_DUMMY_WORD_DEFAULT in [CHIP 1.3]',
  },
  earlyPulse: {
    what: 'Before 0.5.3 the ready pulse begins 5 us before the frame is handled to its end.',
    source: '[CHIP 7] tells that it came too early, not by how much; ours',
  },
  simulatedSignature: {
    what: 'Images are signed with two simulated keys; in place of an RSA signature stands a SHA-256 digest with a mark.',
    source: 'ours: nobody outside has the real keys',
  },
  newestImageRuns: {
    what: 'At each boot the newest whole image of either section runs, the one in A where both are of one version.',
    source: '[CHIP 5.3] tells only that a restored header may boot; ours',
  },
  factoryImagesInB: {
    what: 'The chip comes with its images in the B sections and with erased A sections; what it came with cannot be read back.',
    source: '[CHIP 10.3] runs RO_B and RW_B; the rest is ours',
  },
  wholeResetClearsBoardCfg: {
    what: 'IMMEDIATE_RESET and the reboot into an update lose TPM_BOARD_CFG, as a power cycle does.',
    source: '[CHIP 4.6, 6]',
  },
  newestVendorCommands: {
    what: 'Every version answers the vendor commands of the newest tree, although some came later, GET_CHIP_ID in December 2024; only TURN_UPDATE_ON begins with its version.',
    source: '[CHIP 5.2] names no first releases; ours',
  },
  benchButtons: {
    what: 'Buttons read as not pressed, the boot mode as normal, write protection as enabled, the console as locked, the host firmware as not verified, board properties as 0: there is no laptop around.',
    source: 'ours',
  },
  stalledReadFails: {
    what: 'A read that stalls for 509 to 1019 wait bytes gets no register but 01 for ever, unless the end of the receive ring splits it.',
    source: '[CHIP 1.5]',
  },
  writeProtectedRma: {
    what: 'SN_INC_RMA is refused with 0x507 in an answer that fills the whole buffer, as long as write protection is enabled, which here is always.',
    source: '[CHIP 5.2]',
  },
  uninitialisedAnswers: {
    what: 'After too many resets that nobody commanded every TPM2 command is answered with 0x100, one with a wrong header too.',
    source: '[CHIP 6]; the wrong header is ours',
  },
  emptyEventLog: {
    what: 'POP_LOG_ENTRY finds no entry, although a real chip logs at least its first start.',
    source: 'ours: nothing on a bench writes events',
  },
} as const satisfies Record<string, Quirk>;
