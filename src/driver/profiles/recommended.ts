import { ms, seconds, us, ZERO } from '../../units/index.ts';
import { ERRNO } from '../errors.ts';
import type { Profile } from '../profile.ts';

/** What we would ship: every defect of the other rows that we know of is mended. */
export const recommended: Profile = {
  name: 'recommended',
  summary: 'every known driver defect mended',
  match: { driver: 'h1_spi', modalias: 'spi:cr50', compatible: 'google,cr50' },
  time: { kind: 'exact' }, // no L-10: a delay is never shorter than asked for
  ready: {
    interrupt: { edge: 'asserted' }, // the chip is ready when it pulls the line [CHIP 3]
    delayWithout: ms(10), // [BUGS K-07]
    timeout: ms(750), // up to 150 ms were seen [CHIP 1.4]; the limit is timeout A [DRIVER 1.1]
    pausesBeforeFirstAccess: 'without-line', // another driver's last frame may be recent, and no pulse says so [CHIP 3]
    confirmation: { limit: 15, counts: 'checks', proofs: 2 }, // 15 times 10 ms cover a flash commit [BUGS L-07]; a glitch is no proof [BUGS L-08]
    evidence: 'after-frame', // [BUGS L-16]
    distrust: { missing: 2, extra: 16 }, // [BUGS L-08] [BUGS L-09]
  },
  wake: {
    awakeFor: ms(900), // coreboot's margin before the chip's 1000 ms [BUGS L-12]
    since: 'end', // as the chip counts [CHIP 2]
    pulse: us(10), // any falling edge wakes [CHIP 2]
    settle: { kind: 'range', atMost: us(500) }, // the chip needs at most 150 us [CHIP 2]
    edge: { at: ms(1000), margin: ms(2) }, // the chip's own second [CHIP 2]
    decided: 'under-bus-lock', // [BUGS L-11]
    failure: 'thrown', // [BUGS L-13]
  },
  frame: {
    flowControlLimit: ms(750), // timeout A [DRIVER 1.1]
    readyInHeader: false, // [BUGS K-54]
    timeoutBeatsReady: false, // [BUGS L-33]
    csStaysLowAfterError: false, // [BUGS K-01]
    copiesStaleData: false, // [BUGS L-32]
    longAccess: 'refused', // [BUGS L-34]
    tailDelay: ZERO,
    repeats: 1, // [BUGS L-30]
    guessesStall: true, // what a wrong guess loses is read again [CHIP 1.5] [CHIP 4.3]
  },
  tis: {
    timeouts: { a: ms(750), b: ms(4000), cBeforeStartUp: ms(750), c: ms(750) }, // [CHIP 4.4] [BUGS K-31]
    pauses: { locality: ms(5), status: us(500), response: ms(1) }, // [DRIVER 2.2]
    localityCheck: { mask: 0xa2, value: 0xa0 }, // [BUGS L-19]
    waitsForRelease: false, // the chip releases at once [CHIP 4.2]
    keepsLocality: true, // one locality, one user [CHIP 4.2]
    invalidStatus: 0x23, // [DRIVER 2.4]
    fifo: 'burst', // [CHIP 4.3]
    commandReadyWrites: 2, // [BUGS L-42]
    send: { attempts: 3, on: [ERRNO.EIO, ERRNO.EBUSY, ERRNO.ETIME] }, // [BUGS K-34]
    receive: { attempts: 3, on: [ERRNO.EIO, ERRNO.EBUSY, ERRNO.ETIME] }, // response retry [BUGS K-34]
    interruptEnable: 'offered', // not written at all: the chip has no such register [CHIP 4.1]
  },
  probe: {
    order: ['identify', 'await-valid', 'read-revision', 'announce', 'register'],
    startUpLocality: 'once',
    survivesFieldFailure: false, // [BUGS K-45]
    identities: { accepted: [0x00281ae0, 0x504a6666], tries: 15, pause: ms(10) }, // [BUGS K-46] [CHIP 1.3]
    firstLocalityLimit: seconds(30), // coreboot's, for a chip that is busy at start [BUGS K-56]
  },
  durations: {
    short: ms(20),
    medium: ms(2000), // [BUGS K-45]
    long: ms(4000),
    veryLong: seconds(300),
    unknown: seconds(120),
    verifySignature: 'veryLong', // [BUGS K-30]
  },
  power: {
    suspendTakesTurn: true, // [BUGS K-21]
    idleTakesTurn: false, // [BUGS L-22]
    marks: 'before-shutdown', // [BUGS K-23]
    refuses: 'at-turn', // [BUGS K-24]
    heedsFirmwareManaged: true, // [BUGS K-25]
    resumeClaimsLocality: true,
    resumeStartsAfresh: true, // [BUGS L-40] [BUGS L-41]
    resumeVerifies: true, // [BUGS L-26]
  },
  rng: { quality: 700, atRegistration: 0, background: 32 }, // quality: [BUGS K-27]
  version: { chunk: 64, limit: 300, ignoresErrors: false, takesTurn: true }, // [BUGS L-04] [BUGS L-05] [BUGS L-06]
};
