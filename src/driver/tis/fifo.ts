import type { Duration } from '../../units/index.ts';
import type { Work } from '../work.ts';

/** How the wait for a response ended. [DRIVER 3.3] */
export type Outcome = 'available' | 'cancelled' | 'timeout';

/** Commands and responses through TPM_DATA_FIFO and TPM_STS, in the way of one profile. */
export interface Fifo {
  /** Sends the whole command and starts it. A failure has been aborted in the chip when it is thrown. */
  send(command: Uint8Array): Work<void>;
  awaitResponse(limit: Duration): Work<Outcome>;
  /** Reads the response into `into` and resolves with its length; the chip is idle or ready afterwards. */
  receive(into: Uint8Array): Work<number>;
  abort(): Work<void>;
}

/** Bytes of the header of a command or response. [TPM2 Part 3, 4] */
export const HEADER_SIZE = 10;

/** The size field of a command or response header. */
export const sizeFieldOf = (bytes: Uint8Array): number =>
  bytes[2]! * 0x1000000 + ((bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!);
