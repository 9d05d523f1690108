import type { Bounds, FaultChoice, Weights } from '../procedure/index.ts';
import { differences, driverRow, FAULT_CHOICES, USUAL_WEIGHTS } from '../procedure/index.ts';
import type { WrittenSimBoard } from '../rig/index.ts';
import { simBoardSchema } from '../rig/index.ts';
import type { PlantedBug } from '../score/index.ts';
import { findPlanted } from '../score/index.ts';
import { UsageError } from '../units/index.ts';

/** The options of `h1-hil explore` that say what procedures are made of. */
export interface BoundsOptions {
  readonly driver: readonly string[];
  readonly firmware: readonly string[];
  readonly acts: string;
  readonly weights?: readonly string[];
  readonly faults: string;
  readonly planted?: string;
}

type DriverChoice = Bounds['drivers'][number];

/** @throws UsageError */
export function checkedBounds({ driver, firmware, acts, weights, faults, planted }: BoundsOptions): Bounds {
  const bug = planted === undefined ? undefined : checkedPlanted(planted);
  return {
    drivers: bug?.kind === 'driver' ? [plantedDriver(bug.profile)] : driver.map(checkedDriver),
    boards: firmware.map((version) =>
      checkedBoard({ kind: 'sim', firmware: version, ...(bug?.kind === 'chip' && bug.board) }),
    ),
    acts: checkedActs(acts),
    faults: checkedFaults(faults),
    weights: checkedWeights(weights ?? []),
  };
}

/** @throws UsageError */
function checkedPlanted(id: string): PlantedBug {
  try {
    return findPlanted(id);
  } catch (cause) {
    throw new UsageError(`There is no planted bug ${id}. h1-hil score tells their names.`, { cause });
  }
}

/** A driver with a planted bug, as a profile and its changes. */
function plantedDriver(profile: Extract<PlantedBug, { kind: 'driver' }>['profile']): DriverChoice {
  return { row: profile.name, changes: differences(driverRow({ row: profile.name }), profile) };
}

function checkedDriver(row: string): DriverChoice {
  driverRow({ row });
  return { row };
}

/** @throws UsageError */
function checkedBoard(board: WrittenSimBoard): WrittenSimBoard {
  const checked = simBoardSchema.safeParse(board);
  if (checked.success) return board;
  throw new UsageError(
    `The board cannot be: ${checked.error.issues.map(({ message }) => message).join('; ')}.`,
  );
}

const MAX_ACTS = 2000;

/** @throws UsageError */
function checkedActs(text: string): Bounds['acts'] {
  const [, least = '', most = least] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text) ?? [];
  const acts = { least: Number(least), most: Number(most) };
  if (least === '' || acts.least > acts.most || acts.most > MAX_ACTS)
    throw new UsageError(`--acts takes a range up to ${MAX_ACTS}, as 5-25, and "${text}" is none.`);
  return acts;
}

/** @throws UsageError */
function checkedFaults(text: string): FaultChoice {
  const choice = FAULT_CHOICES.find((one) => one === text);
  if (choice === undefined)
    throw new UsageError(`--faults takes ${FAULT_CHOICES.join(', ')}, and not "${text}".`);
  return choice;
}

/** @throws UsageError */
function checkedWeights(texts: readonly string[]): Weights {
  const weights: Record<string, number> = { ...USUAL_WEIGHTS };
  for (const text of texts) {
    const [, act = '', weight = ''] = /^([a-z-]+)=(\d{1,3})$/.exec(text) ?? [];
    if (!ACTS.includes(act))
      throw new UsageError(
        `--weights takes an act and a number up to 999, as suspend=5, and "${text}" is none. Acts: ${ACTS.join(', ')}.`,
      );
    weights[act] = Number(weight);
  }
  if (Object.values(weights).every((weight) => weight === 0))
    throw new UsageError('Some act needs a weight above 0.');
  return weights;
}

const ACTS: readonly string[] = [
  'probe',
  'remove',
  'command',
  'idle',
  'suspend',
  'driver-sleep',
  'reset',
  'restart',
  'fault',
  'clear-faults',
  'frame',
  'together',
];
