import type { Command } from 'commander';
import type { RunComparison } from '../../report/wires.ts';
import { compareWires } from '../../report/wires.ts';
import { EXIT } from '../exit-code.ts';

/** Longer lines are cut around the place where they part. */
const MAX_SHOWN = 160;

/** `h1-hil lab`: what only the virtual lab has. */
export function addLab(program: Command): void {
  const lab = program.command('lab').description('the virtual lab: compare two of its runs');
  lab
    .command('compare')
    .argument('<one>', 'folder of a run')
    .argument('<other>', 'folder of another run')
    .description('say the first line in which two runs on a kernel differ')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil run --rig virtual-lab --seed 7 --report one
  h1-hil run --rig virtual-lab --seed 7 --report other
  h1-hil lab compare one other

Exit codes: 0 no difference, 1 a difference, 2 usage.`,
    )
    .action(async (one: string, other: string) => {
      const comparison = await compareWires(one, other);
      process.stdout.write(show(comparison));
      process.exitCode = comparison.difference === undefined ? EXIT.pass : EXIT.failure;
    });
}

function show({ tests, lines, difference }: RunComparison): string {
  if (difference === undefined) return `${tests} tests, ${lines} lines: no difference\n`;
  const { test, line, one, other } = difference;
  const [a, b] = cut(one ?? '(nothing)', other ?? '(nothing)');
  const where = line === 0 ? 'other tests were run' : `line ${line}`;
  return `${test}\n${where}, after ${tests} tests and ${lines} lines without a difference\n  - ${a}\n  + ${b}\n`;
}

/** Both lines from a little before the place where they part. */
function cut(one: string, other: string): [string, string] {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const from = Math.max(0, same - MAX_SHOWN / 2);
  const part = (line: string): string =>
    `${from > 0 ? '…' : ''}${line.slice(from, from + MAX_SHOWN)}${line.length > from + MAX_SHOWN ? '…' : ''}`;
  return [part(one), part(other)];
}
