import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Board, SpiRecord, SpiStep } from '../../../../src/board/index.ts';
import { EdgesLost } from '../../../../src/board/index.ts';
import { openLinuxBoard } from '../../../../src/boards/linux/index.ts';
import { LineMissing } from '../../../../src/boards/linux/errors.ts';
import type { LinuxBoardOptions } from '../../../../src/boards/linux/options.ts';
import { later, ms } from '../../../../src/units/index.ts';
import { DID_VID, identify, READ_DID_VID, readSteps } from '../../contract/chip-access.ts';
import type { Clause } from '../../contract/clauses.ts';
import { GUEST_SPI } from './guest-rigs.ts';

/** Frames whose edges the kernel's buffer of 1024 cannot hold, though some of them run together on a loaded host. */
const TOO_MANY = 1400;

/** A second program, in another process, that ends only when it is killed. */
async function inAnotherProcess(doing: 'hold-cs' | 'hold-line'): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./holder.js', import.meta.url)), doing], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Keeps the event loop from turning. */
function standStill({ clock }: Board, until: number): void {
  while (clock.now() < until);
}

const opened = async <T>(
  options: Partial<LinuxBoardOptions>,
  use: (board: Board) => Promise<T>,
): Promise<T> => {
  const board = await openLinuxBoard({ spi: GUEST_SPI, lines: {}, ...options });
  try {
    return await use(board);
  } finally {
    await board.close();
  }
};

/** What a device does, as a promise, whether it waited for anything or not. */
const settled = async <T>(action: () => Promise<T> | T): Promise<T> => action();

/** The frame is over when this returns: nothing of it waits for the event loop. Whether it went well is not looked at. */
const begin = (board: Board, steps: readonly SpiStep[]): void => {
  settled(() => board.spi.transaction(steps)).catch(() => undefined);
};

/** What a board `linux` with the character device meets on a real kernel, beyond the contract of all boards. */
export const FACTS: readonly Clause[] = [
  {
    name: 'edges that came while the event loop stood still are read with their own stamps',
    run: async (board) => {
      const watch = board.ready!.arm('asserted');
      const falls: number[] = [];
      for (let frames = 0; frames < 5; frames++) {
        falls.push(board.clock.now());
        begin(board, readSteps(READ_DID_VID, 4));
        standStill(board, later(board.clock.now(), ms(50)));
      }
      const edges = falls.map(() => watch.take());
      equal(watch.take(), undefined);
      watch.close();
      edges.forEach((edge, index) => {
        ok(edge !== undefined && edge > falls[index]!, `edge ${index} is missing or early`);
        ok(edge < (falls[index + 1] ?? Infinity), `edge ${index} is stamped after the next frame began`);
      });
    },
  },
  {
    name: 'edges that the kernel could not keep are told as lost, once',
    run: async (board) => {
      const watch = board.ready!.arm('asserted');
      for (let frames = 0; frames < TOO_MANY; frames++) {
        begin(board, readSteps(READ_DID_VID, 1));
        standStill(board, later(board.clock.now(), ms(3)));
      }
      let kept = 0;
      let failure: unknown;
      const note = (cause: unknown): void => {
        failure ??= cause;
      };
      try {
        while (watch.take() !== undefined) kept++;
      } catch (cause) {
        note(cause);
      }
      watch.close();
      // The gap shows with the first edge after it.
      await identify(board).catch(note);
      ok(failure instanceof EdgesLost, `no loss was told, ${kept} edges were`);
      ok(failure.count > 0 && kept + failure.count <= TOO_MANY, `${kept} edges and ${failure.count} lost`);
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'reads whose stall may be guessed become one call, and stay right',
    run: async (board) => {
      // The first frames teach what a guess is made of.
      await callsOf(board, 40, true);
      const guessedCalls = await callsOf(board, FRAMES, true);
      const stepped = await callsOf(board, FRAMES, false);
      // A guess that is too low costs a frame of several calls, and 16 that are not guessed.
      ok(
        guessedCalls < 0.75 * stepped,
        `${guessedCalls} calls for ${FRAMES} frames, ${stepped} without a guess`,
      );
    },
  },
  {
    name: 'a line that is in use is refused, with its user',
    run: () =>
      rejects(
        opened({ gpio: 'cdev', lines: { ready: { chip: 'h1lab', offset: 0 } } }, identify),
        (failure: unknown) =>
          failure instanceof LineMissing && /EBUSY; "h1-hil" has it/.test(failure.message),
      ),
  },
  {
    name: 'onoff is refused a line of the character device',
    run: () =>
      rejects(
        opened({ gpio: 'onoff', lines: { ready: { chip: 'h1lab', offset: 0 } } }, identify),
        (failure: unknown) => failure instanceof LineMissing && failure.message.includes('EBUSY'),
      ),
  },
  {
    name: 'a line that does not exist is refused, with those that do',
    run: async () => {
      const refusal = (line: object): Promise<unknown> =>
        opened({ gpio: 'cdev', lines: { cs: line as never } }, identify).catch((failure: unknown) =>
          failure instanceof Error ? failure.message : failure,
        );
      ok(/no chip has that label; there are h1lab/.test(String(await refusal({ chip: 'x', offset: 0 }))));
      ok(/the chip has 16 lines/.test(String(await refusal({ chip: 'h1lab', offset: 16 }))));
      ok(/no line of this host has that name/.test(String(await refusal({ name: 'NOT_THERE' }))));
      ok(/global numbers are known to sysfs alone/.test(String(await refusal({ gpio: 4 }))));
    },
  },
  {
    name: 'a line of a killed process is free again',
    run: async (board) => {
      const holder = await inAnotherProcess('hold-line');
      const line = { gpio: 'cdev', lines: { cs: { chip: 'h1lab', offset: 9 } } } as const;
      await rejects(
        opened(line, async () => undefined),
        LineMissing,
      );
      await holder.kill();
      await opened(line, async () => undefined);
      equal(board.clock.now() > 0, true);
    },
  },
  {
    name: 'opening lets go of a CS that a killed process left asserted',
    // The frame of the other process, and one here.
    continued: -1,
    run: async (board) => {
      const holder = await inAnotherProcess('hold-cs');
      await holder.kill();
      await opened({}, async () => undefined);
      await board.clock.sleep(ms(50));
      deepEqual(await identify(board), DID_VID);
    },
  },
  {
    name: 'closing lets go of a CS that a frame left asserted',
    continued: -1,
    run: async (board) => {
      await opened({}, async (second) => {
        const stalled: SpiStep = { kind: 'poll', mask: 0xff, value: 0xee, limit: ms(1), timeoutFirst: false };
        const steps: SpiStep[] = [{ kind: 'exchange', bytes: READ_DID_VID }, stalled];
        await settled(() => second.spi.transaction(steps, { csStaysLowAfterError: true })).catch(
          () => undefined,
        );
      });
      await board.clock.sleep(ms(50));
      deepEqual(await identify(board), DID_VID);
    },
  },
];

const FRAMES = 200;

/** Calls to the kernel for that many reads of TPM_DID_VID, each of which is right. */
async function callsOf(board: Board, frames: number, mayGuessStall: boolean): Promise<number> {
  const before = board.spi.counters.systemCalls;
  for (let frame = 0; frame < frames; frame++) {
    const { received, pollAt, polled } = await readOnce(board, mayGuessStall);
    deepEqual([...received.subarray(pollAt + polled, pollAt + polled + 4)], DID_VID);
  }
  return board.spi.counters.systemCalls - before;
}

async function readOnce(board: Board, mayGuessStall: boolean): Promise<SpiRecord> {
  const watch = board.ready!.arm('asserted');
  try {
    for (;;) {
      const steps = readSteps(READ_DID_VID, 4);
      const record = await settled(() => board.spi.transaction(steps, { mayGuessStall })).catch(
        () => undefined,
      );
      await watch.next(ms(500));
      if (record !== undefined) return record;
    }
  } finally {
    watch.close();
  }
}
