import type { Board, Fault } from '../board/index.ts';
import { StackError } from '../driver/index.ts';
import type { HostDriver } from '../driver/index.ts';
import { ms, seconds } from '../units/index.ts';

/** One operation that both drivers do. */
export interface Operation {
  readonly name: string;
  readonly run: (driver: HostDriver, board: Board) => Promise<void>;
}

/** Operations on one chip, from power to removal. */
export interface Journal {
  readonly name: string;
  readonly hasInterrupt: boolean;
  readonly fault?: Fault;
  readonly operations: readonly Operation[];
}

const send = (name: string, command: string): Operation => ({
  name,
  run: async (driver) => {
    await driver.transmit(Buffer.from(command, 'hex'));
  },
});

/** A failure of the driver is an outcome like any other: what it did on the bus is compared. */
const attempt = async (action: () => Promise<unknown>): Promise<void> => {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
  }
};

const PROBE: Operation = { name: 'probe', run: (driver) => attempt(() => driver.probe()) };
const REMOVE: Operation = { name: 'remove', run: (driver) => driver.remove() };
const RANDOM = send('GetRandom(16)', '80010000000c0000017b0010');

/** One of each kind: short and long, with an authorization, of the vendor, unknown; answers of one frame and of several. */
const COMMANDS: readonly Operation[] = [
  RANDOM,
  send('GetCapability(commands)', '8001000000160000017a000000020000011f00000100'),
  send('PCR_Read(0)', '8001000000140000017e00000001000b03010000'),
  send('SelfTest', '80010000000b0000014301'),
  send('a command that the TPM does not know', '80010000000a000001ff'),
  send('Cr50 vendor command 0003', '80010000000c200000000003'),
  send('64 bytes, one full frame', `800100000040000001ff${'a5'.repeat(54)}`),
  send('1024 bytes, 17 frames', `800100000400000001ff${'3c'.repeat(1014)}`),
  send(
    'PCR_Extend(16), 65 bytes',
    `80020000004100000182000000100000000940000009000000000000000001000b${'5a'.repeat(32)}`,
  ),
];

const SLEEP: Operation = {
  name: 'GetRandom(16) after 1.5 s of idleness',
  run: async (driver, board) => {
    await board.clock.sleep(seconds(1.5));
    await RANDOM.run(driver, board);
  },
};

const suspend = (kind: 'to-idle' | 'via-firmware'): Operation => ({
  name: `suspend ${kind}, resume`,
  run: async (driver, { clock }) => {
    await driver.suspend(kind);
    await clock.sleep(ms(1200));
    await driver.resume();
  },
});

const stalledOnce: Operation = {
  name: 'GetRandom(16) with one frame stalled',
  run: async (driver, board) => {
    await board.faults?.set({ kind: 'chip-stall', frames: { from: 3, count: 1 } });
    await attempt(() => RANDOM.run(driver, board));
    await board.faults?.clear();
    await attempt(() => RANDOM.run(driver, board));
  },
};

/** Everything that is done with both drivers, one board each. */
export const JOURNALS: readonly Journal[] = [
  {
    name: 'healthy',
    hasInterrupt: true,
    operations: [
      PROBE,
      ...COMMANDS,
      SLEEP,
      suspend('to-idle'),
      RANDOM,
      suspend('via-firmware'),
      RANDOM,
      REMOVE,
    ],
  },
  { name: 'no interrupt', hasInterrupt: false, operations: [PROBE, RANDOM, REMOVE] },
  {
    name: 'dead interrupt',
    hasInterrupt: true,
    fault: { kind: 'ready-open' },
    operations: [PROBE, RANDOM, REMOVE],
  },
  { name: 'stall', hasInterrupt: true, operations: [PROBE, stalledOnce, REMOVE] },
];
