import type { Journal, Played } from '../parity/index.ts';
import { align, JOURNALS } from '../parity/index.ts';
import type { Table } from '../report/tables.ts';
import { showDuration } from '../units/index.ts';
import type { ListedBug } from './known-bugs.ts';

/** What one kernel did in every journal, on every line of the laboratory, and what it is. */
export interface KernelSeen {
  readonly rig: string;
  /** The release, such as `6.12.117`. */
  readonly version: string;
  /** The name of its profile, by which the catalogue of known bugs tells who has a bug. */
  readonly profile: string;
  /** QEMU and guest, on which its times depend. */
  readonly description: string;
  /** What it did in each operation, by the name of the journal. */
  readonly played: ReadonlyMap<string, readonly Played[]>;
  /** The fall-back laboratory, a row for each behaviour of INT_AP_L; undefined when it was not run. */
  readonly laboratory: Table | undefined;
}

const HEAD = (command: string): string => `# What differs between kernels

How the stock driver of several kernels drives the same chip, in the virtual lab. The first kernel is the one that the others are
compared with. Every number is of the guest's virtual time, so the same packages give the same page. This page is made by

    ${command}
`;

/** The page as Markdown. Kernels are columns, in their order; the first is what the others are compared with. */
export function renderKernels(
  kernels: readonly KernelSeen[],
  bugs: readonly ListedBug[],
  command: string,
): string {
  return [
    HEAD(command),
    ...kernels.map(({ rig, version, description }) => `- Linux ${version}, rig \`${rig}\`: ${description}`),
    '',
    ...section('Frames', kernels, ({ frames }) => String(frames)),
    ...section('Times', kernels, ({ time }) => showDuration(time)),
    ...section('The time between two frames that half of them exceed', kernels, ({ gap }) =>
      gap === undefined ? '-' : showDuration(gap),
    ),
    ...differencesOf(kernels),
    ...laboratoryOf(kernels),
    ...bugsOf(kernels, bugs),
  ].join('\n');
}

const nameOf = ({ rig, version }: KernelSeen): string => `${version} (${rig})`;

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return ['<!-- prettier-ignore -->', row(head), row(head.map(() => '---')), ...rows.map(row), ''];
}

const operationsOf = (journal: Journal): [string, number][] =>
  journal.operations.map(({ name }, index) => [name, index]);

function section(title: string, kernels: readonly KernelSeen[], show: (played: Played) => string): string[] {
  const rows = JOURNALS.flatMap((journal) =>
    operationsOf(journal).map(([name, index]) => [
      journal.name,
      name,
      ...kernels.map(({ played }) => show(played.get(journal.name)![index]!)),
    ]),
  );
  return [`## ${title}`, '', ...table(['journal', 'operation', ...kernels.map(nameOf)], rows)];
}

/** Acts on the bus and lines of the log in which a kernel differs from the first one. */
function differencesOf([first, ...others]: readonly KernelSeen[]): string[] {
  const rows = others.flatMap((other) =>
    JOURNALS.flatMap((journal) =>
      operationsOf(journal).flatMap(([name, index]) => {
        const [a, b] = [first!.played.get(journal.name)![index]!, other.played.get(journal.name)![index]!];
        const acts = align(a.acts, b.acts).map(({ class: kind, what }) => `${KIND[kind] ?? kind}: ${what}`);
        const [left, right] = [a.log.map(unstamped), b.log.map(unstamped)];
        const said = [
          ...left.filter((line) => !right.includes(line)).map((line) => `no longer logged: ${line}`),
          ...right.filter((line) => !left.includes(line)).map((line) => `logged: ${line}`),
        ];
        const all = [...counted(acts), ...said];
        return all.length === 0 ? [] : [[nameOf(other), journal.name, name, all.join('<br>')]];
      }),
    ),
  );
  const title = [
    '## Order, bytes and log',
    '',
    `Against ${nameOf(first!)}. An operation that is not here is the same.`,
    '',
  ];
  return [...title, ...table(['kernel', 'journal', 'operation', 'what differs'], rows)];
}

/** The words of a comparison with the first kernel: what one kernel lacks, the other has. */
const KIND: Readonly<Record<string, string>> = { extra: 'not sent', missing: 'sent' };

/** Numbers in a log that depend on time. */
const unstamped = (line: string): string => line.replace(/\d+\.\d{3} seconds/g, '... seconds');

/** At most this many acts are named. */
const MAX_ACTS = 8;

const counted = (acts: readonly string[]): string[] =>
  acts.length <= MAX_ACTS
    ? [...acts]
    : [...acts.slice(0, MAX_ACTS), `and ${acts.length - MAX_ACTS} more acts`];

/** What each kernel makes of each behaviour of INT_AP_L. */
function laboratoryOf(kernels: readonly KernelSeen[]): string[] {
  const seen = kernels.filter(({ laboratory }) => laboratory !== undefined);
  if (seen.length === 0) return ['## Fall-back laboratory', '', 'Not run.', ''];
  const cell = ({ laboratory, profile }: KernelSeen, name: string): string =>
    laboratory!.rows.find((one) => one.name === name)?.cells[profile]?.text ?? 'not run';
  const names = [...new Set(seen.flatMap(({ laboratory }) => laboratory!.rows.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const cells = seen.map((kernel) => cell(kernel, name));
    return [name, ...cells, new Set(cells).size === 1 ? 'same' : 'differs'];
  });
  return ['## Fall-back laboratory', '', ...table(['INT_AP_L', ...seen.map(nameOf), ''], rows)];
}

/** Which known bugs each kernel has, by the catalogue. */
function bugsOf(kernels: readonly KernelSeen[], bugs: readonly ListedBug[]): string[] {
  const rows = bugs
    .filter(({ has }) => has === 'every' || kernels.some(({ profile }) => has.includes(profile)))
    .map((bug) => [bug.id, bug.title, ...kernels.map((kernel) => stateOf(bug, kernel))]);
  return [
    '## Known bugs',
    '',
    "By the catalogue: what the datasheet of the series says, and from which release on a bug is mended by the ChangeLog of Debian's package.",
    '',
    ...table(['entry', 'what', ...kernels.map(nameOf)], rows),
  ];
}

function stateOf({ has, where }: ListedBug, { profile, version }: KernelSeen): string {
  if (has !== 'every' && !has.includes(profile)) return 'without it';
  const mended = where.kind === 'kernel' ? where.mendedIn?.[profile.replace('linux-', '')] : undefined;
  if (mended === undefined) return 'still in';
  return isAtLeast(version, mended) ? `mended in ${mended}` : `still in; mended in ${mended}`;
}

/** Whether a release is another one or a later one. */
function isAtLeast(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('.').map(Number));
  const at = b!.findIndex((number, index) => (a![index] ?? 0) !== number);
  return at < 0 || (a![at] ?? 0) > b![at]!;
}
