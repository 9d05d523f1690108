import { BuiltInTpm, H1, Random, VirtualClock } from '../src/sim/index.ts';
import { later, ms, seconds, us } from '../src/units/index.ts';
import { median } from './measure.ts';
import { simpySleepWake } from './simpy.ts';

/** One measurement of the chip alone, without board, stack or trace. */
interface Goal {
  readonly name: string;
  readonly value: string;
  readonly goal: string;
  /** Undefined when there is no peer to compare with. */
  readonly isMet?: boolean;
}

const BYTE = us(8);
const ROUNDS = 7;
const FRAMES = 100_000;
const IDLE_SECONDS = 1_000_000;
const CYCLES = 100_000;
const IDLE = seconds(6);

/**
 * The frames that a host sends most: reads and writes of TPM_ACCESS and TPM_STS. The host waits for the chip as long
 * as it takes.
 */
const FRAME_KINDS: readonly (readonly number[])[] = [
  [0x80, 0xd4, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x83, 0xd4, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x00, 0xd4, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02],
  [0x00, 0xd4, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x40],
];

function bootedChip(): { readonly chip: H1; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  const engine = new BuiltInTpm({ random: new Random(1), now: () => clock.now() });
  const chip = new H1(clock, { seed: 1, engine });
  chip.setPower(true);
  chip.setReset(false);
  clock.advance(ms(100));
  return { chip, clock };
}

function clockFrame(chip: H1, clock: VirtualClock, bytes: readonly number[]): void {
  chip.select();
  for (const byte of bytes) {
    const end = later(clock.now(), BYTE);
    chip.shift(byte, end);
    clock.advanceTo(end);
  }
  chip.deselect();
}

const secondsSince = (began: bigint): number => Number(process.hrtime.bigint() - began) / 1e9;

function framesPerSecond(): number {
  const { chip, clock } = bootedChip();
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const began = process.hrtime.bigint();
    for (let frame = 0; frame < FRAMES; frame++) {
      clockFrame(chip, clock, FRAME_KINDS[frame & 3]!);
      clock.advance(us(200));
    }
    rates.push(FRAMES / secondsSince(began));
  }
  if (chip.counters.lostFrames + chip.counters.mergedFrames > 0) throw new Error('The chip lost frames.');
  return median(rates.slice(1));
}

/** Second by second, so that one long jump gains nothing. */
function idleTime(): number {
  const { chip, clock } = bootedChip();
  const began = process.hrtime.bigint();
  for (let second = 0; second < IDLE_SECONDS; second++) clock.advance(seconds(1));
  const took = secondsSince(began);
  if (!chip.isAsleep) throw new Error('The chip did not sleep.');
  return took;
}

/** The host idles until the chip sleeps, gives a wake pulse, waits, clocks a frame, and sees the ready pulse. */
function sleepWakeCyclesPerSecond(): number {
  const { chip, clock } = bootedChip();
  const began = process.hrtime.bigint();
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    clock.advance(IDLE);
    chip.select();
    clock.advance(us(1));
    chip.deselect();
    clock.advance(us(100));
    clockFrame(chip, clock, FRAME_KINDS[0]!);
    clock.advance(us(200));
  }
  const took = secondsSince(began);
  const { sleeps, lostFrames, readyPulses } = chip.counters;
  // The first idle time lies in the 20 s after boot, as do the next two.
  if (sleeps < CYCLES - 4 || lostFrames > 0 || readyPulses !== CYCLES)
    throw new Error(
      `Of ${CYCLES} cycles ${sleeps} slept, ${lostFrames} lost a frame, ${readyPulses} saw a pulse.`,
    );
  return CYCLES / took;
}

/** Measures both in turn, so that a busy machine slows both down. */
async function compareSleepWake(): Promise<Goal> {
  const ours: number[] = [];
  const theirs: number[] = [];
  sleepWakeCyclesPerSecond();
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(sleepWakeCyclesPerSecond());
    const peer = await simpySleepWake(CYCLES);
    if (peer !== undefined) theirs.push(peer);
  }
  const name = 'sleep-wake cycles a second';
  const goal = 'at least 5 times SimPy';
  const value = Math.round(median(ours)).toLocaleString('en');
  if (theirs.length === 0) return { name, value, goal: `${goal}: no python3-simpy3 here, not compared` };
  const ratio = median(ours) / median(theirs);
  const peer = Math.round(median(theirs)).toLocaleString('en');
  return { name, value: `${value}, SimPy ${peer}: ${ratio.toFixed(1)} times`, goal, isMet: ratio >= 5 };
}

const frames = framesPerSecond();
const idle = idleTime();
const goals: readonly Goal[] = [
  {
    name: 'frames a second, chip alone',
    value: Math.round(frames).toLocaleString('en'),
    goal: 'at least 200,000',
    isMet: frames >= 200_000,
  },
  {
    name: 'a million simulated idle seconds',
    value: `${idle.toFixed(3)} s`,
    goal: 'under 2 s',
    isMet: idle < 2,
  },
  await compareSleepWake(),
];
for (const { name, value, goal, isMet } of goals) {
  const verdict = isMet === undefined ? '' : isMet ? 'met' : 'MISSED';
  process.stdout.write(`${name.padEnd(34)}${value.padEnd(42)}${goal.padEnd(24)}${verdict}\n`);
}
if (goals.some(({ isMet }) => isMet === false)) process.exitCode = 1;
