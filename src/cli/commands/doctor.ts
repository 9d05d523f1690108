import type { Command } from 'commander';
import type { OpenConsole, OpenRig } from '../../rig/index.ts';
import type { Check } from '../../doctor/index.ts';
import { loadRig, openRig } from '../../rig/index.ts';
import {
  causesOnce,
  examineBoard,
  examineController,
  examineDevice,
  examineHost,
  firstWrong,
  notLooked,
  summaryOf,
  wrong,
} from '../../doctor/index.ts';
import { LabFailure } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { withLease } from '../with-rig.ts';

/** `h1-hil doctor`: tells what is right on a rig, and how to mend the rest. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('examine a rig, wire by wire, and say how to mend it')
    .argument('[rig]', 'rig of rigs/, or path to a rig file', 'sim')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  h1-hil doctor raspberry-pi-nano\n  h1-hil doctor ./my-bench.yaml --json\n\nIt restarts the chip. Exit code: 0 when all is right, 3 when something is wrong.',
    )
    .action(async (name: string, { json }: { readonly json?: true }) => {
      const checks = await examine(name);
      if (json === true) process.stdout.write(`${JSON.stringify(checks, undefined, 2)}\n`);
      else process.stdout.write(`${[...checks.map(lineOf), '', summaryOf(checks)].join('\n')}\n`);
      if (checks.some(({ verdict }) => verdict === 'wrong')) process.exitCode = EXIT.lab;
    });
}

/** Checks that need a rig controller. */
const WITHOUT_CONTROLLER: readonly Check[] = [
  notLooked('wake pulse', 'only a rig controller or a logic analyser sees it on the wire'),
];

/** Adds a check of the console to what `look` finds: `look` restarts the chip, which then prints on the console. */
async function listening(
  open: (() => Promise<OpenConsole>) | undefined,
  look: () => Promise<Check[]>,
): Promise<Check[]> {
  if (open === undefined) return look();
  const listener = await open();
  try {
    const checks = await look();
    await listener.settle();
    const lines = listener.console.received;
    const remedy =
      'Look at the wire from the chip to the adapter, at its ground, and at the baud rate in the rig file.';
    checks.push(
      lines > 0
        ? { name: 'console', verdict: 'right', seen: `${lines} lines while the chip was restarted` }
        : { name: 'console', verdict: 'wrong', seen: 'no line while the chip was restarted', remedy },
    );
    return checks;
  } finally {
    await listener.close();
  }
}

async function examine(name: string): Promise<Check[]> {
  const rig = loadRig(name);
  const checks = await examineHost(rig);
  const first = firstWrong(checks);
  if (first !== undefined)
    return [...checks, notLooked('board', `it cannot be opened before ${first.name} is right`)];
  await withLease(rig, `doctor ${name}`, async () => {
    try {
      checks.push(...(await examineOpen(await openRig(rig, 1))));
    } catch (failure) {
      if (!(failure instanceof LabFailure)) throw failure;
      checks.push(wrong('board', failure.message, 'Mend what the message names, then ask again.'));
    }
  });
  return causesOnce(checks);
}

/** Examines an open rig, and closes it afterwards. */
async function examineOpen({ board, controlled, openConsole }: OpenRig): Promise<Check[]> {
  try {
    if (board.facts.isRemote === true) return await examineDevice(board);
    const checks = await listening(openConsole, () => examineBoard(board));
    checks.push(...(controlled === undefined ? WITHOUT_CONTROLLER : await examineController(controlled)));
    return checks;
  } finally {
    await board.close();
  }
}

const lineOf = ({ name, verdict, seen, remedy }: Check): string =>
  `${verdict.padEnd(14)}${name.padEnd(20)} ${seen}${remedy === undefined ? '' : `\n${' '.repeat(14)}${remedy}`}`;
