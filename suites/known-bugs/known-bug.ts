import type { Capability, KnownBug } from '../../fixtures/index.ts';
import {
  ABSENT,
  BUGS_TABLE,
  driversThat,
  expect,
  hasBug,
  KNOWN_BUG,
  NO_PROCEDURE,
  SHOWN,
  source,
  tellCell,
} from '../../fixtures/index.ts';
import type { BugBench, KernelBugBench } from './bench.ts';
import { test } from './bench.ts';
import type { Drivers } from './drivers.ts';
import { NOBODY } from './drivers.ts';

/** What every known bug says of itself. */
interface Told {
  /** Number in the catalogue: `K-05`, `L-13`. [BUGS 2] [BUGS 3] */
  readonly id: string;
  readonly title: string;
  /** What the test looks at, as a claim with its limit. It is true of the drivers that have the bug, and of no other. */
  readonly observable: string;
  readonly has: Drivers;
}

/** Shown on a board with virtual time, fault injection and the chip's own account. */
export interface SimulatedBug extends Told {
  /** What the board must have beside those. */
  readonly needs?: readonly Capability[];
}

/** Shown on a rig whose Linux kernel drives the chip. */
export interface KernelBug extends Told {
  readonly where: 'kernel';
  /** The rig with what it takes; `virtual-lab` without. */
  readonly rig?: string;
  /** First release of the kernel's series that is without the bug, by the kernel's own ChangeLog. */
  readonly mendedIn?: string;
}

/** Waits for a rig that has what it takes. */
export interface WaitingBug extends Told {
  /** The rig that it waits for, and what that rig must have. */
  readonly waits: string;
  readonly capability: string;
}

/** Has nothing that a rig could show. */
export interface SilentBug extends Pick<Told, 'id' | 'title'> {
  readonly nothingToSee: string;
}

/** Does the numbered steps and answers whether the observable was seen. */
export type Procedure<Bench> = (bench: Bench) => Promise<boolean>;

/** The catalogue is about the kernel's drivers and the one that mends them. */
const CATALOGUED = driversThat(
  ({ name }) => ['cr50-spi-v1', 'linux-6.1', 'recommended'].includes(name),
  'The catalogue of known bugs is about the complete drivers.',
);

/**
 * One known bug: a test for each driver, named by the bug's id, title and observable. It passes when a driver that has the
 * bug shows its observable, or when another does not. `h1-hil bugs` collects the catalogue from these calls.
 *
 * A bug without a procedure is a test that the run counts as skipped, with the reason.
 */
export function knownBug(bug: SimulatedBug, procedure: Procedure<BugBench>): void;
export function knownBug(bug: KernelBug, procedure: Procedure<KernelBugBench>): void;
export function knownBug(bug: WaitingBug | SilentBug): void;
export function knownBug(
  bug: SimulatedBug | KernelBug | WaitingBug | SilentBug,
  procedure?: Procedure<BugBench> | Procedure<KernelBugBench>,
): void {
  if ('nothingToSee' in bug) {
    const { id, title, nothingToSee: why } = bug;
    skip({ id, title, observable: 'none', has: NOBODY, where: { kind: 'nowhere', why } }, 'nothing to see');
  } else if ('waits' in bug) {
    const { waits: rig, capability, ...told } = bug;
    skip({ ...told, where: { kind: 'waits', rig, capability } }, 'no rig has what it takes');
  } else if ('where' in bug) showOnKernel(bug, procedure as Procedure<KernelBugBench>);
  else showSimulated(bug, procedure as Procedure<BugBench>);
}

/** The runner's details of a test: where the claim comes from, and the bug as data. */
const detailsOf = (bug: KnownBug): { annotation: { type: string; description: string }[] } => ({
  annotation: [source(`BUGS ${bug.id}`), { type: KNOWN_BUG, description: JSON.stringify(bug) }],
});

const titleOf = ({ id, title, observable }: KnownBug): string => `${id} ${title}: ${observable}`;

function skip(bug: KnownBug, reason: string): void {
  test.describe(() => {
    test.skip(true, `known bugs that cannot be shown, ${reason} (h1-hil bugs lists them)`);
    const { annotation } = detailsOf(bug);
    test(titleOf(bug), { annotation: [...annotation, ...NO_PROCEDURE] }, () => undefined);
  });
}

function showSimulated({ needs = [], ...told }: SimulatedBug, procedure: Procedure<BugBench>): void {
  const bug: KnownBug = { ...told, where: { kind: 'simulated' } };
  test.describe(() => {
    test.use({ needs: ['virtual-time', 'faults', 'chip-view', ...needs], forDrivers: CATALOGUED });
    test(titleOf(bug), detailsOf(bug), async ({ bugBench }) => {
      const isSeen = await procedure(bugBench);
      const { name } = bugBench.profile;
      tellCell(BUGS_TABLE, bug.id, isSeen ? SHOWN : ABSENT, isSeen ? 'fair' : 'good');
      await compare(bugBench, bug, isSeen, { name, hasIt: hasBug(bug, name) });
    });
  });
}

function showOnKernel(
  { rig = 'virtual-lab', ...told }: KernelBug,
  procedure: Procedure<KernelBugBench>,
): void {
  const { mendedIn } = told;
  const bug: KnownBug = {
    ...told,
    where: { kind: 'kernel', rig, ...(mendedIn !== undefined && { mendedIn }) },
  };
  test.describe(() => {
    test.use({ needs: ['kernel', 'faults', 'chip-view'] });
    test(titleOf(bug), detailsOf(bug), async ({ kernelBugBench }) => {
      const isSeen = await procedure(kernelBugBench);
      const { kernel, profile } = kernelBugBench;
      const isMended = mendedIn !== undefined && !isBefore(kernel.version, mendedIn);
      await compare(kernelBugBench, bug, isSeen, {
        name: kernel.name,
        hasIt: hasBug(bug, profile.name) && !isMended,
      });
    });
  });
}

/** The last step of every procedure. */
async function compare(
  { lastStep }: Pick<BugBench, 'lastStep'>,
  { observable }: KnownBug,
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
