import { expect, test as base } from '@playwright/test';
import { GuestSilent } from '../../../src/boards/virtual-lab/errors.ts';
import { GuestTime, NEVER } from '../../../src/boards/virtual-lab/guest-time.ts';
import { VirtualClock } from '../../../src/sim/index.ts';
import { instant, ms, seconds } from '../../../src/units/index.ts';

/** A guest that does nothing but call again when it was told to. */
class IdleGuest {
  readonly stops: number[] = [];
  now = 1_000_000;
  listens = false;

  constructor(private readonly time: GuestTime) {}

  stop(): void {
    this.stops.push(this.now);
    this.time.arrive(this.now);
    this.time.depart(() => {
      this.now = this.time.schedule(this.listens).alarm;
      setImmediate(() => {
        this.stop();
      });
    });
  }
}

const test = base.extend<{ chip: VirtualClock; time: GuestTime; guest: IdleGuest }>({
  chip: async ({}, use) => use(new VirtualClock()),
  time: async ({ chip }, use) => {
    const time = new GuestTime(chip, 2000);
    await use(time);
    time.fail(new Error('the test is over'));
  },
  guest: async ({ chip, time }, use) => {
    const guest = new IdleGuest(time);
    guest.stop();
    chip.restart();
    time.restart();
    await use(guest);
  },
});

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('a guest stands still while nobody waits, however long that is', async ({ guest }) => {
  await turns(50);
  expect(guest.stops).toEqual([1_000_000]);
});

test('a sleep ends at its moment, with a stop a second on the way, and then the guest stands still', async ({
  time,
  guest,
}) => {
  await time.sleep(seconds(2.5));
  expect(time.now()).toBe(2_500_000_000);
  await turns(50);
  expect(guest.stops.map((at) => at - 1_000_000)).toEqual([0, 1e9, 2e9, 2.5e9]);
});

test('threads that sleep side by side wake in the order of their moments, each at its own', async ({
  time,
  guest,
}) => {
  const woke: [string, number][] = [];
  const sleeper = (name: string, duration: number) => async (): Promise<void> => {
    await time.sleep(ms(duration));
    woke.push([name, time.now()]);
  };
  await time.together([sleeper('late', 30), sleeper('early', 10), sleeper('middle', 20)]);
  expect(woke).toEqual([
    ['early', 10_000_000],
    ['middle', 20_000_000],
    ['late', 30_000_000],
  ]);
  expect(guest.now).toBe(31_000_000);
});

test('a guest that listens is called for each event of the chip, which rings at its moment', async ({
  chip,
  time,
  guest,
}) => {
  guest.listens = true;
  const rung: number[] = [];
  for (const at of [3, 5]) chip.at(instant(at * 1e6), () => rung.push(chip.now()));
  await time.sleep(ms(8));
  expect(rung).toEqual([3_000_000, 5_000_000]);
  expect(guest.stops.map((at) => at - 1_000_000)).toEqual([0, 3_000_000, 5_000_000, 8_000_000]);
});

test('an event of the chip that nobody listens to happens at its moment, and the guest is not called', async ({
  chip,
  time,
  guest,
}) => {
  const rung: number[] = [];
  for (const at of [3, 5]) chip.at(instant(at * 1e6), () => rung.push(chip.now()));
  await time.sleep(ms(8));
  expect(rung).toEqual([3_000_000, 5_000_000]);
  expect(guest.stops.map((at) => at - 1_000_000)).toEqual([0, 8_000_000]);
});

test('a thread that waits for an event of the chip is told of it at its moment', async ({
  chip,
  time,
  guest,
}) => {
  let ring = (): void => undefined;
  chip.at(instant(3e6), () => {
    ring();
  });
  const isRung = await time.until(instant(8e6), (rings) => {
    ring = rings;
    return () => undefined;
  });
  expect([isRung, time.now()]).toEqual([true, 3_000_000]);
  expect(guest.stops).toHaveLength(2);
});

test('what the chip foresees holds until its next event at most', ({ chip, time, guest }) => {
  expect(guest.stops).toHaveLength(1);
  expect(time.promise(instant(4e6))).toBe(5_000_000n);
  chip.at(instant(2e6), () => undefined);
  expect(time.promise(instant(4e6))).toBe(3_000_000n);
  expect(time.promise(NEVER)).toBe(3_000_000n);
});

test('in suspend to RAM time leaps to what is waited for, and the guest goes on from there', async ({
  time,
  guest,
}) => {
  time.isSuspended = true;
  await time.sleep(ms(1));
  const stops = guest.stops.length;
  time.sleepsInRam();
  const before = performance.now();
  await time.sleep(seconds(86_400));
  expect(performance.now() - before).toBeLessThan(10_000);
  expect([time.now(), guest.stops.length]).toEqual([86_400_001_000_000, stops]);
  time.wakesFromRam();
  // Its own clock leapt by chance meanwhile.
  time.arrive(guest.now + 123_456_789);
  expect(time.now()).toBe(86_400_001_000_000);
});

test('what is asked of a suspended guest does not make it run', async ({ time, guest }) => {
  time.isSuspended = true;
  const asked = time.call<string>(() => undefined);
  asked.catch(() => undefined);
  await turns(50);
  expect(guest.stops).toHaveLength(1);
  time.isSuspended = false;
  await turns(50);
  expect(guest.stops.length).toBeGreaterThan(1);
});

test('what is asked of a suspended guest that nobody wakes is a sentence', async ({ time, guest }) => {
  time.isSuspended = true;
  const answer: unknown = await time.call<string>(() => undefined).catch((error: unknown) => error);
  expect(answer).toBeInstanceOf(GuestSilent);
  expect(String(answer)).toContain('has not answered since it sleeps, and nobody wakes it');
  expect(guest.stops).toHaveLength(1);
});

test('a guest that runs and never stops is a sentence, and so is all that is asked after it', async ({
  time,
}) => {
  time.arrive(0);
  time.depart(() => undefined);
  const slept: unknown = await time.sleep(ms(1)).catch((error: unknown) => error);
  expect(slept).toBeInstanceOf(GuestSilent);
  expect(String(slept)).toContain('has not answered for 2 s, and should once a second of its own time');
  await expect(time.sleep(ms(1))).rejects.toBe(slept);
});

test('a guest that stops all the time, and whose own time does not go on, is a sentence', async ({
  time,
}) => {
  let stops = 0;
  const stop = (): void => {
    stops++;
    time.arrive(stops);
    time.depart(() => {
      setTimeout(stop, 1);
    });
  };
  stop();
  const slept: unknown = await time.sleep(seconds(1)).catch((error: unknown) => error);
  expect(slept).toBeInstanceOf(GuestSilent);
  expect(String(slept)).toContain('has not answered for 2 s, and should once a second of its own time');
  expect(stops).toBeGreaterThan(10);
});
