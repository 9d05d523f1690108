import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { pulseReset, switchOn } from '../../../host/index.ts';
import type { OpenRig } from '../../../rig/index.ts';
import type { Duration, Instant } from '../../../units/index.ts';
import { inMs, later, ms, ns, seconds, showDuration, UsageError } from '../../../units/index.ts';
import type { Board } from '../../../board/index.ts';
import { clearFirst, DID_VID, hexOf, readRegister } from '../../registers-by-hand.ts';
import { withRig } from '../../with-rig.ts';
import { RIG_ARGUMENT } from './shown.ts';

/** Time between two reads of the controller's edges. */
const STEP = ms(100);
/** A hundred days, which is longer than anybody watches. In nanoseconds it is still an exact number. */
const FOR_EVER = seconds(100 * 24 * 3600);

interface MonitorOptions {
  readonly json?: true;
  readonly for?: string;
  readonly reset?: true;
  readonly traffic?: true;
}

/** What is done each second, so that there is something to see. */
type Stir = (board: Board) => Promise<string>;

const STIRS = {
  reset: async (board) => {
    await pulseReset(board);
    return 'TPM_RST_L was pulsed';
  },
  traffic: async (board) => {
    await clearFirst(board);
    return `${DID_VID.name} ${hexOf(await readRegister(board, DID_VID))}`;
  },
} as const satisfies Readonly<Record<string, Stir>>;

/** One thing that was seen, with its moment on the board's clock. */
interface Sight {
  readonly atNs: number;
  readonly source: 'host' | 'controller' | 'console' | 'monitor';
  readonly text: string;
  readonly uncertaintyNs?: number;
}

type Show = (sight: Sight) => void;

/** `h1-hil rig monitor`: powers a board, and shows its lines, edges and console live. */
export function addRigMonitor(rig: Command): void {
  rig
    .command('monitor')
    .description('power the board and show its edges and its console until Ctrl-C, then leave the rig safe')
    .argument(...RIG_ARGUMENT)
    .option('--for <seconds>', 'end by itself after so much of the board’s time')
    .option('--reset', 'pulse TPM_RST_L every second, so that there is something to see')
    .option('--traffic', 'read DID_VID every second, for the wires and INT_AP_L at work')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil rig monitor raspberry-pi-nano
  h1-hil rig monitor raspberry-pi --traffic
  h1-hil rig monitor sim-controller --reset --for 3 --json

Edges of INT_AP_L are the host's and, with a rig controller, also those that it stamps at the chip, CS_L included. Time is
the board's. Exit code: 0, also after Ctrl-C; 3 when the lab fails.`,
    )
    .action(async (name: string, options: MonitorOptions) => {
      const limit = options.for === undefined ? FOR_EVER : checkedTime(options.for);
      const show: Show = (sight) => {
        process.stdout.write(`${options.json === true ? JSON.stringify(sight) : lineOf(sight)}\n`);
      };
      const stirs = [
        ...(options.reset === true ? [STIRS.reset] : []),
        ...(options.traffic === true ? [STIRS.traffic] : []),
      ];
      await withRig(name, 'rig monitor', (open) => monitor(open, limit, stirs, show));
    });
}

/** @throws UsageError */
function checkedTime(written: string): Duration {
  const time = Number(written);
  if (!(time > 0)) throw new UsageError(`--for ${written} is no time; say a number of seconds above 0.`);
  return time * 1e9 < FOR_EVER ? seconds(time) : FOR_EVER;
}

async function monitor(rig: OpenRig, limit: Duration, stirs: readonly Stir[], show: Show): Promise<void> {
  const { board, openConsole } = rig;
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const stop = board.ready?.observe((edge, at) => {
    show({ atNs: at, source: 'host', text: `INT_AP_L ${edge}` });
  });
  const console = await openConsole?.();
  console?.console.observe(({ at, text, isGap }) => {
    show({ atNs: at, source: 'console', text: isGap ? `gap: ${text}` : text });
  });
  try {
    await switchOn(board);
    show({
      atNs: board.clock.now(),
      source: 'monitor',
      text: 'the board has its supply and is out of reset',
    });
    await showUntil(rig, { end: later(board.clock.now(), limit), signal: ending.signal, stirs }, show);
  } finally {
    stop?.();
    await console?.settle();
    await console?.close();
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  }
}

/** Shows what the controller has stamped, step by step, and does once a second what was asked for. */
async function showUntil(
  { board, controlled }: OpenRig,
  {
    end,
    signal,
    stirs,
  }: { readonly end: Instant; readonly signal: AbortSignal; readonly stirs: readonly Stir[] },
  show: Show,
): Promise<void> {
  const { clock } = board;
  let next = clock.now();
  while (!signal.aborted && clock.now() < end) {
    // Time on a simulated board would pass at once without this pause.
    if (board.capabilities.has('virtual-time')) await pause(inMs(STEP));
    await clock.sleep(STEP);
    await showEdges(controlled, show);
    if (clock.now() <= next) continue;
    next = later(next, seconds(1));
    for (const stir of stirs) {
      const text = await stir(board);
      show({ atNs: clock.now(), source: 'monitor', text });
    }
  }
}

async function showEdges(controlled: OpenRig['controlled'], show: Show): Promise<void> {
  if (controlled === undefined) return;
  const { edges, lost } = await controlled.edges.read();
  const now = controlled.clock.now();
  if (lost > 0)
    show({ atNs: now, source: 'monitor', text: `${lost} edges were more than the controller's log holds` });
  for (const { line, edge, at, uncertainty } of edges)
    show({ atNs: at, source: 'controller', text: `${line} ${edge}`, uncertaintyNs: uncertainty });
}

const lineOf = ({ atNs, source, text, uncertaintyNs }: Sight): string =>
  `${(atNs / 1e9).toFixed(6).padStart(14)} s  ${source.padEnd(10)} ${text}${uncertaintyNs === undefined ? '' : `, within ${showDuration(ns(uncertaintyNs))}`}`;
