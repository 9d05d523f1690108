import type {
  Board,
  ChipView,
  Datasheet,
  FaultPanel,
  HostFiles,
  KernelStack,
  MakeDriver,
  Profile,
  Provoking,
  StackOptions,
  Step,
  Tampering,
  Trace,
  TypeScriptStack,
} from '../../fixtures/index.ts';
import { test as base } from '../../fixtures/index.ts';

/** What any procedure of a known bug works with. */
interface Common {
  readonly board: Board;
  readonly clock: Board['clock'];
  readonly chip: ChipView;
  readonly faults: FaultPanel;
  readonly wires: Trace;
  readonly profile: Profile;
  readonly datasheet: Datasheet;
  readonly provoking: Provoking;
  /** A step of the procedure. Its text begins with its number: `1. Bind the driver`. */
  readonly step: Step;
  /** The step after the last one, which gets its number here. */
  readonly lastStep: Step;
}

/** What a procedure on the simulated board works with. */
export interface BugBench extends Common {
  /** A driver of the profile under test, not yet bound. */
  readonly makeDriver: MakeDriver;
  /** The same, bound. */
  readonly bindDriver: (options?: Partial<StackOptions>, tampering?: Tampering) => Promise<TypeScriptStack>;
}

/** What a procedure on a kernel's own driver works with. The driver is not yet bound. */
export interface KernelBugBench extends Common {
  readonly kernel: KernelStack;
  readonly files: HostFiles;
}

interface BugFixtures {
  commonBench: Common;
  bugBench: BugBench;
  kernelBugBench: KernelBugBench;
}

export const test = base.extend<BugFixtures>({
  commonBench: async ({ board, chip, faults, wires, profile, datasheet, provoking, step }, use) => {
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

  bugBench: async ({ commonBench, makeDriver }, use) => {
    await use({
      ...commonBench,
      makeDriver,
      bindDriver: async (options, tampering) => {
        const driver = makeDriver(options, tampering);
        await driver.probe();
        return driver;
      },
    });
  },

  kernelBugBench: async ({ commonBench, kernelDriver: kernel }, use) => {
    await use({ ...commonBench, kernel, files: kernel.files });
  },
});
