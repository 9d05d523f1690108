/** Title of the table that a run makes of what it saw. */
export const BUGS_TABLE = 'Known bugs';

/** Where an entry is shown: by a test here, by one of suites/kernel-driver on a rig with a kernel, not yet, or nowhere because it says nothing that a rig could show. */
export type Where =
  | { readonly kind: 'shown' }
  | { readonly kind: 'kernel'; readonly rig: string }
  | { readonly kind: 'waits'; readonly rig: string; readonly capability: string }
  | { readonly kind: 'no-observable'; readonly why: string };

/** One known or suspected defect. [BUGS 2] [BUGS 3] */
export interface Entry {
  readonly id: string;
  readonly title: string;
  /** What a test looks at. */
  readonly observable: string;
  /** Profiles that have it; `every` where the fault lies outside of the driver. */
  readonly has: readonly string[] | 'every';
  readonly where: Where;
}

const FIRST = 'cr50-spi-v1';
const MERGED = 'linux-6.1';
const KERNEL = [FIRST, MERGED];

const shown = (id: string, has: Entry['has'], title: string, observable: string): Entry => ({
  id,
  title,
  observable,
  has,
  where: { kind: 'shown' },
});

const waits = (
  id: string,
  has: Entry['has'],
  title: string,
  observable: string,
  capability: string,
): Entry => ({
  id,
  title,
  observable,
  has,
  where: { kind: 'waits', rig: capability.startsWith('real') ? 'real H1' : 'virtual-lab', capability },
});

/** Shown by suites/kernel-driver: only a kernel has what it is about. */
const onKernel = (
  id: string,
  has: Entry['has'],
  title: string,
  observable: string,
  rig = 'virtual-lab',
): Entry => ({ id, title, observable, has, where: { kind: 'kernel', rig } });

const silent = (id: string, title: string, why: string): Entry => ({
  id,
  title,
  observable: 'none',
  has: [],
  where: { kind: 'no-observable', why },
});

/** The whole catalogue, in the order of its numbers. */
export const CATALOGUE: readonly Entry[] = [
  shown(
    'K-01',
    KERNEL,
    'chip select stays active after a failed access',
    'a frame that ends in a time-out leaves CS asserted',
  ),
  shown(
    'K-02',
    [],
    'transfer buffer smaller than header and data',
    'a 64-byte read changes bytes around its buffer',
  ),
  shown(
    'K-03',
    [FIRST],
    'wake settle sleep far too long',
    'more than 2.5 ms between wake pulse and frame at 100 ticks a second',
  ),
  shown('K-04', [], 'stale bytes on MOSI during flow control', 'a poll byte other than 00'),
  shown(
    'K-05',
    KERNEL,
    'an edge that is pending at request time',
    'the interrupt is confirmed before the first frame',
  ),
  shown(
    'K-07',
    KERNEL,
    'a pause too short for a busy chip',
    'without interrupt, frames are lost to a chip that is busy for 5 ms',
  ),
  shown('K-08', [], 'the interrupt can never be confirmed', 'pulses arrive and the log says not confirmed'),
  shown(
    'K-09',
    'every',
    'a zero-length wake transfer that does not toggle CS',
    'the first frame after idling is lost',
  ),
  shown('K-10', [], 'CS glitch when the pin changes hands', 'a frame is lost or times out after a glitch'),
  shown('K-11', 'every', 'a controller that ignores keep-CS', 'registers are read wrong or not at all'),
  shown(
    'K-12',
    [],
    'a controller that releases CS inside the access',
    'a frame that is not whole, or more CS assertions than accesses',
  ),
  shown('K-13', [MERGED], 'garbage burst count after a lost header', 'a burstCount above 64 is believed'),
  shown(
    'K-14',
    KERNEL,
    'ready pulse too short for the host',
    'GetRandom takes more than 5 s once pulses are missed',
  ),
  shown('K-15', [], 'module not loaded for the announced alias', 'the driver does not match spi:cr50'),
  onKernel(
    'K-16',
    KERNEL,
    'one-shot flag without a threaded handler',
    'no thread of the interrupt with threadirqs',
    'virtual-lab-threadirqs',
  ),
  onKernel('K-17', [], 'resume callback missing', 'every write fails after the first resume'),
  shown('K-18', [FIRST], 'a flag used as a lock', 'a command is refused with -11 while suspended'),
  shown(
    'K-19',
    [FIRST],
    'the random-number thread talks to a sleeping chip',
    'frames between suspend and resume when randomness is wanted',
  ),
  waits(
    'K-20',
    [],
    'freezing the random-number thread',
    'K-19 on kernels from both sides of the revert',
    'kernel 5.4-rc, which freezes the thread',
  ),
  shown('K-21', [FIRST], 'suspend does not wait for a command', 'suspend ends before the command in flight'),
  shown(
    'K-22',
    [],
    'a failed Shutdown keeps the system awake',
    'suspend fails when the TPM refuses Shutdown',
  ),
  shown('K-23', [MERGED], 'the suspended mark is set too late', 'a command on the wire after Shutdown'),
  shown(
    'K-24',
    [FIRST],
    'the chip is started although suspended',
    'locality frames of a command that is refused',
  ),
  shown(
    'K-25',
    [FIRST],
    'always firmware managed',
    'no Shutdown although the platform declares its firmware does not look after the TPM',
  ),
  shown('K-26', [], 'random quality 0 means no background reading', 'background traffic with quality 0'),
  shown(
    'K-27',
    'every',
    'background reading is on by default',
    'background traffic with the default quality',
  ),
  silent('K-28', 'build structure', 'concerns the build of the kernel, not its behaviour'),
  silent('K-29', 'duplicated code with unexplained differences', 'no functional verdict; see L-31'),
  shown('K-30', [FIRST], 'VerifySignature limit too short', 'VerifySignature of 3 s ends with -62'),
  shown('K-31', KERNEL, 'timeout B too short', 'a chip that needs 2.5 s for commandReady is given up'),
  waits(
    'K-32',
    [],
    'the status poll misses its last look',
    'a spurious time-out under load, kernels 6.4 to 6.13',
    'kernel 6.4 to 6.13 before the fix',
  ),
  waits(
    'K-33',
    [],
    'tpmGo after exhausted send retries',
    'tpmGo after 50 failures, kernels from 6.6',
    'kernel from 6.6',
  ),
  shown(
    'K-34',
    KERNEL,
    'no recovery from transfer errors',
    'one flipped bit in the size field of a response fails the command',
  ),
  shown('K-35', KERNEL, 'error results mistaken for data', 'a failed body read fails the command'),
  shown(
    'K-36',
    [FIRST],
    'a locality that is released late is waited for',
    'a command takes 400 ms longer when the release is shown late',
  ),
  shown(
    'K-37',
    [FIRST],
    'a status of FF is believed',
    'TPM_STS reads as FF and the driver takes it as it is',
  ),
  onKernel(
    'K-38',
    KERNEL,
    'a zero-length read discards the response',
    'read 0 bytes, then the response is gone',
  ),
  onKernel('K-39', KERNEL, 'character devices are seekable', 'a positional read succeeds'),
  shown('K-40', [], 'random-data bounds check', 'a size field beyond the body is accepted'),
  onKernel('K-41', KERNEL, 'non-blocking mode', 'an error is lost between write and read'),
  shown('K-42', [], 'error paths of registration', 'after a failed probe the next one fails too'),
  silent('K-43', 'the TIS interrupt test waits only 1 ms', 'the TIS interrupt is not used on this bus'),
  shown('K-44', KERNEL, 'an interrupt storm is never cut off', 'a line with noise of 10 kHz stays trusted'),
  shown(
    'K-45',
    KERNEL,
    'a slow answer taken for field failure',
    'a command table that takes 800 ms fails the probe or loses its commands',
  ),
  shown('K-46', KERNEL, 'foreign chips are accepted', 'the driver binds to vendor 1050'),
  waits('K-47', [], 'firmware implements a subset', 'the command list of each firmware version', 'real chip'),
  onKernel('K-49', [MERGED], 'asynchronous probing', 'a consumer at boot finds no TPM'),
  silent('K-50', 'new structure for transfer delays', 'mechanical, no change of behaviour'),
  shown('K-54', [], 'ready bit set too early by old firmware', 'a ready bit in the header is believed'),
  shown('K-56', KERNEL, 'chip busy at host start', 'the probe fails when another locality is active for 5 s'),

  shown('L-01', KERNEL, 'CS left active when the probe fails', 'CS stays asserted after a failed probe'),
  shown(
    'L-02',
    KERNEL,
    'the next access continues the broken frame',
    'TPM_DID_VID is read wrong 200 ms after a stalled write',
  ),
  shown('L-03', KERNEL, 'only the wake pulse heals', 'accesses 100 ms apart fail for 5 s'),
  shown(
    'L-04',
    KERNEL,
    'the version loop ignores errors',
    'the probe succeeds although no byte of the version could be read',
  ),
  shown('L-05', KERNEL, 'version text cut at 64 bytes', 'of a text of 79 characters 64 are kept'),
  shown(
    'L-06',
    KERNEL,
    'version read without locality',
    'the version is garbage on a chip that tells it only to the active locality',
  ),
  shown('L-07', KERNEL, 'given up, then haunted', 'pulses that come 70 ms late make the driver give up'),
  shown('L-08', KERNEL, 'one edge is proof for ever', 'a dead line stays trusted'),
  shown('L-09', KERNEL, 'noise disables the pacing', 'commands fail on a busy chip when the line is noisy'),
  shown(
    'L-10',
    KERNEL,
    'the 2 ms pause is not guaranteed',
    'a gap below 2 ms between two frames without interrupt',
  ),
  shown(
    'L-11',
    KERNEL,
    'the wake decision is stale when the frame starts',
    'a frame is lost after the bus was held for 1.2 s',
  ),
  shown('L-12', KERNEL, 'no margin in the sleep window', 'a chip that sleeps 10 ms early loses a frame'),
  shown('L-13', KERNEL, 'wake failure unnoticed', 'the bus fails the wake pulse and no error is noted'),
  shown('L-14', 'every', 'the wake time is an assumption', 'a chip that wakes in 60 ms loses a frame'),
  shown('L-15', [], 'pulses without a frame', 'an empty CS assertion gives a ready pulse'),
  shown(
    'L-16',
    KERNEL,
    'a late pulse counts for the wrong frame',
    'a frame follows at once although the pulse of the last one is missing',
  ),
  shown(
    'L-17',
    KERNEL,
    'no reset on error exits',
    'the access after a stalled one waits 700 ms for a pulse that cannot come',
  ),
  shown(
    'L-18',
    'every',
    'the poll loop never yields',
    'another device waits longer than 600 ms for the bus during a stall',
  ),
  shown('L-19', [FIRST], 'floating MISO is not recognised', 'MISO held high is announced as a TPM 1.2'),
  shown(
    'L-20',
    [...KERNEL, 'recommended'],
    'checks count without a wait',
    'how far a late line is trusted depends on the pauses of the host',
  ),
  shown('L-21', 'every', 'an occupied line is refused', 'Requesting IRQ failed with -16'),
  shown(
    'L-22',
    KERNEL,
    'what the suspended bit does not do',
    'the command in flight goes on after suspend to idle',
  ),
  shown(
    'L-23',
    KERNEL,
    'false time-out in the unproven phase',
    'time-out and confirmation are logged together',
  ),
  shown('L-24', KERNEL, 'tick wrap', 'no wake pulse after an idle time of one wrap and 500 ms'),
  shown('L-25', 'every', 'no Shutdown in suspend to idle', 'nothing is told to the TPM'),
  shown(
    'L-26',
    KERNEL,
    'resume trusts the firmware',
    'a TPM that was reset meanwhile answers 0x100 for ever',
  ),
  shown('L-27', [], 'zero length', 'an access of 0 bytes reaches the bus'),
  waits(
    'L-28',
    KERNEL,
    'rng_quality is read at probe only',
    'writing the parameter at run time has no effect',
    'kernel with the driver cr50_spi',
  ),
  onKernel('L-29', KERNEL, 'uninterruptible waits', 'a killed process ends only with its command'),
  shown('L-30', KERNEL, 'a lost header is never retried', 'one stalled frame fails a register read'),
  waits(
    'L-31',
    [FIRST],
    'DMA alignment',
    'a pattern read is damaged by writes to its neighbours',
    'real bus with DMA',
  ),
  shown(
    'L-32',
    [FIRST],
    'stale data on a failed data phase',
    "the caller's buffer changes although the read failed",
  ),
  shown(
    'L-33',
    KERNEL,
    'time-out beats ready in the same poll',
    'a frame fails whose last poll byte was ready',
  ),
  shown('L-34', [MERGED], 'frames of a split access are unpaced', 'two FIFO writes less than 100 us apart'),
  waits(
    'L-35',
    [MERGED],
    'half-duplex controllers bypass flow control',
    'no poll bytes on the wire',
    'real half-duplex controller',
  ),
  waits(
    'L-36',
    [MERGED],
    'the firmware-managed mark is set after registration',
    'Shutdown in a suspend between the two',
    'kernel stopped between two instructions',
  ),
  shown(
    'L-37',
    [MERGED],
    'resume talks to the chip before clearing the mark',
    'one failed access at resume leaves the chip unavailable',
  ),
  shown(
    'L-38',
    'every',
    'removal of a dead chip takes its time',
    'unbinding with MISO low takes longer than 700 ms',
  ),
  onKernel('L-39', KERNEL, 'unbind with an open file', 'the new device has another number'),
  waits(
    'L-40',
    KERNEL,
    'resume writes the awake window without the mutex',
    'no wake pulse after a resume inside an access',
    'kernel with two processors',
  ),
  shown('L-41', KERNEL, 'what was awaited survives suspend', 'a false time-out after resume'),
  shown(
    'L-42',
    KERNEL,
    'the command after an aborted one fails once',
    'the second command ends with -62, the third succeeds',
  ),
  shown(
    'L-43',
    'every',
    'releasing the locality does not stop a command',
    'the response appears after the release',
  ),
  shown(
    'L-44',
    'every',
    'unimplemented registers return old bytes',
    'INT_ENABLE reads as what was read before',
  ),
  shown(
    'L-45',
    KERNEL,
    'pacing is needed for writes',
    'a write is merged or lost on a busy chip without interrupt',
  ),
  shown('L-46', 'every', 'tpmGo is not checked against expect', 'a truncated command is answered'),
];

/** @throws RangeError when the catalogue has no such entry. */
export function findEntry(id: string): Entry {
  const entry = CATALOGUE.find((candidate) => candidate.id === id);
  if (entry === undefined) throw new RangeError(`The catalogue has no entry ${id}.`);
  return entry;
}

export const hasBug = ({ has }: Entry, profile: string): boolean => has === 'every' || has.includes(profile);
