import type { SpiDevice } from '../../board/index.ts';
import { HilError, hertz } from '../../units/index.ts';

/** A test clocks a bus that only the device's own kernel has. */
class BusOutOfReach extends HilError {
  readonly blames = 'test';

  constructor() {
    super(
      "The chip's bus belongs to the kernel of a remote device, and nothing here can clock it. Say so with test.use({ needs: ['bus'] }), and such a board is left out.",
    );
  }
}

/** The bus of a device that is reached over a network. */
export const NO_BUS: SpiDevice = {
  sck: hertz(1_000_000),
  maxBytes: 0,
  counters: { transactions: 0, systemCalls: 0 },
  transaction: () => Promise.reject(new BusOutOfReach()),
};
