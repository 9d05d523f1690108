import type {
  Board,
  Capability,
  ChipView,
  Profile,
  Tampering,
  Trace,
  StackOptions,
  TypeScriptStack,
} from '../../fixtures/index.ts';
import { expect, driversThat, source, tellCell, test as base } from '../../fixtures/index.ts';
import { BUGS_TABLE, findEntry, hasBug } from './catalogue.ts';

/** The catalogue is about the kernel's drivers and the one that mends them. */
const CATALOGUED = driversThat(
  ({ name }) => ['cr50-spi-v1', 'linux-6.1', 'recommended'].includes(name),
  'The catalogue tells of the complete drivers.',
);

/** What the procedure of one catalogue entry works with. */
export interface BugBench {
  readonly board: Board & { readonly chip: ChipView; readonly faults: NonNullable<Board['faults']> };
  readonly profile: Profile;
  readonly wires: Trace;
  /** A driver of the profile under test, not yet bound. */
  readonly make: (options?: Partial<StackOptions>, tampering?: Tampering) => TypeScriptStack;
  /** The same, bound. */
  readonly bound: (options?: Partial<StackOptions>, tampering?: Tampering) => Promise<TypeScriptStack>;
}

const test = base.extend<{ bug: BugBench }>({
  bug: async ({ board, makeDriver, profile, wires }, use) => {
    await use({
      // `shows` asks for both capabilities.
      board: board as BugBench['board'],
      profile,
      wires,
      make: makeDriver,
      bound: async (options, tampering) => {
        const driver = makeDriver(options, tampering);
        await driver.probe();
        return driver;
      },
    });
  },
});

/**
 * One entry of the catalogue: `isShown` answers whether its observable was seen, which has to be so in the profiles
 * that have the bug, and in no other.
 */
export function shows(
  id: string,
  isShown: (bench: BugBench) => Promise<boolean>,
  needs: readonly Capability[] = [],
): void {
  const entry = findEntry(id);
  test.describe(() => {
    test.use({ needs: ['virtual-time', 'faults', 'chip-view', ...needs], forDrivers: CATALOGUED });
    test(
      `${id} ${entry.title}: ${entry.observable}`,
      { annotation: source(`BUGS ${id}`) },
      async ({ bug, step }) => {
        const isSeen = await step('1. provoke it', () => isShown(bug));
        tellCell(BUGS_TABLE, id, isSeen ? 'shown' : 'absent', isSeen ? 'fair' : 'good');
        await step('2. compare with the profiles that have it', () => {
          expect(isSeen, `${entry.observable}: seen with ${bug.profile.name}`).toBe(
            hasBug(entry, bug.profile.name),
          );
        });
      },
    );
  });
}
