import type { Board, HostFiles, KernelDriver, TestFixtures, OwnDriver } from '../../fixtures/index.ts';
import { test as base } from '../../fixtures/index.ts';

type Step = TestFixtures['step'];

/** What every procedure of a known bug gets. */
interface Common extends Pick<
  TestFixtures,
  'board' | 'chip' | 'faults' | 'wires' | 'profile' | 'datasheet' | 'provoking'
> {
  readonly clock: Board['clock'];
  /** A step of the procedure. Its text begins with its number: `1. Bind the driver`. */
  readonly step: Step;
  /** The step after the last one, which gets its number here. */
  readonly lastStep: Step;
}

/** What a procedure on the simulated board gets. */
export interface BugTools extends Common {
  /** A driver of the profile under test, not yet bound. */
  readonly makeDriver: TestFixtures['makeDriver'];
  /** The same, bound. */
  readonly bindDriver: (...how: Parameters<TestFixtures['makeDriver']>) => Promise<OwnDriver>;
}

/** What a procedure on a kernel's own driver gets. The driver is not bound yet. */
export interface KernelBugTools extends Common {
  readonly kernel: KernelDriver;
  readonly files: HostFiles;
}

interface BugFixtures {
  commonTools: Common;
  bugTools: BugTools;
  kernelBugTools: KernelBugTools;
}

/** A test of a known bug. */
export const test = base.extend<BugFixtures>({
  commonTools: async ({ board, chip, faults, wires, profile, datasheet, provoking, step }, use) => {
    let count = 0;
    const { clock } = board;
    await use({
      board,
      clock,
      chip,
      faults,
      wires,
      profile,
      datasheet,
      provoking,
      step: (text, body) => {
        count++;
        return step(text, body);
      },
      lastStep: (text, body) => step(`${count + 1}. ${text}`, body),
    });
  },

  bugTools: async ({ commonTools, makeDriver }, use) => {
    await use({
      ...commonTools,
      makeDriver,
      bindDriver: async (...how) => {
        const driver = makeDriver(...how);
        await driver.probe();
        return driver;
      },
    });
  },

  kernelBugTools: async ({ commonTools, kernelDriver: kernel }, use) => {
    await use({ ...commonTools, kernel, files: kernel.files });
  },
});
