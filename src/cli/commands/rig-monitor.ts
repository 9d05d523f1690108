import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { OpenRig } from '../../rig/index.ts';
import type { Instant } from '../../units/index.ts';
import { ms, showDuration, UsageError } from '../../units/index.ts';
import { holdingRig } from './rig-bench.ts';

const BOOT = ms(100);
const STEP_MS = 100;

interface MonitorOptions {
  readonly json?: true;
  readonly for?: string;
  readonly reset?: true;
}

/** One thing that was seen, on the board's clock. */
interface Sight {
  readonly atNs: number;
  readonly source: 'host' | 'controller' | 'console' | 'monitor';
  readonly text: string;
  readonly uncertaintyNs?: number;
}

/** `h1-hil rig monitor`: lines, edges and console of a powered board, live. */
export function addRigMonitor(rig: Command): void {
  rig
    .command('monitor')
    .description('power the board and show its edges and its console until Ctrl-C, then leave the rig safe')
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .option('--for <seconds>', 'end by itself after so much of the board’s time')
    .option('--reset', 'pulse TPM_RST_L every second, so that there is something to see')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil rig monitor raspberry-pi-nano
  h1-hil rig monitor sim-controller --reset --for 3 --json

Edges of INT_AP_L are the host's and, with a rig controller, also those that it stamps at the chip, CS_L included. Time is
the board's. Exit code: 0, also after Ctrl-C; 3 when the lab fails.`,
    )
    .action(async (name: string, options: MonitorOptions) => {
      const limit = options.for === undefined ? Infinity : Number(options.for);
      if (!(limit > 0))
        throw new UsageError(`--for ${options.for} is no time; say a number of seconds above 0.`);
      const show = (sight: Sight): void => {
        process.stdout.write(`${options.json === true ? JSON.stringify(sight) : lineOf(sight)}\n`);
      };
      await holdingRig(name, 'monitor', (rig_) => monitor(rig_, limit, options.reset === true, show));
    });
}

async function monitor(
  { board, controlled, openConsole }: OpenRig,
  limitSeconds: number,
  resets: boolean,
  show: (sight: Sight) => void,
): Promise<void> {
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
    const note = (text: string): void => {
      show({ atNs: board.clock.now(), source: 'monitor', text });
    };
    await board.power?.on();
    await board.clock.sleep(BOOT);
    await board.reset?.deassert();
    note('the board has its supply and is out of reset');
    const began: Instant = board.clock.now();
    let pulses = 0;
    while (!ending.signal.aborted && board.clock.now() - began < limitSeconds * 1e9) {
      // A simulated board would run through the hours otherwise.
      if (board.capabilities.has('virtual-time')) await pause(STEP_MS);
      await board.clock.sleep(ms(STEP_MS));
      const { edges = [], lost = 0 } = (await controlled?.edges.read()) ?? {};
      if (lost > 0) note(`${lost} edges were more than the controller's log holds`);
      for (const { line, edge, at, uncertainty } of edges)
        show({ atNs: at, source: 'controller', text: `${line} ${edge}`, uncertaintyNs: uncertainty });
      if (resets && board.clock.now() - began > pulses * 1e9) {
        pulses++;
        await board.reset?.assert();
        await board.clock.sleep(ms(2));
        await board.reset?.deassert();
        note('TPM_RST_L was pulsed');
      }
    }
  } finally {
    stop?.();
    await console?.settle();
    await console?.close();
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  }
}

const lineOf = ({ atNs, source, text, uncertaintyNs }: Sight): string =>
  `${(atNs / 1e9).toFixed(6).padStart(14)} s  ${source.padEnd(10)} ${text}${uncertaintyNs === undefined ? '' : `, within ${showDuration(ms(uncertaintyNs / 1e6))}`}`;
