import { expect, test } from '@playwright/test';
import { GuestClock } from '../../../src/boards/virtual-lab/guest-clock.ts';
import { VirtualClock } from '../../../src/sim/index.ts';
import { instant, ns } from '../../../src/units/index.ts';

/** The guest did two things: at its 1000 and 9000 ns, which the chip took from 100 to 150 and from 300 to 310 ns. */
function twoThings(): { clock: VirtualClock; guest: GuestClock } {
  const clock = new VirtualClock();
  const guest = new GuestClock(clock);
  for (const { guestNs, before, after } of [
    { guestNs: 1000, before: 100, after: 150 },
    { guestNs: 9000, before: 300, after: 310 },
  ]) {
    clock.advanceTo(instant(before));
    guest.begin(guestNs);
    clock.advanceTo(instant(after));
    guest.end();
  }
  return { clock, guest };
}

test('what the guest stamps after it did something is as long after it as the guest says', () => {
  expect(twoThings().guest.at(1050)).toBe(200);
});

test('and never after the next thing it did, however the clocks drift apart', () => {
  expect(twoThings().guest.at(8999)).toBe(300);
});

test('what it stamped before anything it did is before that', () => {
  expect(twoThings().guest.at(10)).toBe(100);
});

test('what comes after the last thing is not in the future', () => {
  const { clock, guest } = twoThings();
  clock.advance(ns(40));
  expect(guest.at(9020)).toBe(330);
  expect(guest.at(99_000)).toBe(350);
});

test('a guest that has done nothing has no other time than the present', () => {
  const clock = new VirtualClock();
  clock.advanceTo(instant(77));
  expect(new GuestClock(clock).at(5)).toBe(77);
});
