/**
 * Ids of the rules that only an H1, or a host that talks to one, has to keep. All others are those of every TPM behind
 * SPI.
 */
export const OF_H1: ReadonlySet<string> = new Set([
  'pulse-per-frame',
  'no-pulse-for-empty-select',
  'pulse-delay',
  'pulse-width',
  'frame-after-pulse',
  'gap-without-pulse',
  'wake-after-idle',
  'wake-pulse-width',
  'wake-settle',
  'write-length',
  'header-not-ready',
  'filler',
  'status-valid',
  'burst-count',
  'burst-stated',
  'data-expected',
  'status-after-reset',
  'ready-stated',
  'access-stated',
]);
