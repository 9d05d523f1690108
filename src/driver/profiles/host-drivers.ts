import type { Duration } from '../../units/index.ts';
import { ms, seconds, us, ZERO } from '../../units/index.ts';
import type { FrameRules, ProbeRules, Profile, ReadyRules, WakeRules } from '../profile.ts';
import { recommended } from './recommended.ts';

/** What the table of host drivers says of one; the rest is as in `recommended`. */
interface Row {
  readonly name: string;
  readonly summary: string;
  readonly ready: ReadyRules;
  readonly wake?: WakeRules;
  readonly frame: Pick<FrameRules, 'flowControlLimit'> &
    Partial<Pick<FrameRules, 'maxWaitBytes' | 'readyInHeader'>>;
  readonly identityTries?: Pick<NonNullable<ProbeRules['identities']>, 'tries' | 'pause'>;
}

/** A pause between frames. INT_AP_L is not examined. */
const unwatched = (delayWithout: Duration): ReadyRules => ({
  delayWithout,
  timeout: delayWithout,
  pausesBeforeFirstAccess: 'never',
  confirmation: { limit: 0, counts: 'checks', proofs: 0 },
  evidence: 'counted',
});

/** How firmware and instruments use INT_AP_L: trusted from the start, latched, and never doubted. [CHIP 3] */
const latched = (delayWithout: Duration, timeout: Duration): ReadyRules => ({
  ...unwatched(delayWithout),
  interrupt: recommended.ready.interrupt!,
  timeout,
});

/** CS asserted for `pulse`, then a pause, when the chip was idle for `awakeFor`. [CHIP 2] */
const poked = (awakeFor: Duration, pulse: Duration, pause: Duration): WakeRules => ({
  awakeFor,
  since: 'end',
  pulse,
  settle: { kind: 'range', atMost: pause },
  decided: 'under-bus-lock',
  failure: 'ignored',
});

/** More time than any test idles: this tool wakes the chip when it opens it, and never again. */
const ONCE = seconds(90 * 86_400);

/** A wait needs a limit where the original has none. */
const NO_LIMIT = seconds(2);

function driver({ name, summary, ready, wake, frame: own, identityTries }: Row): Profile {
  const { match, time, tis, probe: base, durations, power, rng, version } = recommended;
  const frame = { ...recommended.frame, repeats: 0, guessesStall: false, ...own };
  const identities = base.identities;
  const probe =
    identities === undefined ? base : { ...base, identities: { ...identities, ...identityTries } };
  const rest = { match, time, tis, probe, durations, power, rng, version };
  return { ...rest, name, summary, ready, frame, ...(wake !== undefined && { wake }) };
}

/** Host drivers beside the complete drivers: their pacing, waking and limits. What they leave open is as in `recommended`. */
export const HOST_DRIVERS: readonly Profile[] = [
  driver({
    name: 'coreboot',
    summary: 'wakes after 900 ms, waits 10 ms for the pulse or 20 ms without',
    ready: latched(ms(20), ms(10)), // [CHIP 3] [HOSTS coreboot]
    wake: poked(ms(900), us(1), us(100)), // [CHIP 2] [HOSTS coreboot]
    frame: { flowControlLimit: ms(100) }, // [CHIP 1.4] [HOSTS coreboot]
    identityTries: { tries: 15, pause: ms(10) }, // [CHIP 1.3] [HOSTS coreboot]
  }),
  driver({
    name: 'depthcharge',
    summary: 'wakes before every frame, waits 10 ms',
    ready: latched(ms(10), ms(10)), // [CHIP 3] [HOSTS depthcharge]
    wake: poked(ZERO, us(1), us(100)), // [CHIP 2] [HOSTS depthcharge]
    frame: { flowControlLimit: ms(10) }, // [CHIP 1.4] [HOSTS depthcharge]
    identityTries: { tries: 1, pause: ZERO },
  }),
  driver({
    name: 'u-boot',
    summary: 'neither wakes nor waits between frames; 100 wait bytes; believes a ready bit in the header',
    ready: unwatched(ZERO), // tpm2_tis_spi: frames follow each other, [HOSTS u-boot]
    frame: {
      flowControlLimit: NO_LIMIT, // counted in bytes alone, [HOSTS u-boot]
      maxWaitBytes: 100, // [CHIP 1.4] [HOSTS u-boot]
      readyInHeader: true, // [CHIP 1.3] [HOSTS u-boot]
    },
    identityTries: { tries: 1, pause: ZERO },
  }),
  driver({
    name: 'windows',
    summary: 'wakes before every frame, pauses for 20 ms, does not look at INT_AP_L',
    ready: unwatched(ms(20)), // [HOSTS windows]
    wake: poked(ZERO, us(1), us(100)), // [HOSTS windows]
    frame: { flowControlLimit: ms(100) }, // [CHIP 1.4] [HOSTS windows]
    identityTries: { tries: 1, pause: ZERO },
  }),
  driver({
    name: 'ftdi-bench',
    summary: 'pokes once with 60 ms of patience, pauses for 0.2 ms; believes a ready bit in the header',
    ready: unwatched(us(200)), // [CHIP 3] [HOSTS ftdi-bench]
    wake: poked(ONCE, ms(10), ms(60)), // FtdiSpiPoke, called by FtdiSpiInit alone, [HOSTS ftdi-bench]
    frame: {
      flowControlLimit: NO_LIMIT, // none, [HOSTS ftdi-bench]
      readyInHeader: true, // [CHIP 1.3] [HOSTS ftdi-bench]
    },
    identityTries: { tries: 1, pause: ZERO },
  }),
  driver({
    name: 'opentitan',
    summary: 'the instrument waits: 30 s for the pulse, 5 min for data',
    ready: latched(ms(10), seconds(30)), // [HOSTS opentitan]
    wake: poked(ms(900), us(1), us(100)), // in the instrument: taken to be as coreboot's
    frame: { flowControlLimit: seconds(300) }, // [HOSTS opentitan]
    identityTries: { tries: 1, pause: ZERO },
  }),
];
