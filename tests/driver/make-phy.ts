import {
  AccessGate,
  awaiting,
  Completion,
  Counters,
  DriverLog,
  ExactTime,
  FrameEdges,
  NoEvidence,
  SpiPhy,
  TickTime,
} from '../../src/driver/index.ts';
import type {
  Awaiting,
  HostTime,
  Phy,
  LogLine,
  Profile,
  ReadyEvidence,
  TickRate,
  Ticks,
} from '../../src/driver/index.ts';
import type { FakeBoard } from './fake-board.ts';

interface PhyOptions {
  readonly hz?: TickRate;
  readonly firstTick?: Ticks;
  readonly hasInterrupt?: boolean;
}

/** A phy and its gate over a fake board, without a probe having run. */
export interface MadePhy {
  readonly phy: Awaiting<Phy>;
  /** The same, as the parts of a driver use it. */
  readonly own: Phy;
  readonly gate: AccessGate;
  readonly time: HostTime;
  readonly counters: Counters;
  readonly log: readonly LogLine[];
  /** Texts of the log. */
  readonly said: () => readonly string[];
}

export function makePhy(board: FakeBoard, profile: Profile, options: PhyOptions = {}): MadePhy {
  const { clock, spi, bus } = board;
  const { ready, wake, frame } = profile;
  const time =
    profile.time.kind === 'exact'
      ? new ExactTime(clock)
      : new TickTime(clock, options.hz ?? profile.time.rate, options.firstTick);
  const hasInterrupt = options.hasInterrupt ?? true;
  const evidence = hasInterrupt ? watchedBy(board, profile) : new NoEvidence(clock);
  const counters = new Counters();
  const driverLog = new DriverLog(clock, undefined);
  const log = driverLog.device('test spi0.0');
  const gate = new AccessGate({ clock, time, ready, wake, evidence, hasInterrupt, counters, log });
  const phy = new SpiPhy({ clock, spi, bus, time, gate, frame, wake, counters, log });
  return {
    phy: awaiting<Phy>(phy),
    own: phy,
    gate,
    time,
    counters,
    log: driverLog.lines,
    said: () => driverLog.lines.map(({ text }) => text),
  };
}

function watchedBy({ clock, ready }: FakeBoard, profile: Profile): ReadyEvidence {
  const watch = ready.arm(profile.ready.interrupt!.edge);
  return profile.ready.evidence === 'counted'
    ? new Completion(clock, watch)
    : new FrameEdges(clock, watch, ready.uncertainty);
}
