import { expect, test } from '@playwright/test';
import { cr50SpiV1, linux61, PROFILES, recommended } from '../../src/driver/index.ts';
import { ms, us } from '../../src/units/index.ts';

test('profiles are found by the name they carry', () => {
  expect([...PROFILES.keys()]).toEqual([
    'cr50-spi-v1',
    'linux-6.1',
    'recommended',
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

/** What the sources say of each host driver; undefined where the driver has no such rule. [HOSTS] [CHIP 1.3] [CHIP 2] [CHIP 3] */
const HOSTS = [
  {
    name: 'coreboot',
    awakeFor: 900,
    pulse: 1,
    settle: 100,
    without: 20,
    limit: 10,
    stall: 100,
    bytes: undefined,
  },
  {
    name: 'depthcharge',
    awakeFor: 0,
    pulse: 1,
    settle: 100,
    without: 10,
    limit: 10,
    stall: 10,
    bytes: undefined,
  },
  { name: 'u-boot', without: 0, bytes: 100 },
  { name: 'windows', awakeFor: 0, pulse: 1, settle: 100, without: 20, stall: 100 },
  { name: 'ftdi-bench', pulse: 10_000, settle: 60_000, without: 0.2 },
  { name: 'opentitan', without: 10, limit: 30_000, stall: 300_000 },
] as const;

for (const host of HOSTS)
  test(`${host.name} waits, wakes and gives up as its source says`, () => {
    const { ready, wake, frame } = PROFILES.get(host.name)!;
    expect(ready.delayWithout).toBe(ms(host.without));
    expect(ready.interrupt === undefined).toBe(!('limit' in host));
    if ('limit' in host) expect(ready.timeout).toBe(ms(host.limit));
    if ('awakeFor' in host) expect(wake?.awakeFor).toBe(ms(host.awakeFor));
    if ('pulse' in host)
      expect(wake).toMatchObject({ pulse: us(host.pulse), settle: { atMost: us(host.settle) } });
    if ('stall' in host) expect(frame.flowControlLimit).toBe(ms(host.stall));
    if ('bytes' in host) expect(frame.maxWaitBytes).toBe(host.bytes);
    expect(frame.readyInHeader).toBe(host.name === 'u-boot' || host.name === 'ftdi-bench');
  });

test('u-boot never wakes the chip, coreboot asks for its identity 15 times 10 ms apart', () => {
  expect(PROFILES.get('u-boot')!.wake).toBeUndefined();
  expect(PROFILES.get('coreboot')!.probe.identities).toMatchObject({ tries: 15, pause: ms(10) });
});
