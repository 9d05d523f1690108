import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { PROFILES } from '../../driver/index.ts';
import type { Blamed, Procedure, Side, SideDifference } from '../../procedure/index.ts';
import { blame, driverRow, failuresOf, sourceOf, Stages } from '../../procedure/index.ts';
import { loadRig } from '../../rig/index.ts';
import { UsageError } from '../../units/index.ts';
import { positiveCount } from '../count.ts';
import { EXIT } from '../exit-code.ts';
import { BUNDLE, readProcedure } from '../procedure-file.ts';

interface BlameOptions {
  readonly procedure?: string;
  readonly failure?: string;
  readonly times: string;
  readonly json?: true;
}

/** `h1-hil blame`: the numbers that make a failure come and go between two sides. */
export function addBlame(program: Command): void {
  program
    .command('blame')
    .description('find the smallest set of numbers that makes a failure come and go between two sides')
    .argument('<a>', 'a driver, a chip version, a rig file of a simulated board, or a procedure')
    .argument('<b>', 'the same; one of the two fails, and the other does not')
    .option('-p, --procedure <file>', 'what is played, when neither side is a procedure')
    .option(
      '--failure <text>',
      'text within the failure that counts; without it the first that only one side has',
    )
    .option('--times <number>', 'plays of each mixture, each with the next seed; one failure is enough', '1')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil blame linux-6.1 recommended -p examples/procedures/glitch.json
  h1-hil blame coreboot recommended -p examples/procedures/wake.json --json
  h1-hil blame rigs/sim.yaml rigs/sim-no-irq.yaml -p examples/procedures/glitch.json --times 3

Exit codes: 0 the numbers are named, 2 usage, 3 lab failure (no verdict), 4 both sides fail, or both pass.`,
    )
    .action(blameAndTell);
}

async function blameAndTell(a: string, b: string, options: BlameOptions): Promise<void> {
  const times = positiveCount(options.times);
  const base = baseOf([a, b], options.procedure);
  const sides = [sideOf(a, base), sideOf(b, base)] as const;
  sides.forEach(({ driver }) => driverRow(driver));
  const stages = new Stages();
  try {
    const player = new Player(stages, times);
    const seen = [
      await player.seen({ ...base, ...sides[0] }),
      await player.seen({ ...base, ...sides[1] }),
    ] as const;
    const target = targetOf(seen, options.failure);
    if (target === undefined) {
      process.stdout.write(alike(a, b, seen));
      process.exitCode = EXIT.inconclusive;
      return;
    }
    const [failing, passing] = target.isFirst ? sides : [sides[1], sides[0]];
    const names = target.isFirst ? ([a, b] as const) : ([b, a] as const);
    const shows = async (one: Procedure) =>
      (await player.seen(one)).some((failure) => failure.includes(target.failure));
    const blamed = await blame({ ...base, ...failing }, passing, shows);
    process.stdout.write(
      options.json === true ? asJson(target.failure, names, blamed) : asText(target.failure, names, blamed),
    );
  } finally {
    await stages.close();
  }
}

/** The failures that the plays of a procedure show. */
class Player {
  constructor(
    private readonly stages: Stages,
    private readonly times: number,
  ) {}

  async seen(procedure: Procedure): Promise<readonly string[]> {
    const seen = new Set<string>();
    for (let play = 0; play < this.times; play++) {
      const seed = (procedure.seed + play) & 0x7fffffff;
      for (const failure of failuresOf(await this.stages.play({ ...procedure, seed }))) seen.add(failure);
    }
    return [...seen];
  }
}

/** @throws UsageError when there is nothing to play */
function baseOf(sides: readonly string[], file: string | undefined): Procedure {
  const named = file ?? sides.find(isProcedure);
  if (named === undefined)
    throw new UsageError(
      'There is nothing to play: name a procedure with --procedure, such as examples/procedures/wake.json.',
    );
  return readProcedure(named).procedure;
}

const isProcedure = (name: string): boolean => ['.json', BUNDLE].includes(extname(name));

/** What a side is: the procedure with its driver, its chip or its board. @throws UsageError */
function sideOf(name: string, { driver, board = { kind: 'sim' } }: Procedure): Side {
  if (PROFILES.has(name)) return { driver: { ...driver, row: name, changes: {} }, board };
  if (/^\d+\.\d+\.\d+$/.test(name)) return { driver, board: { ...board, firmware: name } };
  if (isProcedure(name)) {
    const { procedure } = readProcedure(name);
    return { driver: procedure.driver, board: procedure.board ?? { kind: 'sim' } };
  }
  if (!existsSync(name) && !name.endsWith('.yaml'))
    throw new UsageError(
      `${name} is no side: name a driver (${[...PROFILES.keys()].join(', ')}), a chip version such as 0.5.4, a rig file, or a procedure.`,
    );
  const rig = loadRig(name);
  if (rig.board.kind !== 'sim')
    throw new UsageError(
      `${name} is no simulated board: only the numbers of one can be mixed with those of another.`,
    );
  const { board: written } = parse(readFileSync(rig.file, 'utf8')) as {
    board: NonNullable<Procedure['board']>;
  };
  return { driver, board: written };
}

interface Target {
  readonly failure: string;
  /** Whether the first side is the one that fails. */
  readonly isFirst: boolean;
}

/** A failure that only one side shows. */
function targetOf(
  [one, other]: readonly (readonly string[])[],
  wanted: string | undefined,
): Target | undefined {
  const onlyIn = (a: readonly string[] = [], b: readonly string[] = []): string | undefined =>
    wanted === undefined
      ? a.find((failure) => !b.includes(failure))
      : a.some((failure) => failure.includes(wanted)) && !b.some((failure) => failure.includes(wanted))
        ? wanted
        : undefined;
  const [first, second] = [onlyIn(one, other), onlyIn(other, one)];
  if (first !== undefined) return { failure: first, isFirst: true };
  return second === undefined ? undefined : { failure: second, isFirst: false };
}

const alike = (a: string, b: string, seen: readonly (readonly string[])[]): string =>
  (seen[0]?.length ?? 0) === 0
    ? `Neither ${a} nor ${b} fails. --times plays more often.\n`
    : `${a} and ${b} fail alike: ${(seen[0] ?? []).join('; ')}.\n`;

function asText(failure: string, [failing, passing]: readonly [string, string], blamed: Blamed): string {
  const { all, brings, cures, plays } = blamed;
  const isSame = JSON.stringify(brings.map(pathsOf)) === JSON.stringify(cures.map(pathsOf));
  const lines = isSame
    ? ['These numbers make it come and go:', ...setsText(brings)]
    : [
        `With these numbers of ${failing}, ${passing} fails:`,
        ...setsText(brings),
        `With these numbers of ${passing}, ${failing} passes:`,
        ...setsText(cures),
      ];
  return [
    `${failing} fails, and ${passing} does not: ${failure}`,
    `${all.length} differences, ${plays} mixtures played; times are in nanoseconds`,
    '',
    ...lines,
    '',
  ].join('\n');
}

const pathsOf = (set: readonly SideDifference[]): string[] => set.map(({ path }) => path);

const setsText = (sets: readonly (readonly SideDifference[])[]): string[] =>
  sets.flatMap((set, index) => [
    ...(index > 0 ? ['  or'] : []),
    ...set.map(
      ({ path, one, other }) => `  ${path}: ${show(one)} fails, ${show(other)} passes  ${sourceOf(path)}`,
    ),
  ]);

const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

function asJson(failure: string, [failing, passing]: readonly [string, string], blamed: Blamed): string {
  const listed = (sets: Blamed['brings']) =>
    sets.map((set) =>
      set.map(({ path, one, other }) => ({
        path,
        fails: one ?? null,
        passes: other ?? null,
        source: sourceOf(path),
      })),
    );
  const { all, brings, cures, plays } = blamed;
  return `${JSON.stringify({ failure, failing, passing, differences: all.length, plays, brings: listed(brings), cures: listed(cures) }, undefined, 2)}\n`;
}
