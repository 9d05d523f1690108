import type { Board, Capability } from '../board/index.ts';
import { withParts } from '../board/index.ts';
import { traced } from '../boards/traced.ts';
import type { HostDriver, LogSink, Profile } from '../driver/index.ts';
import { HostFirmware, powerUp } from '../host/index.ts';
import type { TraceSink } from '../trace/index.ts';
import { tee } from '../trace/index.ts';
import { UsageError } from '../units/index.ts';
import { driverRow } from './driver-row.ts';
import type { Outcome } from './player.ts';
import { driverOn, isOfTheLab, Player } from './player.ts';
import type { Act, CallerAct, Procedure } from './schema.ts';
import { faultOf } from './schema.ts';
import type { Seen } from './witness.ts';
import { Witness } from './witness.ts';

/** Everything that one play is judged by. */
export interface Played extends Seen {
  readonly profile: Profile;
  /** The acts with their ends, in the order in which they ended. */
  readonly outcomes: readonly Outcome[];
  /** Frames that came while the chip could not listen. Undefined on a board whose chip cannot tell. */
  readonly lostFrames: number | undefined;
  /** The error of the host's firmware before the first act; undefined when it had none. */
  readonly startError: unknown;
}

/** What is known of the board beside itself, and who listens. */
export interface PlayOptions {
  /** Gets the trace as well. */
  readonly hear?: TraceSink | undefined;
  /** Version of the chip's firmware, such as `0.5.4`, where it is known. */
  readonly firmware?: string | undefined;
}

/**
 * Plays a procedure from power on to the end of the last act. The board has to be started over before.
 * @throws UsageError when the board lacks what an act needs
 */
export async function play(
  procedure: Procedure,
  bare: Board,
  { hear, firmware }: PlayOptions = {},
): Promise<Played> {
  const profile = driverRow(procedure.driver);
  checkBoard(bare, procedure.acts);
  const witness = new Witness(bare, firmware);
  const sink = hear === undefined ? witness.judge : tee(witness.judge, hear);
  const wires = traced(bare, sink);
  const board = withParts(wires, { faults: wires.faults && witness.watch(wires.faults, wires.clock) });
  const lostBefore = bare.chip?.counters.lostFrames;
  const makeDriver = () => driverHeard(procedure, { profile, board, witness, sink });
  try {
    const startError = await failureOf(async () => {
      await powerUp(board);
      await new HostFirmware(board).start('clear');
    });
    const player = new Player({ board, sink, makeDriver });
    await player.start();
    for (const [index, act] of procedure.acts.entries()) {
      await player.do(act, index);
      if (act.act === 'restart') witness.restarted(board.clock.now());
    }
    await player.end();
    const lost = bare.chip?.counters.lostFrames;
    const lostFrames = lost === undefined || lostBefore === undefined ? undefined : lost - lostBefore;
    return { profile, outcomes: player.outcomes, startError, lostFrames, ...witness.account(board) };
  } finally {
    wires.detach();
  }
}

interface Around {
  readonly profile: Profile;
  readonly board: Board;
  readonly witness: Witness;
  readonly sink: TraceSink;
}

/** Makes the driver of a procedure. Its log, and what it is given and returns, are kept. */
async function driverHeard({ driver: choice }: Procedure, around: Around): Promise<HostDriver> {
  const { profile, board, witness, sink } = around;
  const onLog: LogSink = (line) => {
    witness.log.push(line);
    sink.log(line.level, `${line.device}: ${line.text}`, line.at);
  };
  const driver = await driverOn(board, {
    profile,
    onLog,
    ...(choice.hasInterrupt !== undefined && { hasInterrupt: choice.hasInterrupt }),
    ...(choice.hz !== undefined && { hz: choice.hz }),
  });
  witness.said.listen(driver, board.clock);
  return driver;
}

/** Does an action, and returns the error of driver or chip. A failure of the lab is thrown. */
async function failureOf(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (isOfTheLab(error)) throw error;
    return error;
  }
}

/** The capabilities of a board that the acts of a procedure need. */
function needsOf(acts: readonly (Act | CallerAct)[]): Set<Capability> {
  const needs = new Set<Capability>();
  for (const act of acts) {
    if (act.act === 'reset' || act.act === 'restart') needs.add('reset');
    if (act.act === 'suspend' && act.kind === 'via-firmware') needs.add('reset');
    if (act.act === 'restart' && act.power) needs.add('power');
    if (act.act === 'fault') needs.add('faults');
    if (act.act === 'together') for (const need of needsOf(act.callers.flat())) needs.add(need);
  }
  return needs;
}

/** @throws UsageError naming what the board lacks */
function checkBoard({ capabilities, faults }: Board, acts: readonly Act[]): void {
  const lacks = [...needsOf(acts)].filter((need) => !capabilities.has(need));
  if (lacks.length > 0)
    throw new UsageError(
      `The procedure needs ${lacks.join(' and ')}, which this rig does not have. Name another rig, or take out the acts that need it.`,
    );
  for (const act of acts)
    if (act.act === 'fault' && faults?.can(faultOf(act.fault)) !== true)
      throw new UsageError(
        `This rig cannot inject ${act.fault.kind}. Name another rig, or take the act out.`,
      );
}
