import { ms, us } from '../../units/index.ts';
import type { Profile } from '../profile.ts';
import { cr50SpiV1 } from './cr50-spi-v1.ts';

/**
 * The merged driver as Debian's stock 6.1 kernel ships it. What it was seen to put on the wire is in
 * [VIRTUAL-LAB]; the rest is [DRIVER 1] to [DRIVER 3] and [BUGS 4]. What a row leaves out it shares with its ancestor.
 */
export const linux61: Profile = {
  ...cr50SpiV1,
  name: 'linux-6.1',
  summary: 'tpm_tis_spi with Cr50 support, as in Debian 12 (Linux 6.1.y)',
  match: { driver: 'tpm_tis_spi', modalias: 'spi:cr50', compatible: 'google,cr50' }, // [DRIVER 1.10]
  time: { kind: 'ticks', rate: 250 }, // [VIRTUAL-LAB]
  ready: {
    ...cr50SpiV1.ready,
    confirmation: { limit: 3, counts: 'checks', proofs: 1 }, // [DRIVER 1.4]
  },
  wake: {
    awakeFor: ms(1000), // [VIRTUAL-LAB]
    since: 'check', // [DRIVER 1.5]
    pulse: us(1000), // [VIRTUAL-LAB]
    settle: { kind: 'range', atMost: ms(2) }, // [BUGS K-03] [VIRTUAL-LAB]
    decided: 'before-bus-lock', // [BUGS L-11]
    failure: 'ignored', // [BUGS L-13]
  },
  frame: {
    ...cr50SpiV1.frame,
    copiesStaleData: false, // [BUGS L-32]
    longAccess: 'split', // [BUGS L-34]
    tailDelay: us(5), // [DRIVER 1.7]
  },
  tis: {
    ...cr50SpiV1.tis,
    localityCheck: { mask: 0xa2, value: 0xa0 }, // [DRIVER 2.3]
    waitsForRelease: false, // [DRIVER 2.3]
    invalidStatus: 0x23, // [DRIVER 2.4]
    burstLimit: undefined, // [DRIVER 2.4]
    interruptEnable: 'offered', // [VIRTUAL-LAB]
  },
  probe: {
    order: [
      'identify',
      'await-valid',
      'read-interrupts',
      'read-capabilities',
      'write-interrupts',
      'probe-tpm2',
      'read-revision',
      'announce',
      'itpm-check',
      'register',
    ], // [VIRTUAL-LAB]
    unguarded: 'identify', // [DRIVER 2.7]
    startUpLocality: 'once', // [DRIVER 3.5]
    survivesFieldFailure: true, // [BUGS K-45]
  },
  durations: { ...cr50SpiV1.durations, verifySignature: 'veryLong' }, // [BUGS K-30]
  power: {
    suspendTakesTurn: true, // [BUGS K-21]
    idleTakesTurn: false, // [BUGS L-22]
    marks: 'after-shutdown', // [BUGS K-23]
    refuses: 'at-turn', // stable kernels since 2025 [BUGS K-24]
    heedsFirmwareManaged: true, // [DRIVER 1.12]
    resumeClaimsLocality: true, // [VIRTUAL-LAB]
    resumeStartsAfresh: false, // [BUGS L-40] [BUGS L-41]
    resumeVerifies: false, // [BUGS L-26]
  },
  rng: { quality: 700, atRegistration: 32, background: 64 }, // [DRIVER 1.13]; sizes seen on the stock driver: docs/virtual-lab.md
};
