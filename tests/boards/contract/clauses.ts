import { deepEqual, equal, fail, ok, rejects } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Board, Capability, SpiRecord, SpiStep, TransactionOptions } from '../../../src/board/index.ts';
import { WaitStateTimeout } from '../../../src/board/index.ts';
import { between, earlier, ms, us } from '../../../src/units/index.ts';
import {
  ACTIVE_LOCALITY,
  command,
  DID_VID,
  HASH_OF_47_BYTES,
  hashCommand,
  identify,
  identifyWithPatience,
  READ_ACCESS,
  READ_DID_VID,
  readFrame,
  readRegister,
  REQUEST_USE,
  paced,
  readSteps,
  writeRegister,
} from './chip-access.ts';

/** One thing that every board keeps to. It finds the chip out of reset, with the TPM started and the locality free. */
export interface Clause {
  /** A claim about the board. */
  readonly name: string;
  readonly needs?: readonly Capability[];
  /** CS assertions without a clock that it makes; all others clock. */
  readonly selects?: number;
  /** Transactions that go on under the CS assertion of the one before, on purpose. */
  readonly continued?: number;
  run(board: Board): Promise<void>;
}

const LENGTHS = Array.from({ length: 64 }, (_, index) => index + 1);

/** Longer than a ready pulse takes to come and to end, on any board but one that writes its flash. [CHIP 3] */
const PULSE_OVER = ms(60);
const PULSE_LIMIT = ms(500);

/** A poll that nothing satisfies: the chip's wait and ready bytes are 00 and 01, and after the data it sends 00. */
const NEVER: SpiStep = { kind: 'poll', mask: 0xff, value: 0xee, limit: ms(2), timeoutFirst: false };

const stall = async (board: Board, options?: TransactionOptions): Promise<SpiRecord> =>
  board.spi.transaction([{ kind: 'exchange', bytes: READ_DID_VID }, NEVER], options);

const identifyAtOnce = async (board: Board): Promise<SpiRecord> =>
  board.spi.transaction(readSteps(READ_DID_VID, DID_VID.length));

const reason = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    () => fail('it did not fail'),
    (failure: unknown) => failure,
  );

export const CLAUSES: readonly Clause[] = [
  {
    name: 'a read frame brings the identity of an H1',
    run: async (board) => {
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'a record tells what was clocked: header, wait bytes, one ready byte, data',
    run: async (board) => {
      const { sent, received, pollAt, polled } = await readFrame(board, READ_DID_VID, 4);
      equal(pollAt, 4);
      deepEqual([...sent.subarray(0, 4)], [...READ_DID_VID]);
      equal(sent.length, received.length);
      deepEqual([...received.subarray(4, 4 + polled)], [...Array<number>(polled - 1).fill(0), 1]);
      deepEqual([...received.subarray(4 + polled, 8 + polled)], DID_VID);
      ok(sent.length >= 8 + polled);
      ok(sent.subarray(4).every((byte) => byte === 0));
    },
  },
  {
    name: 'a slice of what was received is a copy, which the next transaction leaves as it is',
    run: async (board) => {
      const kept = await paced(board, async () => (await identifyAtOnce(board)).received.slice());
      const before = [...kept];
      await readFrame(board, READ_ACCESS, 1);
      deepEqual([...kept], before);
    },
  },
  {
    name: 'times of a record are in order, and after those of the one before',
    run: async (board) => {
      const first = await readFrame(board, READ_DID_VID, 4);
      const { fall, polledUntil, rise } = first;
      ok(fall < polledUntil && polledUntil <= rise);
      // At 2 MHz, the most an H1 takes, 13 bytes need 52 us.
      ok(between(fall, rise) >= us(4 * first.sent.length));
      ok((await readFrame(board, READ_DID_VID, 4)).fall > rise);
    },
  },
  {
    name: 'reads of every length from 1 to 64 bytes are whole',
    run: async (board) => {
      for (const length of LENGTHS) {
        const data = await readRegister(board, 0x0f00, length);
        equal(data.length, length);
        deepEqual([...data.subarray(0, 4)], DID_VID.slice(0, length));
      }
    },
  },
  {
    name: 'writes of every length from 1 to 64 bytes reach the chip, byte for byte',
    run: async (board) => {
      // The digest of what arrived is the proof. Two frames a command: all lengths, each as the first and as the second.
      for (const length of LENGTHS) {
        const answer = await command(board, hashCommand(), [length]);
        deepEqual(answer.slice(0, 10), [0x80, 0x01, 0x00, 0x00, 0x00, 0x34, 0x00, 0x00, 0x00, 0x00]);
        deepEqual(answer.slice(12, 44), [...createHash('sha256').update(HASH_OF_47_BYTES).digest()]);
      }
    },
  },
  {
    name: 'data clocked beyond a read are taken along and harm nothing',
    run: async (board) => {
      const { received, pollAt, polled } = await readFrame(board, READ_DID_VID, 500);
      deepEqual([...received.subarray(pollAt + polled, pollAt + polled + 4)], DID_VID);
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'a transaction of a delay alone is CS asserted for that long, without a clock',
    selects: 1,
    run: async (board) => {
      const { sent, received, fall, rise } = await board.spi.transaction([
        { kind: 'delay', duration: us(1000) },
      ]);
      equal(sent.length + received.length, 0);
      ok(between(fall, rise) >= us(1000));
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'a delay after the data keeps CS asserted',
    run: async (board) => {
      const record = await board.spi.transaction([
        ...readSteps(READ_DID_VID, DID_VID.length),
        { kind: 'delay', duration: us(500) },
      ]);
      ok(between(record.polledUntil, record.rise) >= us(500));
    },
  },
  {
    name: 'a poll that passes its limit fails with what was clocked, and releases CS',
    run: async (board) => {
      const failure = await paced(board, () => reason(stall(board)));
      ok(failure instanceof WaitStateTimeout);
      ok(failure.waitBytes >= 1);
      ok(between(failure.fall, failure.gaveUp) >= ms(2));
      deepEqual([...(failure.wire?.sent.subarray(0, 4) ?? [])], [...READ_DID_VID]);
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'the defect that leaves CS asserted is there when asked for, and a delay alone ends it',
    // One assertion, of two transactions.
    continued: 1,
    run: async (board) => {
      ok((await reason(stall(board, { csStaysLowAfterError: true }))) instanceof WaitStateTimeout);
      await paced(board, () => board.spi.transaction([{ kind: 'delay', duration: us(10) }]));
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'a second transaction goes on under the CS that the defect left asserted',
    continued: 1,
    run: async (board) => {
      await reason(stall(board, { csStaysLowAfterError: true }));
      const more = [...Array<number>(32).fill(0), ...READ_DID_VID, ...Array<number>(32).fill(0)];
      const { received } = await paced(board, () =>
        board.spi.transaction([{ kind: 'exchange', bytes: Uint8Array.from(more) }]),
      );
      // The chip ends its answer with zeros for ever, and takes no new header in the same frame. [CHIP 1.5]
      ok(received.subarray(32).every((byte) => byte === 0));
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'transactions that are asked for at once are served in order',
    run: async (board) => {
      const { spi, clock } = board;
      const served: { readonly nth: number; readonly fall: number }[] = [];
      const frames = [1, 2, 3, 4].map(async (nth) => {
        // One byte each, which the chip ignores: too short for a header. [CHIP 1.5]
        const { fall } = await spi.transaction([{ kind: 'exchange', bytes: Uint8Array.of(nth) }]);
        served.push({ nth, fall });
      });
      await Promise.all(frames);
      deepEqual(
        served.map(({ nth }) => nth),
        [1, 2, 3, 4],
      );
      deepEqual(
        served.map(({ fall }) => fall),
        served.map(({ fall }) => fall).sort((a, b) => a - b),
      );
      await clock.sleep(PULSE_OVER);
    },
  },
  {
    name: 'transactions and calls to the system are counted',
    run: async (board) => {
      const before = { ...board.spi.counters };
      await identify(board);
      await identify(board);
      equal(board.spi.counters.transactions - before.transactions, 2);
      ok(board.spi.counters.systemCalls - before.systemCalls >= 2);
    },
  },
  {
    name: 'a ready edge follows a frame, and is stamped later than its end',
    needs: ['ready-line'],
    run: async (board) => {
      const ready = board.ready!;
      for (let frames = 0; frames < 20; frames++) {
        await board.clock.sleep(PULSE_OVER);
        const watch = ready.arm('asserted');
        const { rise } = await identifyAtOnce(board);
        const edge = await watch.next(PULSE_LIMIT);
        watch.close();
        ok(edge !== undefined, `no edge after frame ${frames}`);
        ok(edge > earlier(rise, ready.uncertainty), `an edge before the end of frame ${frames}`);
      }
    },
  },
  {
    name: 'edges from before a watch was armed are not told',
    needs: ['ready-line'],
    run: async (board) => {
      await identify(board);
      await board.clock.sleep(PULSE_OVER);
      const watch = board.ready!.arm('asserted');
      equal(watch.take(), undefined);
      equal(await watch.next(PULSE_OVER), undefined);
      watch.close();
    },
  },
  {
    name: 'a watch tells each edge once, and none after it was closed',
    needs: ['ready-line'],
    run: async (board) => {
      const watch = board.ready!.arm('asserted');
      await identifyAtOnce(board);
      ok((await watch.next(PULSE_LIMIT)) !== undefined);
      await board.clock.sleep(PULSE_OVER);
      equal(watch.take(), undefined);
      watch.close();
      await identify(board);
      await board.clock.sleep(PULSE_OVER);
      equal(watch.take(), undefined);
    },
  },
  {
    name: 'a pulse has an end, which is told where the board can',
    needs: ['ready-line'],
    run: async (board) => {
      const ready = board.ready!;
      await board.clock.sleep(PULSE_OVER);
      const watches = [ready.arm('asserted'), ready.arm('deasserted')] as const;
      await identifyAtOnce(board);
      const begun = await watches[0].next(PULSE_LIMIT);
      const ended = await watches[1].next(PULSE_OVER);
      for (const watch of watches) watch.close();
      ok(begun !== undefined);
      if (ready.tellsEnds === false) equal(ended, undefined);
      else ok(ended !== undefined && begun <= ended);
      equal(ready.isAsserted, false);
    },
  },
  {
    name: 'observers are told every edge until they stop',
    needs: ['ready-line'],
    run: async (board) => {
      const ready = board.ready!;
      await board.clock.sleep(PULSE_OVER);
      const seen: string[] = [];
      const stop = ready.observe((edge) => seen.push(edge));
      await identify(board);
      await board.clock.sleep(PULSE_OVER);
      stop();
      await identify(board);
      await board.clock.sleep(PULSE_OVER);
      deepEqual(seen, ready.tellsEnds === false ? ['asserted'] : ['asserted', 'deasserted']);
    },
  },
  {
    name: 'a reset takes the locality away',
    needs: ['reset'],
    run: async (board) => {
      const { clock } = board;
      const reset = board.reset!;
      await writeRegister(board, 0x0000, [REQUEST_USE]);
      const isActive = async (): Promise<boolean> =>
        ((await readFrame(board, READ_ACCESS, 1).then(dataOf(1)))[0]! & ACTIVE_LOCALITY) !== 0;
      equal(await isActive(), true);
      await reset.assert();
      equal(reset.isAsserted, true);
      await clock.sleep(ms(2));
      await reset.deassert();
      equal(reset.isAsserted, false);
      await clock.sleep(ms(20));
      // The first frame after a reset is answered with FF. [CHIP 1.3]
      await readFrame(board, READ_ACCESS, 1);
      equal(await isActive(), false);
    },
  },
  {
    name: 'a chip without its supply does not answer, and does again when it has it back',
    needs: ['power'],
    run: async (board) => {
      const { clock, reset } = board;
      const power = board.power!;
      equal(power.isOn, true);
      await reset?.assert();
      await power.off();
      equal(power.isOn, false);
      await clock.sleep(ms(20));
      const dead = await readFrame(board, READ_DID_VID, 4, ms(5)).then(dataOf(4), () => undefined);
      ok(dead === undefined || [...dead].join() !== DID_VID.join());
      await power.on();
      equal(power.isOn, true);
      await clock.sleep(ms(150));
      await reset?.deassert();
      await clock.sleep(ms(20));
      deepEqual(await identifyWithPatience(board), DID_VID);
    },
  },
  {
    name: 'the clock never goes back, and a sleep is never shorter than asked',
    run: async ({ clock }) => {
      for (const duration of [us(1), us(50), ms(1), ms(5)]) {
        const from = clock.now();
        await clock.sleep(duration);
        ok(between(from, clock.now()) >= duration);
      }
    },
  },
  {
    name: 'tasks that run together all end, then the first failure is thrown',
    run: async ({ clock }) => {
      const ended: string[] = [];
      const task = (name: string, time: number, failure?: string) => async (): Promise<string> => {
        await clock.sleep(ms(time));
        ended.push(name);
        if (failure !== undefined) throw new Error(failure);
        return name;
      };
      deepEqual(await clock.together([task('slow', 4), task('fast', 1)]), ['slow', 'fast']);
      await rejects(clock.together([task('a', 1, 'first'), task('b', 8), task('c', 2, 'second')]), {
        message: 'first',
      });
      deepEqual([...ended].sort(), ['a', 'b', 'c', 'fast', 'slow']);
    },
  },
  {
    name: 'the bus is lent to one at a time, in the order of asking',
    run: async ({ bus }) => {
      const order: number[] = [];
      const users = [1, 2, 3].map(async (user) => {
        const giveBack = await bus.acquire();
        order.push(user);
        await Promise.resolve();
        order.push(user);
        giveBack();
        giveBack();
      });
      await Promise.all(users);
      deepEqual(order, [1, 1, 2, 2, 3, 3]);
    },
  },
  {
    name: 'closing twice is as good as once',
    run: async (board) => {
      await board.close();
      await board.close();
    },
  },
];

const dataOf =
  (size: number) =>
  ({ received, pollAt, polled }: SpiRecord): Uint8Array =>
    received.slice(pollAt + polled, pollAt + polled + size);
