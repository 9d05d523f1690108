import { ms, seconds, us, ZERO } from '../../units/index.ts';
import type { Profile, ReadyRules, WakeRules } from '../profile.ts';
import { recommended } from './recommended.ts';

/** How firmware and bench tools use INT_AP_L: trusted from the start, latched, and never doubted. [DRIVER 1.1] */
const latched = (delayWithout: ReadyRules['delayWithout'], timeout: ReadyRules['timeout']): ReadyRules => ({
  interrupt: recommended.ready.interrupt,
  delayWithout,
  timeout,
  waitsBeforeFirstAccess: false,
  confirmation: { limit: 0, counts: 'checks', proofs: 0 },
  evidence: 'counted',
});

/** A CS pulse of 1 us and 100 us after it, when the chip was idle for `awakeFor`. [DRIVER 1.1] */
const poked = (awakeFor: WakeRules['awakeFor']): WakeRules => ({
  awakeFor,
  since: 'end',
  pulse: us(1),
  settle: { kind: 'range', atMost: us(100) },
  decided: 'under-bus-lock',
  failure: 'ignored',
});

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly ready: ReadyRules;
  readonly wake?: WakeRules;
  readonly flowControlLimit: Profile['frame']['flowControlLimit'];
}

/** What the table of host drivers leaves open is as in `recommended`. */
function driver({ name, summary, ready, wake, flowControlLimit }: Row): Profile {
  const frame = { ...recommended.frame, flowControlLimit, repeats: 0, guessesStall: false };
  const { match, time, tis, probe, durations, power, rng, version } = recommended;
  const rest = { match, time, tis, probe, durations, power, rng, version };
  return { ...rest, name, summary, ready, frame, ...(wake !== undefined && { wake }) };
}

/** Host drivers beside the complete stacks: their pacing, waking and limits. [DRIVER 1.1] [ECOSYSTEM] */
export const HOST_DRIVERS: readonly Profile[] = [
  driver({
    name: 'coreboot',
    summary: 'wakes after 900 ms, waits 10 ms for the pulse or 20 ms without',
    ready: latched(ms(20), ms(10)),
    wake: poked(ms(900)),
    flowControlLimit: ms(100),
  }),
  driver({
    name: 'depthcharge',
    summary: 'wakes before every frame, waits 10 ms',
    ready: latched(ms(10), ms(10)),
    wake: poked(ZERO),
    flowControlLimit: ms(10),
  }),
  driver({
    name: 'u-boot',
    summary: 'neither wakes nor waits; 100 wait bytes',
    ready: latched(ZERO, ZERO),
    flowControlLimit: us(800), // 100 bytes at 1 MHz
  }),
  driver({
    name: 'windows',
    summary: 'wakes before every frame, waits 20 ms',
    ready: latched(ms(20), ms(20)),
    wake: poked(ZERO),
    flowControlLimit: ms(100),
  }),
  driver({
    name: 'ftdi-bench',
    summary: 'wakes with 60 ms of patience, 0.2 ms before each frame',
    ready: latched(us(200), us(200)),
    wake: { ...poked(ms(900)), settle: { kind: 'range', atMost: ms(60) } },
    flowControlLimit: seconds(60), // none in the original; a wait needs a limit
  }),
  driver({
    name: 'opentitan',
    summary: 'the instrument waits: 30 s for the pulse, 5 min for data',
    ready: latched(ms(10), seconds(30)),
    wake: poked(ms(900)),
    flowControlLimit: seconds(300),
  }),
];
