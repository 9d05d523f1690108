import { ms, seconds, us, ZERO } from '../../units/index.ts';
import type { Profile } from '../profile.ts';

/**
 * The `cr50_spi` driver as first posted in June 2019, over the TIS core and chip layer of that time, its defects
 * included. [DRIVER 1] [DRIVER 2] [DRIVER 3] [BUGS 4]
 */
export const cr50SpiV1: Profile = {
  name: 'cr50-spi-v1',
  summary: 'cr50_spi as first posted, June 2019, with the TPM core of Linux 5.2',
  match: { driver: 'cr50_spi', modalias: 'spi:cr50', compatible: 'google,cr50' }, // [DRIVER 1.10]
  time: { kind: 'ticks', rate: 1000 }, // [DRIVER 0]
  ready: {
    interrupt: { edge: 'deasserted' }, // [DRIVER 1.3] [BUGS K-16]
    delayWithout: ms(2), // [DRIVER 1.1]
    timeout: ms(750), // [DRIVER 1.1]
    pausesBeforeFirstAccess: 'always', // [DRIVER 1.15]
    confirmation: { limit: 3, counts: 'failures', proofs: 1 }, // [DRIVER 1.4]
    evidence: 'counted', // [DRIVER 0]
  },
  wake: {
    awakeFor: ms(1000), // [DRIVER 1.1]
    since: 'check', // [DRIVER 1.5]
    pulse: us(1000), // [DRIVER 1.1]
    settle: { kind: 'coarse', time: ms(1) }, // [DRIVER 1.5] [BUGS K-03]
    decided: 'before-bus-lock', // [BUGS L-11]
    failure: 'ignored', // [BUGS L-13]
  },
  frame: {
    flowControlLimit: ms(750), // [DRIVER 1.1]
    readyInHeader: false, // [BUGS K-54]
    timeoutBeatsReady: true, // [DRIVER 1.6] [BUGS L-33]
    csStaysLowAfterError: true, // [BUGS K-01]
    copiesStaleData: true, // [BUGS L-32]
    longAccess: 'refused', // [DRIVER 1.7]
    tailDelay: ZERO, // [BUGS 4]
    repeats: 0, // [BUGS L-30]
    guessesStall: false,
  },
  tis: {
    timeouts: { a: ms(750), b: ms(2000), cBeforeStartUp: ms(750), c: ms(200) }, // [DRIVER 2.2]
    pauses: { locality: ms(5), status: us(500), response: ms(1) }, // [DRIVER 2.2]
    localityCheck: { mask: 0xa0, value: 0xa0 }, // [DRIVER 2.3]
    waitsForRelease: true, // [DRIVER 2.3]
    keepsLocality: false, // [DRIVER 2.3]
    invalidStatus: 0, // [DRIVER 2.4]
    fifo: 'stepwise', // [DRIVER 2.5]
    burstLimit: 64, // [DRIVER 2.4]
    commandReadyWrites: 1, // [BUGS L-42]
    send: { attempts: 1, on: [] }, // [DRIVER 2.5]
    receive: { attempts: 1, on: [] }, // [DRIVER 2.6]
    interruptEnable: 'all', // [DRIVER 2.7]
  },
  probe: {
    order: [
      'await-valid',
      'mask-interrupts',
      'probe-tpm2',
      'identify',
      'read-revision',
      'announce',
      'itpm-check',
      'read-capabilities',
      'register',
    ], // [DRIVER 2.7]
    startUpLocality: 'once', // [DRIVER 3.5]
    survivesFieldFailure: false, // [BUGS K-45]
  },
  durations: {
    short: ms(20),
    medium: ms(750),
    long: ms(2000),
    veryLong: seconds(300),
    unknown: seconds(120),
    verifySignature: 'long', // [BUGS K-30]
  }, // [DRIVER 3.6]
  power: {
    suspendTakesTurn: false, // [BUGS K-21]
    idleTakesTurn: false, // [BUGS L-22]
    marks: 'after-shutdown', // [BUGS K-23]
    refuses: 'at-send', // [BUGS K-24]
    heedsFirmwareManaged: false, // [BUGS K-25]
    resumeClaimsLocality: false, // [DRIVER 1.12]
    resumeStartsAfresh: false, // [BUGS L-40] [BUGS L-41]
    resumeVerifies: false, // [BUGS L-26]
  },
  rng: { quality: 1022, atRegistration: 16, background: 32 }, // [DRIVER 1.13] [DRIVER 3.5]; background: ours
  version: { chunk: 4, limit: 64, ignoresErrors: true, takesTurn: false }, // [DRIVER 1.9] [BUGS L-04] [BUGS L-06]
};
