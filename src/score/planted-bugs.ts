import { ms, seconds, us } from '../units/index.ts';
import type { Profile } from '../driver/index.ts';
import { cr50SpiV1, linux61, recommended } from '../driver/index.ts';

/** One deliberate mistake: in a driver's profile, or in the chip and its wiring, as a rig file describes them. */
export type PlantedBug =
  | { readonly kind: 'driver'; readonly id: string; readonly profile: Profile }
  | { readonly kind: 'chip'; readonly id: string; readonly board: Readonly<Record<string, unknown>> };

type Part = 'ready' | 'wake' | 'frame' | 'tis' | 'probe' | 'durations' | 'power' | 'rng' | 'version';

/** A driver whose profile differs in one part. */
function driver<P extends Part>(
  base: Profile,
  part: P,
  change: Partial<NonNullable<Profile[P]>>,
): PlantedBug {
  const [what] = Object.entries(change).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const profile = { ...base, [part]: { ...base[part], ...change } };
  return { kind: 'driver', id: `${base.name}: ${part}.${what}`, profile };
}

const faulty = (...faults: readonly Readonly<Record<string, unknown>>[]): PlantedBug => ({
  kind: 'chip',
  id: `chip: ${JSON.stringify(faults[0])}`,
  board: { faults },
});

const timed = (chip: Readonly<Record<string, number>>): PlantedBug => ({
  kind: 'chip',
  id: `chip: ${JSON.stringify(chip)}`,
  board: { chip },
});

const { confirmation, distrust } = recommended.ready;
/** The profile without its rules of waking. */
function sleepless(base: Profile): Profile {
  const { wake, ...rest } = base;
  return wake === undefined ? base : rest;
}

/** Every planted bug of the detection score, one at a time. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  driver(recommended, 'frame', { csStaysLowAfterError: true }),
  driver(recommended, 'frame', { timeoutBeatsReady: true }),
  driver(recommended, 'frame', { copiesStaleData: true }),
  driver(recommended, 'frame', { repeats: 0 }),
  driver(recommended, 'frame', { flowControlLimit: ms(400) }),
  driver(recommended, 'frame', { flowControlLimit: ms(1500) }),
  driver(recommended, 'frame', { longAccess: 'split' }),
  driver(recommended, 'ready', { delayWithout: ms(2) }),
  driver(recommended, 'ready', { delayWithout: ms(20) }),
  driver(recommended, 'ready', { timeout: ms(75) }),
  driver(recommended, 'ready', { timeout: ms(2000) }),
  driver(recommended, 'ready', { evidence: 'counted' }),
  driver(recommended, 'ready', { confirmation: { ...confirmation, limit: 3 } }),
  driver(recommended, 'ready', { confirmation: { ...confirmation, proofs: 1 } }),
  driver(recommended, 'ready', { confirmation: { ...confirmation, counts: 'failures' } }),
  driver(recommended, 'ready', { distrust: { missing: 1000, extra: distrust?.extra ?? 0 } }),
  driver(recommended, 'ready', { distrust: { missing: distrust?.missing ?? 0, extra: 100_000 } }),
  driver(recommended, 'wake', { awakeFor: ms(1000) }),
  driver(recommended, 'wake', { awakeFor: ms(500) }),
  driver(recommended, 'wake', { awakeFor: seconds(2) }),
  driver(recommended, 'wake', { pulse: us(1000) }),
  driver(recommended, 'wake', { settle: { kind: 'range', atMost: us(20) } }),
  driver(recommended, 'wake', { settle: { kind: 'range', atMost: ms(5) } }),
  driver(recommended, 'wake', { decided: 'before-bus-lock' }),
  driver(recommended, 'wake', { failure: 'ignored' }),
  { kind: 'driver', id: 'recommended: never wakes the chip', profile: sleepless(recommended) },
  driver(recommended, 'tis', { timeouts: { ...recommended.tis.timeouts, b: ms(2000) } }),
  driver(recommended, 'tis', { localityCheck: { mask: 0xa0, value: 0x80 } }),
  driver(recommended, 'tis', { keepsLocality: false }),
  driver(recommended, 'tis', { invalidStatus: 0 }),
  driver(recommended, 'tis', { fifo: 'stepwise' }),
  driver(recommended, 'tis', { commandReadyWrites: 1 }),
  driver(recommended, 'tis', { receive: { attempts: 1, on: [] } }),
  driver(recommended, 'probe', { firstLocalityLimit: ms(750) }),
  driver(recommended, 'probe', {
    identities: { accepted: [0x00281ae0, 0x00011050], tries: 15, pause: ms(10) },
  }),
  driver(recommended, 'durations', { verifySignature: 'long', long: ms(2000) }),
  driver(recommended, 'durations', { medium: ms(750) }),
  driver(recommended, 'power', { suspendTakesTurn: false }),
  driver(recommended, 'power', { marks: 'after-shutdown' }),
  driver(recommended, 'power', { refuses: 'at-send' }),
  driver(recommended, 'power', { heedsFirmwareManaged: false }),
  driver(recommended, 'power', { resumeStartsAfresh: false }),
  driver(recommended, 'power', { resumeVerifies: false }),
  driver(recommended, 'rng', { quality: 0 }),
  driver(recommended, 'version', { limit: 64 }),
  driver(recommended, 'version', { ignoresErrors: true }),
  driver(cr50SpiV1, 'frame', { csStaysLowAfterError: false }),
  driver(cr50SpiV1, 'ready', { timeout: ms(150) }),
  driver(cr50SpiV1, 'ready', { confirmation: { ...cr50SpiV1.ready.confirmation, limit: 2 } }),
  driver(cr50SpiV1, 'ready', { delayWithout: ms(10) }),
  driver(cr50SpiV1, 'wake', { pulse: us(100) }),
  driver(cr50SpiV1, 'wake', { settle: { kind: 'range', atMost: ms(1) } }),
  driver(linux61, 'frame', { longAccess: 'refused' }),
  driver(linux61, 'wake', { awakeFor: ms(900) }),
  driver(linux61, 'ready', { confirmation: { ...linux61.ready.confirmation, counts: 'failures' } }),
  faulty({ kind: 'ready-missing' }),
  faulty({ kind: 'ready-inverted' }),
  faulty({ kind: 'ready-doubled', gapUs: 500 }),
  faulty({ kind: 'ready-late', byMs: 20 }),
  faulty({ kind: 'ready-width', widthUs: 1, hostNeedsUs: 4 }),
  faulty({ kind: 'ready-noise', rateHz: 2000 }),
  faulty({ kind: 'chip-wakes-in', timeUs: 5000 }),
  faulty({ kind: 'chip-sleeps-after', timeMs: 400 }),
  faulty({ kind: 'chip-busy', timeMs: 30 }),
  faulty({ kind: 'chip-stall-time', timeMs: 20 }),
  faulty({ kind: 'chip-slow-command', timeMs: 40 }),
  faulty({ kind: 'wake-pulse-lost' }),
  faulty({ kind: 'bit-error', byte: 12, bit: 3 }),
  faulty({ kind: 'bus-error', errno: 5, frames: { from: 40, count: 1 } }),
  timed({ pulseDelayUs: 30_000 }),
  timed({ pulseWidthUs: 500 }),
  timed({ wakeLatencyUs: 2000 }),
  timed({ resetTimeUs: 300_000 }),
  timed({ bootTimeUs: 600_000 }),
];

/** @throws RangeError when nothing of that id is planted. */
export function findPlanted(id: string): PlantedBug {
  const bug = PLANTED_BUGS.find((candidate) => candidate.id === id);
  if (bug === undefined) throw new RangeError(`There is no planted bug ${id}.`);
  return bug;
}
