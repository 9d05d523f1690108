import { expect, test } from '@playwright/test';
import type { Board } from '../../../src/board/index.ts';
import { openProgram } from '../../../src/boards/program/index.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { traced } from '../../../src/boards/traced.ts';
import { recommended, OwnDriver } from '../../../src/driver/index.ts';
import { HostFirmware, powerUp } from '../../../src/host/index.ts';
import { execute, getRandom } from '../../../src/tpm/index.ts';
import { TraceDigest } from '../../../src/trace/index.ts';
import { LabFailure, ms, seconds } from '../../../src/units/index.ts';

const NODE = [process.execPath, '--import', 'tsx'];
const SERVE = [process.execPath, 'src/cli/start.js', 'chip', 'serve'];
const PLAIN = [...NODE, 'tests/boards/program/plain-chip.ts'];
const shell = (script: string): string[] => ['sh', '-c', script];

/** Frames and their times of a boot, a probe, two commands and a sleep between them. */
async function digestOf(board: Board): Promise<string> {
  const digest = new TraceDigest();
  const wires = traced(board, digest);
  await powerUp(wires);
  await new HostFirmware(wires).start('clear');
  const driver = new OwnDriver({ board: wires, profile: recommended });
  await driver.probe();
  await execute(driver, getRandom(8));
  await wires.clock.sleep(seconds(30));
  await execute(driver, getRandom(8));
  driver.abandon();
  wires.detach();
  expect(digest.frames).toBeGreaterThan(50);
  return digest.hex();
}

test('our own chip behind `chip serve` gives the trace of the simulated board, to the nanosecond, and again after it starts over', async () => {
  const { board, renew } = await openProgram({ seed: 7, command: SERVE });
  try {
    const sim = new SimBoard({ seed: 7 });
    expect(await digestOf(board)).toBe(await digestOf(sim));
    await renew(8);
    sim.renew(8);
    expect(await digestOf(board)).toBe(await digestOf(sim));
    expect(board.chip?.counters).toEqual(sim.chip.counters);
  } finally {
    await board.close();
  }
});

test('a program without the lines that may be left out gives the same trace, and starts over as another process', async () => {
  const { board, renew } = await openProgram({ seed: 7, command: PLAIN });
  try {
    const expected = await digestOf(new SimBoard({ seed: 7 }));
    expect(await digestOf(board)).toBe(expected);
    await renew(7);
    expect(await digestOf(board)).toBe(expected);
    expect([board.chip, board.capabilities.has('chip-view')]).toEqual([undefined, false]);
  } finally {
    await board.close();
  }
});

test('faults between host and chip are injected, those inside of the chip are not', async () => {
  const { board } = await openProgram({ seed: 7, command: SERVE });
  expect(board.faults?.can({ kind: 'ready-open' })).toBe(true);
  expect(board.faults?.can({ kind: 'chip-stall' })).toBe(false);
  await board.close();
});

/** What each wrong program is told, and the limit of its answers. */
for (const { what, command, says } of [
  { what: 'is not there', command: ['/nowhere/chip'], says: /cannot be started: .*ENOENT/ },
  { what: 'ends at once', command: shell('echo no board >&2; exit 3'), says: /ended before .*no board/ },
  {
    what: 'answers what is no answer',
    command: shell('while read l; do echo hello; done'),
    says: /"about" with "hello"; pulse, ok or error is allowed/,
  },
  {
    what: 'answers nothing',
    command: shell('while read l; do :; done'),
    says: /did not answer "about" within 300 ms/,
  },
  {
    what: 'answers without an end',
    command: shell('yes x | tr -d "\\n"'),
    says: /a line of at most 262144 characters is allowed/,
  },
])
  test(`a program that ${what} is a failure of the lab, in one sentence`, async () => {
    const failure = await openProgram({ seed: 1, command, answerLimit: ms(300) }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(LabFailure);
    expect((failure as Error).message).toMatch(says);
  });

test('a program that dies in the middle, or tells a time that goes back, is a failure of the lab', async () => {
  const dying = shell('n=0; while read l; do n=$((n+1)); [ $n -gt 8 ] && exit 1; echo "ok 0"; done');
  const { board } = await openProgram({ seed: 1, command: dying, answerLimit: ms(500) });
  await expect(powerUp(board)).rejects.toThrow(/ended before it answered/);
  await board.close().catch(() => undefined);
  const back = shell('n=900; while read l; do n=$((n-1)); echo "ok $n"; done');
  const other = await openProgram({ seed: 1, command: back, answerLimit: ms(500) });
  await expect(powerUp(other.board)).rejects.toThrow(/a time in ns that does not go back is allowed/);
  await other.board.close().catch(() => undefined);
});
