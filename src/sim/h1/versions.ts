import { HilError, seconds } from '../../units/index.ts';
import type { Duration } from '../../units/index.ts';
import type { LibraryProfile } from '../tpm-engine.ts';
import { ALL_COMMANDS, CORE_COMMANDS } from '../tpm/index.ts';

/** A Cr50 RW version, `epoch.major.minor`. */
export interface FirmwareVersion {
  readonly text: string;
  readonly epoch: number;
  /** Odd: production; even: before it. The two of a pair are the same code: 0.5.x and 0.6.x. [CHIP 0] */
  readonly major: number;
  readonly minor: number;
}

/** The text given as a firmware version cannot be read as one. */
export class BadFirmwareVersion extends HilError {
  readonly blames = 'usage';

  constructor(readonly text: string) {
    super(`"${text}" is no Cr50 firmware version; write epoch, major and minor, such as 0.5.4.`);
  }
}

/** @throws BadFirmwareVersion unless `text` is three decimal numbers with dots between. */
export function parseVersion(text: string): FirmwareVersion {
  const match = /^(\d{1,4})\.(\d{1,4})\.(\d{1,5})$/.exec(text);
  if (!match) throw new BadFirmwareVersion(text);
  return { text, epoch: Number(match[1]), major: Number(match[2]), minor: Number(match[3]) };
}

/** The version with these numbers, however large: an image may carry any. */
export const versionOf = ({ epoch, major, minor }: Omit<FirmwareVersion, 'text'>): FirmwareVersion => ({
  text: `${epoch}.${major}.${minor}`,
  epoch,
  major,
  minor,
});

const pairOf = (major: number): number => Math.ceil(major / 2);

/** Whether `version` came out before `other`, where 0.5.n and 0.6.n are one. */
export function isBefore(version: FirmwareVersion, other: string): boolean {
  const { epoch, major, minor } = parseVersion(other);
  if (version.epoch !== epoch) return version.epoch < epoch;
  if (pairOf(version.major) !== pairOf(major)) return pairOf(version.major) < pairOf(major);
  return version.minor < minor;
}

/** What differs from version to version. The newest tree has none of the flags set. */
export interface FirmwareTraits {
  /** Ready pulses: none, after every CS assertion, or only after those with data. */
  readonly pulses: 'none' | 'after-every-select' | 'after-data';
  /** The pulse is 4 us wide, too short for some hosts. */
  readonly hasShortPulses: boolean;
  /** The pulse begins before the controller is ready: a frame that follows at once is not heard rightly. */
  readonly pulsesTooEarly: boolean;
  /** The last header byte may already say ready although data follow later. */
  readonly saysReadyInHeader: boolean;
  /** A CS edge that is handled late ends the frame that has begun meanwhile. */
  readonly lateEdgeKillsFrame: boolean;
  /** Write data begin right behind the ready byte and act when the last has come, not at the end of the frame. */
  readonly takesWriteDataAtOnce: boolean;
  /** dataAvail and burstCount stay as they are when a response is aborted. */
  readonly keepsDataAvailOnAbort: boolean;
  /** commandReady stays as it is when the locality is released. */
  readonly keepsCommandReadyOnRelease: boolean;
  readonly hasBoardCfg: boolean;
  /** Updated images wait for TURN_UPDATE_ON before they may run. */
  readonly hasTurnUpdateOn: boolean;
  /** Any command code with bit 29 set is a vendor command, not only 20000000. */
  readonly takesVendorBit: boolean;
  /** Another TPM reset is refused until a register was read, not just until the first one is done. */
  readonly debouncesReset: boolean;
  /** How long TPM_RST_L stays asserted until the host counts as off. */
  readonly hostOffAfter: Duration;
  /** SET_BOARD_ID with a blank type keeps the flags, and the type can be set later. */
  readonly setsFlagsAlone: boolean;
  /** Board ID, serial number and more can be read as NV indexes. [CHIP 5.6] */
  readonly tellsFactoryNv: boolean;
  /** What the TPM library of this release has. */
  readonly library: LibraryProfile;
}

/** One change of behaviour: what a version before it has instead. */
interface Change {
  readonly since: string;
  readonly before: Partial<FirmwareTraits>;
  readonly source: string;
}

const NEWEST: FirmwareTraits = {
  pulses: 'after-data',
  hasShortPulses: false,
  pulsesTooEarly: false,
  saysReadyInHeader: false,
  lateEdgeKillsFrame: false,
  takesWriteDataAtOnce: false,
  keepsDataAvailOnAbort: false,
  keepsCommandReadyOnRelease: false,
  hasBoardCfg: true,
  hasTurnUpdateOn: true,
  takesVendorBit: false,
  debouncesReset: true,
  hostOffAfter: seconds(3),
  setsFlagsAlone: true,
  tellsFactoryNv: true,
  library: { commands: CORE_COMMANDS, extendsPcr0Once: true },
};

/** From the newest to the oldest: an older version has everything above it undone too. */
const CHANGES: readonly Change[] = [
  { since: '0.5.240', before: { hostOffAfter: seconds(1) }, source: '[CHIP 2, 7] EC-git 67dcaaae91' },
  {
    since: '0.5.200',
    before: { library: { commands: CORE_COMMANDS, extendsPcr0Once: false } },
    source: '[CHIP 5.5]',
  },
  {
    // The sources tell what 0.5.4 and 0.5.280 have, not which release between them dropped commands: this one is ours.
    since: '0.5.100',
    before: { library: { commands: ALL_COMMANDS, extendsPcr0Once: false } },
    source: '[CHIP 5.5]',
  },
  { since: '0.5.30', before: { debouncesReset: false }, source: '[CHIP 6] EC-git f42ae66a81' },
  { since: '0.5.8', before: { debouncesReset: true }, source: '[CHIP 6]' },
  { since: '0.5.5', before: { hasBoardCfg: false }, source: '[CHIP 4.6, 7] EC-git 77f11cd9e9' },
  { since: '0.5.3', before: { pulsesTooEarly: true }, source: '[CHIP 7] EC-git 7e1672d906' },
  { since: '0.5.1', before: { debouncesReset: false }, source: '[CHIP 6]' },
  // The sources tell that trees of 2018 and later have them, not the first release that does: this one is ours.
  { since: '0.5.1', before: { tellsFactoryNv: false }, source: '[CHIP 5.6]' },
  { since: '0.3.29', before: { debouncesReset: true }, source: '[CHIP 6]' },
  { since: '0.3.25', before: { hasShortPulses: true }, source: '[CHIP 3, 7] EC-git 2367420fd6' },
  { since: '0.3.25', before: { takesVendorBit: true }, source: '[CHIP 5.1] EC-git f6eac964c6' },
  { since: '0.3.24', before: { setsFlagsAlone: false }, source: '[CHIP 5.2]' },
  { since: '0.3.23', before: { debouncesReset: false }, source: '[CHIP 6]' },
  {
    since: '0.3.19',
    before: { keepsCommandReadyOnRelease: true },
    source: '[CHIP 7] EC-git 5188d521f4',
  },
  {
    since: '0.3.13',
    before: { keepsDataAvailOnAbort: true },
    source: '[CHIP 7] EC-git c320195349, 0d41bed0bc',
  },
  {
    since: '0.3.11',
    before: { takesWriteDataAtOnce: true },
    source: '[CHIP 7] EC-git 21bb2cbbe9',
  },
  { since: '0.0.26', before: { lateEdgeKillsFrame: true }, source: '[CHIP 1.5, 7] EC-git 753247a659' },
  {
    since: '0.0.19',
    before: { hasTurnUpdateOn: false },
    source: '[CHIP 5.3] EC-git 9e931878ca',
  },
  {
    since: '0.0.18',
    before: { pulses: 'after-every-select' },
    source: '[CHIP 3, 7] EC-git 2c0b6b7d3d',
  },
  { since: '0.0.17', before: { pulses: 'none' }, source: '[CHIP 3, 7] EC-git 569b5e8f0f' },
  {
    // The sources say "earlier versions" and give no number; this one is ours.
    since: '0.0.17',
    before: { saysReadyInHeader: true },
    source: '[CHIP 1.3, 7]',
  },
];

/** How firmware of this version behaves. */
export function traitsOf(version: FirmwareVersion): FirmwareTraits {
  let traits = NEWEST;
  for (const change of CHANGES) if (isBefore(version, change.since)) traits = { ...traits, ...change.before };
  return traits;
}
