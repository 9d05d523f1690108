import { parseArgs } from 'node:util';
import { COMPLETE_STACKS, recommended } from '../src/driver/index.ts';
import { getRandom, hash } from '../src/tpm/index.ts';
import { ms, seconds } from '../src/units/index.ts';
import { TPM_ALG } from '../src/wire/index.ts';
import { median, medianNs } from './measure.ts';
import type { Result } from './results.ts';
import { printResults } from './results.ts';
import { startScenario } from './scenario.ts';
import { startSoftwareTpm } from './swtpm.ts';

const results: Result[] = [];

/** Frames and transactions a command, an exact count. [DRIVER 2.10] */
async function countFrames(): Promise<void> {
  const goals = { random: 7, hash: 39 };
  for (const profile of COMPLETE_STACKS) {
    const { board, driver } = await startScenario(profile);
    const count = async (
      action: () => Promise<unknown>,
    ): Promise<{ frames: number; transactions: number }> => {
      const frames = board.chip.counters.frames;
      const transactions = board.spi.counters.transactions;
      await action();
      return {
        frames: board.chip.counters.frames - frames,
        transactions: board.spi.counters.transactions - transactions,
      };
    };
    const isOurs = profile === recommended;
    for (const [name, action, goal] of [
      ['GetRandom(32)', () => driver.transmit(getRandom(32).bytes), goals.random],
      [
        'Hash of 1024 bytes',
        () => driver.transmit(hash(new Uint8Array(1024), TPM_ALG.SHA256).bytes),
        goals.hash,
      ],
    ] as const) {
      const { frames, transactions } = await count(action);
      results.push({
        name: `${name}, ${profile.name}`,
        value: `${frames} frames`,
        peer: `${transactions} transactions`,
        ratio: (transactions / frames).toFixed(2),
        goal: isOurs ? `${goal} frames` : '',
        ...(isOurs && { isMet: frames === goal }),
      });
    }
  }
}

/** Host time of one GetRandom(32), in turn with a software TPM's on the other end of a socket. */
async function timeRandom(): Promise<void> {
  const command = getRandom(32).bytes;
  const { driver } = await startScenario(recommended);
  const peer = await startSoftwareTpm();
  const rounds: { readonly ours: number; readonly theirs: number }[] = [];
  for (let round = 0; round < 9; round++) {
    const ours = await medianNs(() => driver.transmit(command), { rounds: 1 });
    const theirs = peer === undefined ? NaN : await medianNs(() => peer.transmit(command), { rounds: 1 });
    rounds.push({ ours, theirs });
  }
  await peer?.close();
  const ours = median(rounds.map((round) => round.ours));
  const theirs = median(rounds.map((round) => round.theirs));
  results.push({
    name: 'GetRandom(32), driver and simulated chip and trace',
    value: `${(ours / 1000).toFixed(1)} us`,
    peer: peer === undefined ? 'swtpm is not installed' : `swtpm ${(theirs / 1000).toFixed(1)} us`,
    ratio: peer === undefined ? '' : (ours / theirs).toFixed(3),
    goal: 'at most 0.10',
    ...(peer !== undefined && { isMet: ours / theirs <= 0.1 }),
  });
}

/** Whole cycles of sleep, wake pulse and one command, in host time; beside the virtual time they cover. */
async function timeSleepWake(): Promise<void> {
  const { board, driver } = await startScenario(recommended);
  const command = getRandom(8).bytes;
  await board.clock.sleep(seconds(25));
  const cycle = async (): Promise<void> => {
    await board.clock.sleep(ms(6000));
    await driver.transmit(command);
  };
  const sleeps = board.chip.counters.sleeps;
  const from = board.clock.now();
  const began = process.hrtime.bigint();
  const each = await medianNs(cycle, { rounds: 5, calls: 2000 });
  const hostNs = Number(process.hrtime.bigint() - began);
  results.push({
    name: `sleep-wake cycles (${board.chip.counters.sleeps - sleeps} sleeps)`,
    value: `${Math.round(1e9 / each)} a second`,
    peer: 'a real chip, one in 6 s',
    ratio: `${Math.round((board.clock.now() - from) / hostNs)} times real time`,
    goal: '',
  });
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
await countFrames();
await timeRandom();
await timeSleepWake();
printResults(results, values.json);
