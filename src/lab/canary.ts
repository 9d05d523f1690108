import type { Board } from '../board/index.ts';
import { showBoard } from '../board/index.ts';
import type { ControlledBoard } from '../boards/controller/index.ts';
import { CONTROLLER_CLOCK_RANGE } from '../boards/controller/index.ts';
import { causesOnce, examineBoard, examineController, firstWrong } from '../doctor/index.ts';
import type { Check } from '../doctor/index.ts';
import type { Figure, Fingerprint } from '../history/index.ts';
import type { Act, Procedure } from '../procedure/index.ts';
import { FORMAT, judge, play } from '../procedure/index.ts';
import type { Played } from '../procedure/index.ts';
import type { OpenRig } from '../rig/index.ts';
import { abilitiesOf, firmwareOf } from '../rig/index.ts';
import { between, HilError, inMs, printable } from '../units/index.ts';
import { fingerprintOf } from './fingerprint.ts';

/** What a canary saw of a rig. */
export interface Sung {
  /** What is wrong, a sentence each; none when the rig is good. */
  readonly wrong: readonly string[];
  /** What was done and found right, in order. */
  readonly right: readonly string[];
  /** Undefined when the rig is not good: half a fingerprint compares with nothing. */
  readonly fingerprint: Fingerprint | undefined;
}

/** TPM2_GetRandom of 16 bytes, and the size of its answer. */
const GET_RANDOM: Act = {
  act: 'command',
  bytes: '80010000000c0000017b0010',
  answer: { code: 0, size: 28 },
};
/** Longer than Cr50 stays awake with nothing to do. [CHIP 5] */
const TO_SLEEP_MS = 25_000;
const SEED = 1;

/** What the golden procedure does. The host's driver hears ready pulses, or waits without them. */
const golden = (hasInterrupt: boolean | undefined, acts: readonly Act[]): Procedure => ({
  format: FORMAT,
  driver: { row: 'recommended', ...(hasInterrupt !== undefined && { hasInterrupt }) },
  seed: SEED,
  acts: [{ act: 'probe' }, ...acts],
});

const AWAKE = [GET_RANDOM];
const FOR_FIGURES: readonly Act[] = [{ act: 'call', method: 'firmwareVersion' }, GET_RANDOM];
const SLEEP_AND_WAKE: readonly Act[] = [GET_RANDOM, { act: 'idle', forMs: TO_SLEEP_MS }, GET_RANDOM];

/**
 * A short golden procedure: the wires by the doctor, the identity, one command without and one with ready pulse, one sleep
 * and wake. The chip is restarted. Errors of the lab are told as what is wrong, and never thrown.
 */
export async function sing(open: OpenRig): Promise<Sung> {
  const right: string[] = [];
  try {
    const clock = await open.controlled?.edges.readTime();
    const checks = await wiresOf(open);
    const first = firstWrong(checks);
    if (first !== undefined)
      return failed(right, `${first.name}: ${first.seen}. ${first.remedy ?? ''}`.trim());
    right.push(`wires: ${checks.filter(({ verdict }) => verdict === 'right').length} right`);
    for (const [name, procedure] of songsFor(open.board)) {
      const [finding] = judge(await playOn(open, procedure));
      if (finding !== undefined) return failed(right, `${name}: ${finding.says}`);
      right.push(name);
    }
    return { wrong: [], right, fingerprint: await fingerprint(open, clock) };
  } catch (failure) {
    if (!(failure instanceof HilError)) throw failure;
    return failed(right, failure.message);
  }
}

const failed = (right: readonly string[], wrong: string): Sung => ({
  ...{ right, wrong: [wrong], fingerprint: undefined },
});

/** The doctor looks at the wires of a host whose bus is ours; a kernel that drives the chip has the bus for itself. */
async function wiresOf({ board, controlled }: OpenRig): Promise<Check[]> {
  if (board.kernel !== undefined) return [];
  const checks = await examineBoard(board);
  if (controlled !== undefined) checks.push(...(await examineController(controlled)));
  return causesOnce(checks);
}

function songsFor({ kernel, ready }: Board): (readonly [string, Procedure])[] {
  if (kernel !== undefined) return [['a command, a sleep and a wake', golden(undefined, SLEEP_AND_WAKE)]];
  const without = ['a command without ready pulse', golden(false, AWAKE)] as const;
  if (ready === undefined) return [without, ['a sleep and a wake', golden(false, SLEEP_AND_WAKE)]];
  return [without, ['a command with ready pulse, a sleep and a wake', golden(true, SLEEP_AND_WAKE)]];
}

async function playOn({ rig, board, renew }: OpenRig, procedure: Procedure): Promise<Played> {
  await renew(procedure.seed);
  return play(procedure, board, { firmware: firmwareOf(rig.board) });
}

/** Both clocks of a rig with a controller, read at one moment. */
type Clocks = Awaited<ReturnType<ControlledBoard['edges']['readTime']>>;

/** How far the rate of a controller's clock may move from night to night: its resonator goes with the temperature. */
const USUAL_PPM = 500;
/** How far the time of a command may move, in milliseconds. */
const USUAL_MS = 10;
const USUAL_MA = 5;

async function fingerprint(open: OpenRig, then: Clocks | undefined): Promise<Fingerprint> {
  const { rig, board, controlled } = open;
  const played = await playOn(open, golden(board.ready === undefined ? false : undefined, FOR_FIGURES));
  const version = played.outcomes.find(({ act }) => act.act === 'call')?.returned;
  const command = played.outcomes.find(({ act }) => act.act === 'command');
  const facts = {
    board: showBoard(board),
    'what it can do': [...abilitiesOf(rig, board)].sort().join(' '),
    firmware: typeof version === 'string' ? printable(version) : 'not told',
    ...(board.ready !== undefined && { 'INT_AP_L at rest': board.ready.isAsserted ? 'low' : 'high' }),
    ...(controlled !== undefined && { controller: await controlled.controller.ask('*IDN?') }),
  };
  const figures: Record<string, Figure> = {};
  if (command !== undefined)
    figures['time of a command'] = figure(inMs(between(command.from, command.to)), 'ms', USUAL_MS);
  if (controlled !== undefined && then !== undefined) {
    const mA = Number(await controlled.controller.ask('MEAS:CURR?')) / 1000;
    figures['current of the board'] = figure(mA, 'mA', USUAL_MA);
    // Virtual time stands still while the controller runs on.
    const isVirtual = board.capabilities.has('virtual-time');
    const ppm = isVirtual ? undefined : rateOf(then, await controlled.edges.readTime());
    if (ppm !== undefined) figures["controller's clock"] = figure(ppm, 'ppm', USUAL_PPM);
  }
  return fingerprintOf(facts, figures);
}

const figure = (value: number, unit: string, tolerance: number): Figure => ({ value, unit, tolerance });

/** By how many millionths the controller's clock is faster than the board's; undefined when it has begun again twice. */
function rateOf(then: Clocks, now: Clocks): number | undefined {
  const apart = between(then.at, now.at);
  if (apart >= CONTROLLER_CLOCK_RANGE) return undefined;
  const passed = (now.passed - then.passed + CONTROLLER_CLOCK_RANGE) % CONTROLLER_CLOCK_RANGE;
  return 1e6 * (passed / apart - 1);
}
