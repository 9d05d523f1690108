import type { AssignedWaves } from '../import/capture.ts';
import { NETS } from '../import/channels.ts';
import type { BitOrder } from '../import/bit-order.ts';
import type { BusLine, Net } from '../import/channels.ts';
import type { Waves } from '../import/waves.ts';
import type { FrameCensus } from './census.ts';
import { FLASH_COMMANDS } from './census.ts';
import type { Finding, SetupOptions } from './finding.ts';
import type { Beginning } from './sample.ts';
import { beginningOfWaves, isNeverKnown } from './sample.ts';
import { headersBySelect } from './outside.ts';
import type { ReadySeen } from './lines.ts';
import { lineFindings } from './lines.ts';
import { readySeen } from './ready-seen.ts';
import type { Channels, Wiring } from './wiring.ts';
import { stretchFindings, unsteadyFindings } from './unsteady.ts';
import { bestReading, toTpmAsGiven } from './wiring.ts';
import { wiringFinding } from './wiring-finding.ts';

/**
 * What is likely to be wrong with the set-up of a capture, by what its frames look like; nothing when they look right.
 * The beginning of the capture is read again in other ways: the one that makes sense is the evidence.
 */
export function examineSetup(census: FrameCensus, assigned: AssignedWaves, options: SetupOptions): Finding[] {
  if (census.isSplit) return [];
  if (census.isSuspicious) return examineFrames(census, assigned, options);
  if (census.toFlash >= LEAST_FLASH && 10 * census.toFlash >= census.frames) return [flashFinding(census)];
  const outside = outsideFindings(census, assigned, options);
  if (outside.length > 0) return outside;
  const unsteady = unsteadyFindings(census.unsteady, census.frames);
  if (unsteady.length > 0) return unsteady;
  const lines = lineFindings(census.lines, channelsOf(assigned.bits), () => readySeenIn(assigned, options));
  return lines.length > 0 ? lines : stretchFindings(census.unsteady, census.frames);
}

/** Minimum number of frames for a flash chip that are no slip of the host. */
const LEAST_FLASH = 2;

/** Minimum number of broken frames, and of headers outside of CS, by which CS is doubted. */
const LEAST_BROKEN = 2;
const LEAST_OUTSIDE = 3;

function outsideFindings(census: FrameCensus, assigned: AssignedWaves, options: SetupOptions): Finding[] {
  if (census.broken < LEAST_BROKEN && !census.unsteady.hasUnseenFrames) return [];
  const { inside, outside } = headersBySelect(beginningOfWaves(assigned.waves), wiringOf(assigned, options));
  if (outside < LEAST_OUTSIDE || 10 * outside < inside + outside) return mergedFindings(census, inside);
  return [
    {
      text: `${outside} of ${inside + outside} headers that address a TPM pass while CS is deasserted. It is likely that the probe of CS floats, or is on another line. Put it on the CS of the TPM, or name its channel.`,
      option: '--channel cs=NAME',
    },
  ];
}

/** Headers within frames that a host would send in frames of their own. */
function mergedFindings(census: FrameCensus, inside: number): Finding[] {
  if (inside - census.toTpm >= LEAST_OUTSIDE)
    return [
      {
        text: `${inside} headers that address a TPM pass in ${census.toTpm} frames: CS stays asserted between them. It is likely that the probe of CS came off, or is on another line. Put it on the CS of the TPM, or name its channel.`,
        option: '--channel cs=NAME',
      },
    ];
  return [];
}

const wiringOf = ({ bits }: AssignedWaves, { invert, mode }: SetupOptions): Wiring => ({
  channels: channelsOf(bits),
  invertsCs: invert?.includes('cs') === true,
  samplesFalling: mode === 1 || mode === 2,
});

const flashFinding = ({ toFlash, frames }: FrameCensus): Finding => ({
  text: `${toFlash} of ${frames} frames begin with a command of a flash chip, and no TPM answers them. It is likely that the probe of CS is on a line that both chips share. Put it on the CS of the TPM, or name its channel.`,
  option: '--channel cs=NAME',
});

function readySeenIn({ waves, bits }: AssignedWaves, { invert }: SetupOptions): ReadySeen {
  const channels = channelsOf(bits);
  if (channels.ready !== undefined && isNeverKnown(waves, channels.ready))
    return { isLowWhileClocked: false };
  return readySeen(beginningOfWaves(waves), channels, invert?.includes('ready') === true);
}

function examineFrames(census: FrameCensus, assigned: AssignedWaves, options: SetupOptions): Finding[] {
  const beginning = beginningOfWaves(assigned.waves);
  const given = wiringOf(assigned, options);
  const unknown = BUS.find((net) => isUnknown(assigned.waves, given.channels[net]));
  if (unknown !== undefined) return [unknownFinding(unknown)];
  const rate = rateFinding(census, assigned, beginning, given);
  if (given.channels.mosi === undefined) return [NOT_RECORDED.mosi];
  if (2 * census.toTpm >= census.frames && census.frames > 0) {
    const outside = outsideFindings(census, assigned, options);
    if (outside.length > 0) return outside;
    const found = [
      ...(given.channels.miso === undefined ? [NOT_RECORDED.miso] : misoFindings(census)),
      ...rate,
    ];
    return found.length > 0 ? found : unsteadyFindings(census.unsteady, census.frames);
  }
  const { frames, toTpmTurned, toTpmInverted, toTpmBoth } = census;
  if (frames > 0 && 2 * toTpmBoth >= frames) return [turnedAndInvertedFinding(census, options.bitOrder)];
  if (frames > 0 && 2 * Math.max(toTpmTurned, toTpmInverted) >= frames)
    return [toTpmInverted > toTpmTurned ? invertedFinding(census) : turnedFinding(census, options.bitOrder)];
  const better = bestReading(beginning, given);
  if (better !== undefined && better.toTpm > 2 * toTpmAsGiven(beginning, given))
    return [wiringFinding(seen(census), better, given, { waves: assigned.waves, beginning })];
  if (given.channels.cs === undefined) return [NOT_RECORDED.cs];
  return rate.length > 0 ? rate : [nothingFinding(census, beginning, given)];
}

const BUS = ['clk', 'cs', 'mosi', 'miso'] as const satisfies readonly Net[];

const isUnknown = (waves: Waves, channel: number | undefined): boolean =>
  channel !== undefined && isNeverKnown(waves, channel);

const unknownFinding = (net: Net): Finding => ({
  text: `The level of ${net.toUpperCase()} is not known anywhere: it is x or z throughout, or was left empty. It is likely that its probe is open, or that the channel was switched off.`,
  option: `--channel ${net}=NAME`,
});

/** Lines that were not recorded. That may be no mistake, but then some things stay unknown. */
const NOT_RECORDED: Readonly<Record<BusLine, Finding>> = {
  cs: { text: 'CS was not recorded: frames cannot be told apart.', option: '--channel cs=NAME' },
  mosi: {
    text: 'MOSI was not recorded: nobody can say what the frames are for.',
    option: '--channel mosi=NAME',
  },
  miso: {
    text: 'MISO was not recorded: nobody can say what the chip answered.',
    option: '--channel miso=NAME',
  },
};

function otherOrder(now: BitOrder = 'msb-first'): readonly [BitOrder, 'least' | 'most'] {
  return now === 'msb-first' ? ['lsb-first', 'least'] : ['msb-first', 'most'];
}

function turnedAndInvertedFinding({ toTpmBoth, frames }: FrameCensus, now?: BitOrder): Finding {
  const [order, word] = otherOrder(now);
  return {
    text: `${toTpmBoth} of ${frames} frames address a TPM when their ${word} significant bits are taken first and each bit of MOSI is inverted.`,
    option: `--bit-order ${order} --invert mosi`,
    fix: { bitOrder: order, invert: ['mosi'] },
  };
}

function turnedFinding({ toTpmTurned, frames }: FrameCensus, now?: BitOrder): Finding {
  const [order, word] = otherOrder(now);
  return {
    text: `${toTpmTurned} of ${frames} frames address a TPM when their ${word} significant bits are taken first. It is likely that the host sends so; a TPM takes the most significant bit first.`,
    option: `--bit-order ${order}`,
    fix: { bitOrder: order },
  };
}

const invertedFinding = ({ toTpmInverted, frames }: FrameCensus): Finding => ({
  text: `${toTpmInverted} of ${frames} frames address a TPM when each bit of MOSI is inverted.`,
  option: '--invert mosi',
  fix: { invert: ['mosi'] },
});

function channelsOf(bits: readonly number[]): Channels {
  const entries = (Object.keys(NETS) as Net[]).map(
    (net) => [net, bits.findIndex((bit) => (bit & NETS[net]) !== 0)] as const,
  );
  return Object.fromEntries(entries.filter(([, channel]) => channel >= 0));
}

/** What the frames look like as they are read now. */
function seen({ frames, selects, cut, toTpm }: FrameCensus): string {
  if (frames > 0) return `${toTpm === 0 ? 'None' : toTpm} of ${frames} frames addresses a TPM.`;
  if (selects > 0) return `CS was asserted ${selects} times, and never while the clock ran.`;
  return cut > 0 ? 'CS is asserted throughout.' : 'CS is never asserted.';
}

/** No way to read the channels makes sense. */
function nothingFinding(census: FrameCensus, beginning: Beginning, { channels, invertsCs }: Wiring): Finding {
  const constant = constantLevel(beginning, channels.cs);
  if (constant !== undefined && channels.cs !== undefined) {
    const isLow = (constant === 0) !== invertsCs;
    return {
      text: `CS is ${constant === 0 ? 'low' : 'high'} throughout. It is likely that ${isLow ? 'it is tied' : 'the probe is open, or on the CS of another chip'}: the frames cannot be told apart. Put the probe on the CS of the TPM, or name its channel.`,
      option: '--channel cs=NAME',
    };
  }
  const clock = constantLevel(beginning, channels.clk);
  if (clock !== undefined)
    return {
      text: `CLK is ${clock === 0 ? 'low' : 'high'} throughout. Put its probe on the clock of the bus, or name its channel.`,
      option: '--channel clk=NAME',
    };
  if (2 * census.broken > census.frames && census.frames > 0)
    return {
      text: `${seen(census)} ${census.broken} of them are no whole bytes: CS moves while a byte is clocked. It is likely that the probe of CS floats, or is on another line. Put it on the CS of the TPM, or name its channel.`,
      option: '--channel cs=NAME',
    };
  const isFlash =
    census.firstBytes.length > 0 && census.firstBytes.every((byte) => FLASH_COMMANDS.includes(byte));
  const which = isFlash
    ? 'Its first bytes are commands of a flash chip: it is likely that the probe is on the CS of another chip. Put it on the CS of the TPM'
    : 'It is likely that this is the CS of another chip, or that no TPM is on this bus. Look at the channels';
  return { text: `${seen(census)} ${which}, or name its channel.`, option: '--channel cs=NAME' };
}

/** The level of a channel that never changes. */
function constantLevel({ levels, count }: Beginning, channel: number | undefined): number | undefined {
  if (channel === undefined) return 0;
  const first = (levels[0]! >>> channel) & 1;
  for (let i = 1; i < count; i++) if (((levels[i]! >>> channel) & 1) !== first) return undefined;
  return count === 0 ? undefined : first;
}

/** MISO says nothing, though the host addresses a TPM. */
function misoFindings(census: FrameCensus): Finding[] {
  const { frames, allOnes, allZeros, echoes, noisyHeaders, onesHeaders, strangeReadies, invertedAnswers } =
    census;
  const most = (count: number): boolean => 2 * count > frames;
  if (most(invertedAnswers))
    return [
      {
        text: `MISO is high while the header is sent, and says FE before the data, in ${invertedAnswers} of ${frames} frames. It is likely that it is inverted.`,
        option: '--invert miso',
        fix: { invert: ['miso'] },
      },
    ];
  const text = most(allOnes)
    ? `MISO is high in every bit of ${allOnes} of ${frames} frames. It is likely that it is stuck high, or open with a pull-up, or that no chip answers: the answers say nothing.`
    : most(allZeros)
      ? `MISO is low in every bit of ${allZeros} of ${frames} frames. It is likely that it is stuck low, or that its probe is open: the answers say nothing.`
      : most(echoes)
        ? `MISO says what MOSI says in ${echoes} of ${frames} frames. It is likely that both probes are on MOSI, or that the lines are shorted.`
        : most(noisyHeaders)
          ? `MISO is not still while the header is sent in ${noisyHeaders} of ${frames} frames. It is likely that it floats, or that another chip drives it.`
          : census.isMisoAtRandom
            ? `MISO answers as no TPM does: of ${frames} frames ${noisyHeaders} have noise in the header, ${onesHeaders} hold FF there, ${allZeros} are 00 throughout, and ${strangeReadies} begin with another byte than 01. It is likely that it floats, or that another chip drives it.`
            : undefined;
  return text === undefined ? [] : [{ text, option: '--channel miso=NAME' }];
}

/** Frames whose clocks make no whole bytes, and a clock of which many phases are a single sample. */
function rateFinding(
  { broken, frames }: FrameCensus,
  { waves }: AssignedWaves,
  beginning: Beginning,
  { channels }: Wiring,
): Finding[] {
  if (10 * broken <= frames) return [];
  const { phase, grid } = clockOf(beginning, channels.clk);
  if (!(phase < 2 * grid)) return [];
  const rate = 1e3 / (grid * waves.nsPerTick);
  const needed = Number.isNaN(rate)
    ? ''
    : `, which is above ${Number((2 * rate).toPrecision(3))} million a second`;
  return [
    {
      text: `Many clock phases are a single sample, and ${broken} of ${frames} frames are no whole bytes. It is likely that there are too few samples: record with four a clock or more${needed}.`,
    },
  ];
}

/** A clock phase than which three in four are longer, and the distance of the samples, in ticks. */
function clockOf({ ticks, levels, count }: Beginning, channel = -1): { phase: number; grid: number } {
  const phases: number[] = [];
  let grid = 0;
  let last = NaN;
  for (let i = 1; i < Math.min(count, 20_000); i++) {
    grid = commonDivisor(grid, ticks[i]! - ticks[i - 1]!);
    if (channel < 0 || (((levels[i]! ^ levels[i - 1]!) >>> channel) & 1) === 0) continue;
    if (!Number.isNaN(last)) phases.push(ticks[i]! - last);
    last = ticks[i]!;
  }
  phases.sort((a, b) => a - b);
  return { phase: phases[phases.length >> 2] ?? NaN, grid };
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [Math.round(a), Math.round(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
