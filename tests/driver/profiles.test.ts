import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, PROFILES, recommended } from '../../src/driver/index.ts';
import { ms, us } from '../../src/units/index.ts';

test('profiles are found by the name they carry', () => {
  expect([...PROFILES.keys()]).toEqual([
    'cr50-spi-v1',
    'linux-6.1',
    'recommended',
    'linux-6.12',
    'linux-7.2',
    'coreboot',
    'depthcharge',
    'u-boot',
    'windows',
    'ftdi-bench',
    'opentitan',
  ]);
  for (const [name, profile] of PROFILES) expect(profile.name).toBe(name);
});

test('every driver binds to the announced alias and the compatible string', () => {
  // [DRIVER 1.10] [BUGS K-15]
  for (const { match } of PROFILES.values())
    expect(match).toMatchObject({ modalias: 'spi:cr50', compatible: 'google,cr50' });
  expect([cr50SpiV1.match.driver, linux61.match.driver]).toEqual(['cr50_spi', 'tpm_tis_spi']);
});

test('the constants of the phy as first posted', () => {
  // [DRIVER 1.1]
  expect(cr50SpiV1.wake).toMatchObject({ awakeFor: ms(1000), pulse: us(1000), settle: { time: ms(1) } });
  expect(cr50SpiV1.ready).toMatchObject({
    delayWithout: ms(2),
    timeout: ms(750),
    confirmation: { limit: 3 },
  });
  expect(cr50SpiV1.frame.flowControlLimit).toBe(ms(750));
  expect(cr50SpiV1.rng.quality).toBe(1022);
  expect(cr50SpiV1.version).toMatchObject({ chunk: 4, limit: 64 });
});

test('the interrupt is requested on the rising edge by the kernel drivers', () => {
  // [DRIVER 1.3] [BUGS K-16] [BUGS L-21]
  for (const { ready } of [cr50SpiV1, linux61]) expect(ready.interrupt).toEqual({ edge: 'deasserted' });
});

test('the time limits of the TIS core', () => {
  // [DRIVER 2.2]
  for (const { tis } of [cr50SpiV1, linux61])
    expect(tis.timeouts).toEqual({ a: ms(750), b: ms(2000), cBeforeStartUp: ms(750), c: ms(200) });
});

test('recommended keeps the margins it stands for', () => {
  expect(recommended.wake?.awakeFor).toBe(ms(900));
  expect(recommended.ready.delayWithout).toBe(ms(10));
  expect(recommended.tis.commandReadyWrites).toBe(2);
  expect(recommended.frame).toMatchObject({
    csStaysLowAfterError: false,
    timeoutBeatsReady: false,
    copiesStaleData: false,
  });
});

test('u-boot never wakes the chip, coreboot asks for its identity 15 times 10 ms apart', () => {
  expect(PROFILES.get('u-boot')!.wake).toBeUndefined();
  expect(PROFILES.get('coreboot')!.probe.identities).toMatchObject({ tries: 15, pause: ms(10) });
});
