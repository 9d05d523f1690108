import type { BugHolders, Rule, TestFixtures } from '../../fixtures/index.ts';
import { CATALOGUED, declareBug, expect } from '../../fixtures/index.ts';
import type { BugTools, KernelBugTools } from './tools.ts';
import { NOBODY } from './drivers.ts';
import { test } from './tools.ts';

/** What is said of every known bug. */
interface Told {
  /** Number in the catalogue: `K-05`, `L-13`. [BUGS 2] [BUGS 3] */
  readonly id: string;
  readonly title: string;
  /** What the test looks at, as a claim with its limit. It is true of the drivers that have the bug, and of no other. */
  readonly observable: string;
  readonly has: BugHolders;
}

/** What is said of a bug that is shown, beside that. */
interface Shown extends Told {
  /** Rules of the trace that a driver with the bug breaks in the procedure; from any other driver they are expected. */
  readonly breaks?: readonly Rule[];
}

/** Shown on a board with virtual time, fault injection and the chip's own account. */
export interface SimulatedBug extends Shown {
  /** What the board must have beside those. */
  readonly needs?: TestFixtures['needs'];
}

/** Shown on a rig whose Linux kernel drives the chip. */
export interface KernelBug extends Shown {
  readonly where: 'kernel';
  /** What board and host must have beside a kernel, fault injection and the chip's own account. */
  readonly needs?: TestFixtures['needs'];
  /** The rig that can show the bug; `virtual-lab` when absent. */
  readonly rig?: string;
  /** For each series of the kernel the first release without the bug, by its ChangeLog. A series without an entry has it. */
  readonly mendedIn?: Readonly<Record<string, string>>;
}

/** Waits for a rig that has what it takes. */
export interface WaitingBug extends Told {
  /** The rig that it waits for, and what that rig must have. */
  readonly waits: string;
  readonly capability: string;
}

/** A bug of which a rig can see nothing. */
export interface SilentBug extends Pick<Told, 'id' | 'title'> {
  readonly nothingToSee: string;
}

/** Does the numbered steps and answers whether the observable was seen. */
export type Procedure<Tools> = (tools: Tools) => Promise<boolean>;

/**
 * One known bug: a test for each driver, named by the bug's id, title and observable. It passes when a driver that has the
 * bug shows its observable, or when another does not. `h1-hil bugs` collects the catalogue from these calls.
 *
 * A bug without a procedure is a test that the run counts as skipped, with the reason.
 */
export function knownBug(bug: SimulatedBug, procedure: Procedure<BugTools>): void;
export function knownBug(bug: KernelBug, procedure: Procedure<KernelBugTools>): void;
export function knownBug(bug: WaitingBug | SilentBug): void;
export function knownBug(
  bug: SimulatedBug | KernelBug | WaitingBug | SilentBug,
  procedure?: Procedure<BugTools> | Procedure<KernelBugTools>,
): void {
  if ('nothingToSee' in bug) {
    const { id, title, nothingToSee: why } = bug;
    const where = { kind: 'nowhere', why } as const;
    skip({ id, title, observable: 'none', has: NOBODY, where }, 'nothing to see');
  } else if ('waits' in bug) {
    const { waits: rig, capability, ...told } = bug;
    skip({ ...told, where: { kind: 'waits', rig, capability } }, 'no rig has what it takes');
  } else if ('where' in bug) showOnKernel(bug, procedure as Procedure<KernelBugTools>);
  else showSimulated(bug, procedure as Procedure<BugTools>);
}

function skip(told: Parameters<typeof declareBug>[0], reason: string): void {
  const { title, details } = declareBug(told);
  test.describe(() => {
    test.skip(true, `known bugs that cannot be shown, ${reason} (h1-hil bugs lists them)`);
    test(title, details, () => undefined);
  });
}

function showSimulated(
  { needs = [], breaks = [], ...told }: SimulatedBug,
  procedure: Procedure<BugTools>,
): void {
  const bug = declareBug({ ...told, where: { kind: 'simulated' } });
  test.describe(() => {
    test.use({ needs: ['virtual-time', 'faults', 'chip-view', ...needs], forDrivers: CATALOGUED });
    test(bug.title, bug.details, async ({ bugTools }) => {
      const { datasheet, provoking } = bugTools;
      const hasIt = bug.isIn(datasheet);
      const isSeen = await provoking(hasIt ? breaks : [], () => procedure(bugTools));
      bug.tell(isSeen);
      await compare(bugTools, told, isSeen, { name: datasheet.name, hasIt });
    });
  });
}

function showOnKernel(
  { rig = 'virtual-lab', needs = [], breaks = [], mendedIn, where: kind, ...told }: KernelBug,
  procedure: Procedure<KernelBugTools>,
): void {
  const where = { kind, rig, ...(mendedIn !== undefined && { mendedIn }) };
  const bug = declareBug({ ...told, where });
  test.describe(() => {
    test.use({ needs: ['kernel', 'faults', 'chip-view', ...needs] });
    test(bug.title, bug.details, async ({ kernelBugTools }) => {
      const { kernel, datasheet, provoking } = kernelBugTools;
      const mended = mendedIn?.[kernel.version.split('.').slice(0, 2).join('.')];
      const isMended = mended !== undefined && !isBefore(kernel.version, mended);
      const hasIt = bug.isIn(datasheet) && !isMended;
      const isSeen = await provoking(hasIt ? breaks : [], () => procedure(kernelBugTools));
      await compare(kernelBugTools, told, isSeen, { name: kernel.name, hasIt });
    });
  });
}

/** The last step of every procedure: expects the observable exactly when the driver has the bug. */
async function compare(
  { lastStep }: Pick<BugTools, 'lastStep'>,
  { observable }: Pick<Told, 'observable'>,
  isSeen: boolean,
  { name, hasIt }: { readonly name: string; readonly hasIt: boolean },
): Promise<void> {
  await lastStep(
    `${name} ${hasIt ? 'has this bug: it shows it' : 'is without this bug: it does not show it'}`,
    () => {
      expect(isSeen, `${observable}: seen with ${name}`).toBe(hasIt);
    },
  );
}

/** Whether a kernel's version, such as `6.1.192`, comes before another. */
function isBefore(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('.').map(Number));
  const at = b!.findIndex((number, index) => (a![index] ?? 0) !== number);
  return at >= 0 && (a![at] ?? 0) < b![at]!;
}
