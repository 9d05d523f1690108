import type { Board, ChipView, FaultPanel, HostFiles, KernelStack, Trace } from '../../fixtures/index.ts';
import { expect, source, test } from '../../fixtures/index.ts';
import { findEntry, hasBug } from '../known-bugs/catalogue.ts';

/** What the procedure of one catalogue entry works with on the kernel's own driver, which is bound. */
export interface KernelBench {
  readonly board: Board & { readonly chip: ChipView };
  readonly faults: FaultPanel;
  readonly kernel: KernelStack;
  readonly files: HostFiles;
  readonly wires: Trace;
}

/**
 * One entry of the catalogue that only a kernel can show: `isShown` answers whether its observable was seen, which has
 * to be so on the kernels whose row of the catalogue has the bug, and on no other. `mendedIn` is the first release of
 * the row that has it no more, by the kernel's own ChangeLog.
 */
export function showsOnKernel(
  id: string,
  isShown: (bench: KernelBench) => Promise<boolean>,
  mendedIn?: string,
): void {
  const entry = findEntry(id);
  test(
    `known bug ${id} ${entry.title}: ${entry.observable}`,
    { annotation: source(`BUGS ${id}`) },
    async ({ board, chip, faults, kernelDriver: kernel, profile, wires, step }) => {
      const isSeen = await step('1. bind the driver, provoke it', async () => {
        await kernel.probe();
        return isShown({ board: { ...board, chip }, faults, kernel, files: kernel.files, wires });
      });
      await step('2. compare with the kernels that have it', () => {
        expect(isSeen, `${entry.observable}: seen with ${kernel.name}`).toBe(
          hasBug(entry, profile.name) && (mendedIn === undefined || isBefore(kernel.version, mendedIn)),
        );
      });
    },
  );
}

/** Whether a kernel's version, such as `6.1.192`, comes before another. */
function isBefore(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('.').map(Number));
  const at = b!.findIndex((number, index) => (a![index] ?? 0) !== number);
  return at >= 0 && (a![at] ?? 0) < b![at]!;
}
