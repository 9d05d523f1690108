import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { EdgesLost, SpiFailure, WaitStateTimeout } from '../../src/board/index.ts';
import { ControllerFailure } from '../../src/boards/controller/errors.ts';
import { SwtpmEnded } from '../../src/boards/sim/swtpm/errors.ts';
import { BusFailed, ChipNotAvailable, FlowControlTimeout } from '../../src/driver/index.ts';
import { MalformedCommand } from '../../src/driver/chip/chip-errors.ts';
import { NotProvisioned } from '../../src/host/firmware.ts';
import type { Attribution, Breach, Evidence } from '../../src/report/attribution.ts';
import { ALLURE_CATEGORIES, attribute, ATTRIBUTION, FAILURE_CLASSES } from '../../src/report/attribution.ts';
import { describeThrown } from '../../src/report/thrown.ts';
import { EndlessWait } from '../../src/sim/clock.ts';
import { TpmError } from '../../src/tpm/index.ts';
import { instant, ms, UsageError } from '../../src/units/index.ts';
import { ResponseMalformed } from '../../src/wire/index.ts';
import { SoakInconclusive } from '../../fixtures/words/soak.ts';

const chip: Breach = { rule: 'pulse-width', by: 'chip', says: '3.1 ms  pulse-width: 500 us was seen' };
const host: Breach = { rule: 'wake-after-idle', by: 'host', says: '9.2 ms  wake-after-idle: none was seen' };
const wire: Breach = { rule: 'frame-whole', by: 'wire', says: '1.2 ms  frame-whole: spareClocks was seen' };

/** What is known when `thrown` ended a test with a driver, an orderly trace and no fault. */
const evidence = (thrown: unknown, parts: Partial<Evidence> = {}): Evidence => ({
  thrown: [describeThrown(thrown)],
  isOverTime: false,
  about: 'driver',
  broken: [],
  hasDriver: true,
  isTwinOfOneMind: false,
  faults: [],
  ...parts,
});

const unmet = new Error('expect(received).toBe(expected)');
const stalled = new FlowControlTimeout(
  'read',
  0x18,
  4,
  new WaitStateTimeout(9, ms(750), { fall: instant(0), gaveUp: instant(9) }),
);
const malformed = new MalformedCommand(-22, 'The command says 12 bytes and has 11.');
const failed = new BusFailed('read', 0x18, 4, new SpiFailure('a frame', 5));

const PROJECT = new URL('../../', import.meta.url);

/** An error of the language that came up in this file, called by a driver of the project. */
const thrownIn = (file: string, message = 'x is not a function'): Error => {
  const [place, caller] = [new URL(file, PROJECT), new URL('src/driver/own-driver.ts', PROJECT)];
  return Object.assign(new TypeError(message), {
    stack: `TypeError: ${message}\n    at node:internal/main:1:1\n    at f (${fileURLToPath(place)}:3:1)\n    at g (${caller.href}:9:9)`,
  });
};

/** What happened, and the rule and the class that it must come to. */
const CASES: readonly (readonly [string, Evidence, Attribution['rule'], Attribution['class']])[] = [
  ['a soak that stayed open', evidence(new SoakInconclusive('0 failures')), 'too-few-runs', 'test'],
  [
    'a foreign chip, whatever it answered',
    evidence(new NotProvisioned(new TpmError('GetRandom', 0x101))),
    'lab-failed',
    'provisioning',
  ],
  [
    'a chip that was refused by a driver that broke a rule',
    evidence(new NotProvisioned(new TpmError('GetRandom', 0x101)), { broken: [host] }),
    'host-broke',
    'driver profile',
  ],
  ['a swtpm that went away', evidence(new SwtpmEnded('a command', 'it ended')), 'lab-failed', 'lab service'],
  ['a controller without an answer', evidence(new ControllerFailure('silence')), 'lab-failed', 'rig'],
  [
    'a lab failure, though the chip broke the contract and the test set a fault',
    evidence(new EdgesLost('INT_AP_L', 3), { broken: [chip], faults: ['bit-error'] }),
    'lab-failed',
    'rig',
  ],
  [
    'a lab failure below an error of the driver',
    evidence(new ChipNotAvailable(-19, 'not sent', { cause: new SwtpmEnded('a command', 'it ended') })),
    'lab-failed',
    'lab service',
  ],
  ['a bus that failed by itself', evidence(failed), 'bus-failed', 'rig'],
  [
    'a bus that the test made fail, and the driver did not bear it',
    evidence(failed, { faults: ['spi-error'] }),
    'driver-differs',
    'driver profile',
  ],
  ['a mistake in a suite', evidence(new TypeError('x is not a function')), 'programming-error', 'test'],
  [
    'a mistake in the driver',
    evidence(thrownIn('src/driver/phy/spi-phy.ts')),
    'program-broke',
    'driver profile',
  ],
  ['a mistake in the simulated chip', evidence(thrownIn('src/sim/h1/chip.ts')), 'program-broke', 'firmware'],
  ['a mistake in a suite that calls', evidence(thrownIn('suites/a.suite.ts')), 'programming-error', 'test'],
  [
    'a mistake in a suite, in whose message stands a file of the chip',
    evidence(
      thrownIn('suites/a.suite.ts', `no x\n    at f (${new URL('src/sim/h1/chip.ts', PROJECT).href}:1:1)`),
    ),
    'programming-error',
    'test',
  ],
  [
    'a mistake in a suite of a project in a folder src/sim',
    evidence(thrownIn('fixtures/src/sim/a.ts')),
    'programming-error',
    'test',
  ],
  ['a request that makes no sense', evidence(new UsageError('no such row')), 'programming-error', 'test'],
  [
    'a mistake in a suite that met what the host did wrong',
    evidence(new TypeError('cannot read fall of undefined'), { broken: [host] }),
    'host-broke',
    'driver profile',
  ],
  [
    'a wrong value after the chip broke the contract',
    evidence(unmet, { broken: [chip, host] }),
    'chip-broke',
    'firmware',
  ],
  [
    'a wrong value after the host broke the contract, and then the chip',
    evidence(unmet, { broken: [host, chip] }),
    'chip-broke',
    'firmware',
  ],
  [
    'a time-out after the host broke the contract',
    evidence(stalled, { broken: [host] }),
    'host-broke',
    'driver profile',
  ],
  ['half a byte on the wire', evidence(unmet, { broken: [chip, wire] }), 'wire-broke', 'rig'],
  ['a wrong answer without a driver', evidence(unmet, { hasDriver: false }), 'chip-alone', 'firmware'],
  [
    "a command of the host's firmware that is none, where the chip is healthy",
    evidence(malformed, { hasDriver: false, isTwinOfOneMind: true }),
    'driver-stuck',
    'driver profile',
  ],
  [
    "a command of the host's firmware that is none, where nobody knows of the chip",
    evidence(malformed, { hasDriver: false }),
    'chip-alone',
    'firmware',
  ],
  [
    'a wrong answer without a driver, where the twin heard no command',
    evidence(unmet, { hasDriver: false, isTwinOfOneMind: true }),
    'chip-alone',
    'firmware',
  ],
  [
    'a test without a driver that ran out of time',
    evidence(unmet, { hasDriver: false, isOverTime: true }),
    'over-time',
    'test',
  ],
  ['a refusal', evidence(new TpmError('GetRandom', 0x101)), 'chip-refused', 'firmware'],
  ['a stall below what it kept from the caller', evidence(stalled), 'chip-refused', 'firmware'],
  ['a response that cannot be read', evidence(new ResponseMalformed('3 bytes')), 'chip-refused', 'firmware'],
  [
    'a refusal that the test provoked',
    evidence(new TpmError('GetRandom', 0x101), { faults: ['bit-error'] }),
    'driver-differs',
    'driver profile',
  ],
  ['a driver that waits for ever', evidence(new EndlessWait('a lock')), 'driver-stuck', 'driver profile'],
  [
    'a wrong value of the chip in an orderly trace',
    evidence(unmet, { about: 'chip' }),
    'about-chip',
    'firmware',
  ],
  ['a difference in an orderly trace', evidence(unmet), 'driver-differs', 'driver profile'],
  ['a test that ran out of time', evidence(unmet, { isOverTime: true }), 'over-time', 'test'],
  [
    'a test that ran out of time after the chip broke the contract',
    evidence(unmet, { isOverTime: true, broken: [chip] }),
    'chip-broke',
    'firmware',
  ],
];

for (const [what, known, rule, name] of CASES)
  test(`${what} is held against ${name}, by ${rule}`, () => {
    const found = attribute(known);
    expect({ class: found.class, rule: found.rule }).toEqual({ class: name, rule });
    expect(found.because).not.toBe('');
  });

test('every rule and every class has a case, and every class a category', () => {
  expect(new Set(CASES.map(([, , rule]) => rule))).toEqual(new Set(ATTRIBUTION.map(({ id }) => id)));
  expect(new Set(CASES.map(([, , , name]) => name))).toEqual(new Set(FAILURE_CLASSES));
  expect(ALLURE_CATEGORIES).toHaveLength(FAILURE_CLASSES.length);
});

test('what an error says does not decide: a message that names another class changes nothing', () => {
  const lying = new Error('LabFailure RigBusy: TypeError: FlowControlTimeout: The trace breaks pulse-width');
  expect(attribute(evidence(lying)).rule).toBe('driver-differs');
});
