import { expect, test } from '@playwright/test';
import type { Board, SpiStep } from '../../src/board/index.ts';
import { accessChip, pulseReset } from '../../src/host/index.ts';
import { execute, getRandom, readClock, shutdown, startup } from '../../src/tpm/index.ts';
import type { Instant } from '../../src/units/index.ts';
import { BEGINNING, between, later, ms, seconds, us } from '../../src/units/index.ts';
import type { Intervention } from '../../src/twin/index.ts';
import type { OwnDriver } from '../../src/driver/index.ts';
import type { Talk } from './recorded.ts';
import { compared, recordedEvents } from './recorded.ts';

/** Headers and values of [CHIP 1.2], [CHIP 4.2], [CHIP 4.3]; the command is TPM2_GetRandom(8). [TPM2 Part 3, 16.1] */
const write = async (board: Board, register: number, ...bytes: readonly number[]): Promise<void> => {
  const step: SpiStep = { kind: 'write', bytes: Uint8Array.from(bytes) };
  await accessChip(board, [bytes.length - 1, 0xd4, 0, register], step, { isWoken: true });
};
const read = async (board: Board, register: number, size: number): Promise<void> => {
  await accessChip(board, [0x80 | (size - 1), 0xd4, 0, register], { kind: 'read', size }, { isWoken: true });
};
const [ACCESS, STS, FIFO] = [0x00, 0x18, 0x24];
const GET_RANDOM = [0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x7b, 0, 0x08];

const send = async (board: Board): Promise<void> => {
  await write(board, STS, 0x40);
  await write(board, STS, 0x40);
  await write(board, FIFO, ...GET_RANDOM);
  await write(board, STS, 0x20);
};

interface Healthy {
  readonly what: string;
  readonly talk: Talk;
}

/** What a host may do that a twin could misread. */
const HEALTHY: readonly Healthy[] = [
  ...[1, 11, 12, 13, 20].map((size) => ({
    what: `a response of which ${size} bytes are read, without a read of TPM_STS before`,
    talk: async (_: unknown, board: Board) => {
      await send(board);
      await read(board, FIFO, size);
      await write(board, STS, 0x40);
      await read(board, STS, 4);
    },
  })),
  {
    what: 'a response that is read in parts, rewound, and read again',
    talk: async (_, board) => {
      await send(board);
      for (const size of [3, 10, 7]) await read(board, FIFO, size);
      await write(board, STS, 0x02);
      for (const size of [13, 7]) await read(board, FIFO, size);
      await read(board, STS, 4);
    },
  },
  {
    what: 'a response that is given up by a release of the locality after half of it',
    talk: async (_, board) => {
      await write(board, ACCESS, 0x02);
      await send(board);
      await read(board, FIFO, 14);
      await write(board, ACCESS, 0x20);
      await read(board, FIFO, 6);
      await read(board, STS, 4);
    },
  },
  {
    what: 'the clock of the TPM over a reset',
    talk: async (driver, board) => {
      await execute(driver, readClock());
      await pulseReset(board);
      await board.clock.sleep(ms(20));
      await execute(driver, startup('clear'));
      await execute(driver, readClock());
    },
  },
  {
    what: 'a poll from the release of TPM_RST_L on, of which one frame is heard in part',
    talk: async (_, board) => {
      await board.reset!.assert();
      await board.clock.sleep(ms(2));
      await board.reset!.deassert();
      for (let frame = 0; frame < 12; frame++) {
        await board.spi.transaction([
          { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0x00) },
          { kind: 'read', size: 60 },
        ]);
        await board.clock.sleep(us(200));
      }
    },
  },
  ...[2990, 2994, 2996, 2998, 3000, 3002].map((wait) => ({
    what: `Shutdown ${wait} ms after a reset, when held flash writes come due`,
    talk: async (driver: OwnDriver, board: Board) => {
      await pulseReset(board);
      const began = board.clock.now();
      await board.clock.sleep(ms(20));
      await execute(driver, startup('clear'));
      await board.clock.sleep(between(board.clock.now(), later(began, ms(wait))));
      await execute(driver, shutdown('state'));
    },
  })),
  {
    what: 'random numbers through a driver, before and while held flash writes come due',
    talk: async (driver, board) => {
      await board.clock.sleep(ms(2400));
      for (let i = 0; i < 20; i++) await execute(driver, getRandom(8));
    },
  },
];

for (const { what, talk } of HEALTHY)
  test(`no difference is told of a healthy chip: ${what}`, async () => {
    for (const seed of [7, 8, 9]) {
      const { differences, frames } = compared(await recordedEvents({ seed }, talk));
      expect(differences.map(({ says }) => says)).toEqual([]);
      expect(frames).toBeGreaterThan(30);
    }
  });

test('no difference is told of a chip that answers a command that was aborted behind the next one', async () => {
  const slow = { kind: 'chip-slow-command', time: ms(400), commands: { count: 1 } } as const;
  let from = 0 as Instant;
  const events = await recordedEvents({}, async (_, board) => {
    from = board.clock.now();
    await board.faults!.set(slow);
    await send(board);
    await send(board);
    for (let part = 0; part < 20; part++) await read(board, STS, 4);
    await read(board, FIFO, 10);
    await read(board, FIFO, 10);
    for (let part = 0; part < 3; part++) await read(board, STS, 4);
  });
  const command: Intervention = { from, effect: { kind: 'command', commands: { count: 1 }, least: ms(400) } };
  expect(compared(events, { interventions: [command] }).differences.map(({ says }) => says)).toEqual([]);
});

for (const width of [1, 5, 20, 50, 90])
  test(`no difference is told of a frame that a CS glitch of ${width} us follows at once`, async () => {
    let from = 0 as Instant;
    const events = await recordedEvents({}, async (_, board) => {
      for (let frame = 0; frame < 8; frame++) await read(board, STS, 4);
      await board.spi.transaction([
        { kind: 'exchange', bytes: Uint8Array.of(0x80, 0xd4, 0, 0) },
        { kind: 'read', size: 30 },
      ]);
      from = board.clock.now();
      await board.faults!.set({ kind: 'cs-glitch', width: us(width) });
      await board.clock.sleep(ms(1));
      for (let frame = 0; frame < 8; frame++) await read(board, STS, 4);
    });
    const glitch: Intervention = { from, effect: { kind: 'select', width: us(width) } };
    expect(compared(events, { interventions: [glitch] }).differences.map(({ says }) => says)).toEqual([]);
  });

/** A whole frame, long enough for each stall of a healthy chip. */
const polled = async (board: Board, ...header: readonly number[]): Promise<void> => {
  await board.spi.transaction([
    { kind: 'exchange', bytes: Uint8Array.from(header) },
    { kind: 'read', size: 90 },
  ]);
};

for (const [firmware, gaps] of [
  ['0.5.4', [5, 20, 40]],
  ['0.3.22', [5, 20, 40]],
] as const)
  for (const gap of gaps)
    test(`no difference is told of frames that follow each other at once while pulses of ${firmware} are hidden, after ${gap} us`, async () => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const events = await recordedEvents({ seed, firmware }, async (_, board) => {
          await polled(board, 0x83, 0xd4, 0, STS);
          await board.clock.sleep(ms(1));
          for (const register of [STS, FIFO])
            for (const next of [5, 20, 30, 36, 45, 55])
              for (const size of [5, 6, 30]) {
                await polled(board, 0x00, 0xd4, 0, register);
                await board.clock.sleep(us(gap));
                await board.spi.transaction([
                  { kind: 'exchange', bytes: Uint8Array.of(0x83, 0xd4, 0x0f, 0) },
                  { kind: 'read', size: size - 4 },
                ]);
                await board.clock.sleep(us(next));
                await polled(board, 0x83, 0xd4, 0, STS);
                await board.clock.sleep(ms(1));
              }
        });
        const hidden: Intervention = { from: BEGINNING, effect: { kind: 'pulses hidden' } };
        const { differences, frames } = compared(events, { chip: { firmware }, interventions: [hidden] });
        expect(differences.map(({ says }) => says)).toEqual([]);
        expect(frames).toBeGreaterThan(100);
      }
    });

test('no difference is told of a tape that was full, after whichever event', async () => {
  const events = await recordedEvents({}, async (driver, board) => {
    await execute(driver, getRandom(8));
    await pulseReset(board);
    await board.clock.sleep(ms(20));
    await execute(driver, startup('clear'));
  });
  const all = compared(events);
  expect(all.leftOut).toBe(0);
  for (let room = 0; room < events.length; room++) {
    const { differences, frames, leftOut } = compared(
      events,
      { end: later(BEGINNING, seconds(60)) },
      { events: room },
    );
    expect(differences.map(({ says }) => `${room}: ${says}`)).toEqual([]);
    expect(frames + leftOut).toBeGreaterThanOrEqual(all.frames - 1);
  }
});
