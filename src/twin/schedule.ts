import type { Duration, Instant } from '../units/index.ts';
import { between, later, minus, ms, ns, ZERO } from '../units/index.ts';
import { RESET_TIME } from './bands.ts';
import type { Intervention } from './interventions.ts';
import type { TwinOptions } from './options.ts';
import type { LevelAct, Reference } from './reference.ts';
import type { TapedEdge, TapedFrame, TwinTape } from './tape.ts';
import { readyAt } from './witness.ts';

const HEADER = 4;
const ONES = 0xff;

/** What the scheduled acts are done to. */
export interface ScheduleHost {
  readonly chip: Reference['chip'];
  /** The chip has started over, and the twin may follow it again. */
  foundAgain(at: Instant): void;
  /** From now on the twin cannot follow the chip. */
  lost(at: Instant): void;
  /** A fault that changes when the chip sleeps begins or ends. */
  sleepChanged(at: Instant): void;
}

/**
 * Makes the acts that happen at moments of their own, in the order of time: changes of supply and TPM_RST_L, and
 * faults.
 */
export function scheduleOf(tape: TwinTape, options: TwinOptions, host: ScheduleHost): readonly LevelAct[] {
  const { chip } = host;
  const supply = tape.supply.map(({ at, isAsserted }) => ({
    at,
    act: () => {
      chip.setPower(isAsserted);
      if (isAsserted) host.foundAgain(at);
    },
  }));
  const resets = (options.sees.reset ? tape.resets : unseenResets(tape)).map(({ at, isAsserted }) => ({
    at,
    act: () => {
      chip.setReset(isAsserted);
      if (!isAsserted && !options.sees.supply) host.foundAgain(at);
    },
  }));
  const faults = (options.interventions ?? []).flatMap((one) => actsOf(one, host));
  return [...supply, ...resets, ...faults].sort((a, b) => a.at - b.at);
}

/**
 * Finds the resets of a trace that does not have TPM_RST_L: the first frame after a reset is answered with FF. The
 * moments of the edges are estimates. [CHIP 1.3]
 */
function unseenResets(tape: TwinTape): readonly TapedEdge[] {
  const edges: TapedEdge[] = [];
  let before: TapedFrame | undefined;
  for (const { frame } of tape.selects) {
    if (frame === undefined) continue;
    const isFirst = readyAt(frame) >= 0 && frame.received.subarray(0, HEADER).every((byte) => byte === ONES);
    if (isFirst && before !== undefined && between(before.rise, frame.fall) > 3 * RESET_TIME.most)
      edges.push(
        { at: later(before.rise, ms(1)), isAsserted: true },
        { at: later(frame.fall, minus(ZERO, (2 * RESET_TIME.most) as Duration)), isAsserted: false },
      );
    before = frame;
  }
  return edges;
}

function actsOf({ from, to, effect }: Intervention, host: ScheduleHost): readonly LevelAct[] {
  const { chip } = host;
  switch (effect.kind) {
    case 'select':
      return [
        {
          // A frame that ends at this moment ends first.
          at: later(from, ns(1)),
          act: () => {
            chip.select();
          },
        },
        {
          at: later(from, effect.width),
          act: () => {
            chip.deselect();
          },
        },
      ];
    case 'supply dip':
      return [
        {
          at: from,
          act: () => {
            chip.setPower(false);
          },
        },
        {
          at: later(from, effect.width),
          act: () => {
            chip.setPower(true);
          },
        },
      ];
    case 'sleep after':
      return [from, ...(to === undefined ? [] : [to])].map((at) => ({
        at,
        act: () => {
          host.sleepChanged(at);
        },
      }));
    case 'chip lost':
      return [
        {
          at: from,
          act: () => {
            host.lost(from);
          },
        },
      ];
    default:
      return [];
  }
}
