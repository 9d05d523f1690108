import { expect, test } from '@playwright/test';
import type { Breach, Evidence } from '../../src/report/attribution.ts';
import { ALLURE_CATEGORIES, attribute, ATTRIBUTION, FAILURE_CLASSES } from '../../src/report/attribution.ts';

const chip: Breach = { rule: 'pulse-width', by: 'chip', says: '3.1 ms  pulse-width: 500 us was seen' };
const host: Breach = { rule: 'wake-after-idle', by: 'host', says: '9.2 ms  wake-after-idle: none was seen' };

const evidence = (parts: Partial<Evidence> = {}): Evidence => ({
  broken: [],
  hasDriver: true,
  faults: [],
  ...parts,
});

/** One case a rule, and what decides where two could. */
const CASES: readonly {
  readonly what: string;
  readonly message: string;
  readonly evidence?: Evidence;
  readonly class: string;
  readonly rule: string;
}[] = [
  {
    what: 'a soak that stayed open',
    message: 'SoakInconclusive: inconclusive: 0 failures',
    class: 'test',
    rule: 'too-few-runs',
  },
  {
    what: 'a foreign chip',
    message: 'LabFailure NotProvisioned: The chip',
    class: 'provisioning',
    rule: 'wrong-chip',
  },
  {
    what: 'a rig that is held',
    message: 'LabFailure RigBusy: Rig bench is held',
    class: 'lab service',
    rule: 'service-failed',
  },
  {
    what: 'a swtpm that went away',
    message: 'LabFailure SwtpmEnded: swtpm is gone',
    class: 'lab service',
    rule: 'service-failed',
  },
  {
    what: 'a lost lease',
    message: 'LabFailure LabFailure: The run that held',
    class: 'lab service',
    rule: 'service-failed',
  },
  {
    what: 'a silent controller',
    message: 'LabFailure ControllerSilent: no answer',
    class: 'rig',
    rule: 'rig-failed',
  },
  {
    what: 'a missing device',
    message: 'LabFailure DeviceMissing: /dev/spidev0.0',
    class: 'rig',
    rule: 'rig-failed',
  },
  {
    what: 'a mistake in a suite',
    message: 'TypeError: x is not a function',
    class: 'test',
    rule: 'programming-error',
  },
  {
    what: 'a worker that died',
    message: 'Error: worker process exited unexpectedly',
    class: 'test',
    rule: 'programming-error',
  },
  {
    what: 'a claim about the trace that the chip broke, after the host broke another rule',
    message: 'Error: The trace breaks 1 times what it must keep:\n  3.100 ms  pulse-width: 500 us was seen',
    evidence: evidence({ broken: [host, chip] }),
    class: 'firmware',
    rule: 'named-chip-rule',
  },
  {
    what: 'a claim about the trace that the host broke',
    message: 'Error: The trace breaks 1 times what it must keep:\n  9.200 ms  wake-after-idle: none was seen',
    evidence: evidence({ broken: [chip, host] }),
    class: 'driver profile',
    rule: 'named-host-rule',
  },
  {
    what: 'a wrong value after the chip broke the contract',
    message: 'Error: expect(received).toBe(expected)',
    evidence: evidence({ broken: [chip, host] }),
    class: 'firmware',
    rule: 'chip-broke-first',
  },
  {
    what: 'a time-out after the host broke the contract',
    message: 'FlowControlTimeout: The chip did not become ready',
    evidence: evidence({ broken: [host, chip] }),
    class: 'driver profile',
    rule: 'host-broke-first',
  },
  {
    what: 'a wrong answer to a frame without a driver',
    message: 'Error: expect(received).toBe(expected)',
    evidence: evidence({ hasDriver: false }),
    class: 'firmware',
    rule: 'chip-alone',
  },
  {
    what: 'a refusal in an orderly trace',
    message: 'TpmError: TPM2_GetRandom was answered with TPM_RC_FAILURE.',
    evidence: evidence(),
    class: 'firmware',
    rule: 'chip-refused',
  },
  {
    what: 'a refusal that the test provoked',
    message: 'TpmError: TPM2_GetRandom was answered with TPM_RC_FAILURE.',
    evidence: evidence({ faults: ['bit-error'] }),
    class: 'driver profile',
    rule: 'driver-differs',
  },
  {
    what: 'a difference in an orderly trace',
    message: 'Error: expect(received).toBe(expected)',
    evidence: evidence(),
    class: 'driver profile',
    rule: 'driver-differs',
  },
];

for (const { what, message, evidence: known, class: name, rule } of CASES)
  test(`${what} is held against ${name}`, () => {
    const found = attribute(message, known);
    expect({ class: found.class, rule: found.rule }).toEqual({ class: name, rule });
    expect(found.because).not.toBe('');
  });

test('every rule and every class has a case, and every class a category', () => {
  expect(new Set(CASES.map(({ rule }) => rule))).toEqual(new Set(ATTRIBUTION.map(({ id }) => id)));
  expect(new Set(CASES.map((one) => one.class))).toEqual(new Set(FAILURE_CLASSES));
  expect(ALLURE_CATEGORIES).toHaveLength(FAILURE_CLASSES.length);
});
