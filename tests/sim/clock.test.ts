import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { Deadlock, EndlessWait, VirtualClock } from '../../src/sim/clock.ts';
import { instant, ms, ns, seconds, us } from '../../src/units/index.ts';

test('alarms ring in order of time, then in order of setting, each at its exact moment', () => {
  const clock = new VirtualClock();
  const rung: string[] = [];
  const note = (name: string) => () => rung.push(`${name}@${clock.now()}`);
  clock.at(instant(30), note('c'));
  clock.at(instant(10), note('a'));
  clock.at(instant(30), note('d'));
  clock.at(instant(20), note('b'));
  clock.advanceTo(instant(40));
  expect(rung).toEqual(['a@10', 'b@20', 'c@30', 'd@30']);
  expect(clock.now()).toBe(40);
});

test('a cancelled alarm does not ring', () => {
  const clock = new VirtualClock();
  let rung = 0;
  const alarm = clock.after(us(1), () => rung++);
  clock.after(us(2), () => rung++);
  alarm.cancel();
  clock.advance(us(3));
  expect(rung).toBe(1);
});

test('an alarm set while another rings is rung in the same advance when it is due', () => {
  const clock = new VirtualClock();
  const rung: number[] = [];
  clock.after(us(1), () => clock.after(us(1), () => rung.push(clock.now())));
  clock.advance(us(5));
  expect(rung).toEqual([2000]);
});

test('advanceUntil stops at the alarm that made the condition true', () => {
  const clock = new VirtualClock();
  let isDone = false;
  clock.after(us(3), () => (isDone = true));
  let isPast = false;
  clock.after(us(4), () => (isPast = true));
  expect(clock.advanceUntil(() => isDone, instant(10_000))).toBe(true);
  expect([clock.now(), isPast]).toEqual([3000, false]);
});

test('advanceUntil gives up at its limit and not a nanosecond later', () => {
  const clock = new VirtualClock();
  clock.after(us(11), () => undefined);
  expect(clock.advanceUntil(() => false, instant(10_000))).toBe(false);
  expect(clock.now()).toBe(10_000);
});

test('with one thread a sleep is a jump: time has passed when the call returns', async () => {
  const clock = new VirtualClock();
  const slept = clock.sleep(ms(2));
  expect(clock.now()).toBe(2_000_000);
  await slept;
});

test('threads that sleep side by side wake in order of time', async () => {
  const clock = new VirtualClock();
  const woken: string[] = [];
  const sleeper =
    (name: string, ...naps: number[]) =>
    async (): Promise<string> => {
      for (const nap of naps) {
        await clock.sleep(us(nap));
        woken.push(`${name}@${clock.now()}`);
      }
      return name;
    };
  const names = await clock.together([sleeper('a', 3, 3), sleeper('b', 4, 4), sleeper('c', 1)]);
  expect(names).toEqual(['a', 'b', 'c']);
  expect(woken).toEqual(['c@1000', 'a@3000', 'b@4000', 'a@6000', 'b@8000']);
});

test('a thread that fails lets the others run to their end before the failure is thrown', async () => {
  const clock = new VirtualClock();
  let ended = false;
  const run = clock.together([
    async () => {
      throw new Error('first');
    },
    async () => {
      await clock.sleep(us(9));
      ended = true;
    },
  ]);
  await expect(run).rejects.toThrow('first');
  expect(ended).toBe(true);
});

test('threads that wait for what no alarm brings are a deadlock, not a hang', async () => {
  const clock = new VirtualClock();
  const run = clock.together([
    () => new Promise<void>(() => undefined),
    async () => {
      await clock.sleep(us(1));
    },
  ]);
  await expect(run).rejects.toThrow(Deadlock);
});

const HOUR = seconds(3600);

test('an operation under supervision that waits for nothing is ended, and leaves the clock as it was', async () => {
  const clock = new VirtualClock();
  const stuck = clock.supervise(() => new Promise<void>(() => undefined), HOUR);
  await expect(stuck).rejects.toThrow(EndlessWait);
  expect(clock.now()).toBe(0);
  expect(await clock.supervise(async () => 7, HOUR)).toBe(7);
});

test('an operation under supervision may wait for an alarm that rings for it alone', async () => {
  const clock = new VirtualClock();
  await clock.supervise(() => new Promise<void>((resolve) => clock.after(us(5), resolve)), HOUR);
  expect(clock.now()).toBe(us(5));
});

test('an operation under supervision may wait for something outside of simulated time', async () => {
  const clock = new VirtualClock();
  const slow = (): Promise<number> =>
    clock.outside(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 3;
    });
  expect(await clock.supervise(slow, HOUR)).toBe(3);
});

test('a loop that never ends is ended when its limit of simulated time is over', async () => {
  const clock = new VirtualClock();
  const endless = clock.supervise(async () => {
    for (;;) await clock.sleep(ms(500));
  }, HOUR);
  await expect(endless).rejects.toThrow('until 3600 s');
});

test('two operations side by side, one of which waits for nothing, are a deadlock', async () => {
  const clock = new VirtualClock();
  const run = clock.together([
    () => clock.supervise(() => new Promise<void>(() => undefined), HOUR),
    () => clock.supervise(async () => clock.sleep(us(1)), HOUR),
  ]);
  await expect(run).rejects.toThrow(Deadlock);
});

test('any set of alarms rings completely and in order of time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), (moments) => {
      const clock = new VirtualClock();
      const rung: number[] = [];
      for (const moment of moments) clock.after(ns(moment), () => rung.push(clock.now()));
      clock.advance(ns(1000));
      expect(rung).toEqual([...moments].sort((a, b) => a - b));
    }),
    { numRuns: 200 },
  );
});

test('the horizon of an alarm is the next alarm, or the end of the advance, whichever comes first', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const look = (): void => {
    seen.push(clock.horizon);
  };
  clock.at(instant(10), look);
  clock.at(instant(25), look);
  clock.advanceTo(instant(20));
  expect(seen).toEqual([20]);
  clock.at(instant(22), look);
  clock.advanceUntil(() => false, instant(40));
  expect(seen).toEqual([20, 25, 40]);
  // Nobody advances: nothing is known.
  expect(clock.horizon).toBe(40);
});

test('threads stand still while one of them waits for something outside the clock', async () => {
  const clock = new VirtualClock();
  const woken = await clock.together([
    async () => {
      await clock.sleep(us(1));
      return clock.now();
    },
    () =>
      clock.outside(async () => {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        return clock.now();
      }),
  ]);
  expect(woken).toEqual([us(1), 0]);
});
