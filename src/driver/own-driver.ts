import type { Board, EdgeWatch } from '../board/index.ts';
import { LineUnavailable } from '../board/index.ts';
import type { HostTime } from './time/host-time.ts';
import type { LogSink } from './log/log.ts';
import type { Phy } from './phy/phy.ts';
import type { ProbeStep, Profile } from './profile.ts';
import type { ReadyEvidence } from './gate/ready-evidence.ts';
import type { DriverHooks } from './hooks.ts';
import type { TickRate, Ticks } from './time/ticks.ts';
import type { Trust } from './gate/access-gate.ts';
import { AccessGate } from './gate/access-gate.ts';
import { Completion } from './gate/completion.ts';
import { Counters } from './counters.ts';
import { DriverLog } from './log/driver-log.ts';
import { ERRNO, DriverError } from './errors.ts';
import { ExactTime, TickTime } from './time/host-time.ts';
import { FrameEdges } from './gate/frame-edges.ts';
import { NoEvidence } from './gate/ready-evidence.ts';
import { readFirmwareVersion } from './tis/firmware-version.ts';
import { sizeFieldOf } from './tis/fifo.ts';
import { SpiPhy } from './phy/spi-phy.ts';
import { TisCore } from './tis/tis-core.ts';
import { BUFFER_SIZE, ChipAccess } from './chip/chip-access.ts';
import { ChipNotAvailable, MalformedCommand, ProbeFailed } from './chip/chip-errors.ts';
import { Cr50Power } from './chip/cr50-power.ts';
import { digestOf } from './chip/hash.ts';
import type { BankDigest } from '../tpm/index.ts';
import { extendPcr, readPcr } from './chip/pcr-banks.ts';
import { getProperty } from './chip/properties.ts';
import { readRandom } from './chip/random.ts';
import { shutDown } from './chip/shut-down.ts';
import type { SuspendKind, HostDriver } from './host-driver.ts';
import type { Inventory } from './chip/start-up.ts';
import { probeTpm2, startUp } from './chip/start-up.ts';
import type { Awaiting, Work } from './work.ts';
import { awaiting, perform, waited } from './work.ts';

/** The board, the profile and the host that a driver is made for. */
export interface OwnDriverOptions {
  /** The parts of a board that a driver uses. */
  readonly board: Pick<Board, 'clock' | 'spi' | 'bus' | 'ready'>;
  readonly profile: Profile;
  /** Tick rate of the host, for profiles that keep time in ticks; the profile's own without it. */
  readonly hz?: TickRate;
  /** What the tick counter shows at the clock's beginning; 300 s before its wrap without it. */
  readonly firstTick?: Ticks;
  /** The device has an interrupt; without it, when the board has a ready line. */
  readonly hasInterrupt?: boolean;
  /** The device property `firmware-power-managed`; true without it. [DRIVER 1.12] */
  readonly firmwarePowerManaged?: boolean;
  /** Bits of entropy in 1024; the profile's own without it. Heeded at probe. [DRIVER 1.13] */
  readonly rngQuality?: number;
  readonly onLog?: LogSink;
  readonly hooks?: DriverHooks;
  /** Names in the log. */
  readonly device?: string;
  readonly chip?: string;
  readonly interruptNumber?: number;
}

/** What a probe built, and a removal takes down. */
interface Bound {
  readonly time: HostTime;
  readonly evidence: ReadyEvidence;
  readonly gate: AccessGate;
  readonly phy: SpiPhy;
  readonly core: TisCore;
  readonly chip: ChipAccess;
  readonly power: Cr50Power;
  readonly rngQuality: number;
  inventory: Inventory;
  version: string;
}

const NOTHING_LEARNT: Inventory = { commands: [], banks: [] };

/** A host driver in TypeScript over a board's parts, in the manner of its profile. */
export class OwnDriver implements HostDriver {
  readonly name: string;
  readonly counters = new Counters();
  readonly #log: DriverLog;
  readonly #device: string;
  #bound: Bound | undefined;
  #isProbed = false;

  constructor(private readonly options: OwnDriverOptions) {
    this.name = options.profile.name;
    this.#log = new DriverLog(options.board.clock, options.onLog);
    this.#device = options.device ?? 'spi0.0';
  }

  get profile(): Profile {
    return this.options.profile;
  }

  get log(): HostDriver['log'] {
    return this.#log.lines;
  }

  get isProbed(): boolean {
    return this.#isProbed;
  }

  /** Register access, for suites that go below commands. @throws ChipNotAvailable unless probed. */
  get phy(): Awaiting<Phy> {
    return awaiting<Phy>(this.#present().phy);
  }

  /** Locality, status and FIFO, for suites that go below commands. @throws ChipNotAvailable unless probed. */
  get core(): Awaiting<TisCore> {
    return awaiting(this.#present().core);
  }

  /** Both as the driver itself uses them, for those who listen to it or change it. @throws ChipNotAvailable unless probed. */
  get parts(): { readonly phy: Phy; readonly core: TisCore } {
    return this.#present();
  }

  /** How far the ready interrupt is trusted now. */
  get trust(): Trust {
    return this.#present().gate.trust;
  }

  /** The commands of the TPM and its PCR banks, as read at probe. */
  get inventory(): Inventory {
    return this.#present().inventory;
  }

  probe(): Promise<void> {
    return perform(this.#probe());
  }

  *#probe(): Work<void> {
    if (this.#bound !== undefined) throw new ChipNotAvailable(ERRNO.EBUSY, 'The driver is bound already.');
    let evidence: ReadyEvidence | undefined;
    try {
      const requested = this.#requestInterrupt();
      evidence = requested.evidence;
      this.#bound = this.#build(evidence, requested.isGranted);
      const hook = this.options.hooks?.afterInterruptRequest;
      if (hook !== undefined) yield* waited(hook());
      yield* this.#runProbe(this.#bound);
      this.#isProbed = true;
    } catch (error) {
      evidence?.close();
      this.#bound = undefined;
      throw this.#probeFailed(error);
    }
  }

  remove(): Promise<void> {
    return perform(this.#remove());
  }

  *#remove(): Work<void> {
    const { chip, core, evidence } = this.#present();
    this.#isProbed = false;
    try {
      yield* chip.withTurn(() => shutDown(chip, 'clear'));
      if (this.profile.tis.keepsLocality) yield* chip.releaseLocality();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
    try {
      if (this.#masksInterrupts()) yield* core.remove();
    } finally {
      evidence.close();
      this.#bound = undefined;
    }
  }

  /** Lets go of the board without a word to the chip, as when the host is switched off. */
  abandon(): void {
    this.#bound?.evidence.close();
    this.#bound = undefined;
    this.#isProbed = false;
  }

  transmit(command: Uint8Array): Promise<Uint8Array> {
    return perform(this.#transmit(command));
  }

  *#transmit(command: Uint8Array): Work<Uint8Array> {
    const { chip } = this.#present();
    checkWritten(command);
    const turn = { isOurs: false };
    try {
      const response = yield* chip.withTurn(() => {
        turn.isOurs = true;
        return chip.transmit(command);
      });
      return response.slice();
    } catch (cause) {
      if (turn.isOurs || !(cause instanceof DriverError)) throw cause;
      throw new ChipNotAvailable(ERRNO.EPIPE, `The command was not sent: ${cause.message}`, { cause });
    }
  }

  async firmwareVersion(): Promise<string> {
    return this.#present().version;
  }

  async suspend(kind: SuspendKind): Promise<void> {
    await perform(this.#present().power.suspend(kind));
  }

  async resume(): Promise<void> {
    await perform(this.#present().power.resume());
  }

  /** Up to `count` random bytes, 1 to 128. */
  async random(count: number): Promise<Uint8Array> {
    const { chip } = this.#present();
    return perform(chip.withTurn(() => readRandom(chip, count)));
  }

  /** What the kernel's thread does that fills its random pool: one read, or none when the quality is 0. */
  async fillRandom(): Promise<Uint8Array> {
    if (this.#present().rngQuality === 0) return new Uint8Array();
    return this.random(this.profile.rng.background);
  }

  async pcrRead(index: number, hash: number): Promise<Uint8Array> {
    const { chip, inventory } = this.#present();
    return perform(chip.withTurn(() => readPcr(chip, inventory.banks, index, hash)));
  }

  /** One digest for each allocated bank, in bank order. */
  async pcrExtend(index: number, digests: readonly BankDigest[]): Promise<void> {
    const { chip, inventory } = this.#present();
    return perform(chip.withTurn(() => extendPcr(chip, inventory.banks, index, digests)));
  }

  async property(id: number): Promise<number> {
    const { chip } = this.#present();
    return perform(chip.withTurn(() => getProperty(chip, id)));
  }

  /** The digest of up to 1024 bytes, computed by the TPM. */
  async hash(data: Uint8Array, algorithm: number): Promise<Uint8Array> {
    const { chip } = this.#present();
    return perform(chip.withTurn(() => digestOf(chip, data, algorithm)));
  }

  #present(): Bound {
    if (this.#bound === undefined)
      throw new ChipNotAvailable(ERRNO.EPIPE, 'The driver is not bound to the chip. Probe it first.');
    return this.#bound;
  }

  #requestInterrupt(): { evidence: ReadyEvidence; isGranted: boolean } {
    const { board, profile } = this.options;
    const { clock, ready } = board;
    const log = this.#busLog();
    const { interrupt } = profile.ready;
    if (interrupt === undefined) return { evidence: new NoEvidence(clock), isGranted: false };
    if (ready === undefined || this.options.hasInterrupt === false) {
      log.warn('No IRQ - will use delays between transactions.');
      return { evidence: new NoEvidence(clock), isGranted: false };
    }
    let watch: EdgeWatch;
    try {
      // Where the end of a pulse is not told, its beginning is taken for it: they are some microseconds apart. [CHIP 3]
      watch = ready.arm(ready.tellsEnds === false ? 'asserted' : interrupt.edge);
    } catch (error) {
      if (!(error instanceof LineUnavailable)) throw error;
      if (-error.errno === ERRNO.EPROBE_DEFER)
        throw new ProbeFailed(ERRNO.EPROBE_DEFER, 'The interrupt is not there yet: probe again later.', {
          cause: error,
        });
      log.warn(`Requesting IRQ ${this.options.interruptNumber ?? 1} failed: ${-error.errno}`);
      return { evidence: new NoEvidence(clock), isGranted: false };
    }
    const evidence =
      profile.ready.evidence === 'counted'
        ? new Completion(clock, watch)
        : new FrameEdges(clock, watch, ready.uncertainty);
    return { evidence, isGranted: true };
  }

  #build(evidence: ReadyEvidence, hasInterrupt: boolean): Bound {
    const { board, profile, hooks = {} } = this.options;
    const { clock, spi, bus } = board;
    const { counters } = this;
    const time = this.#hostTime();
    const busLog = this.#busLog();
    const log = this.#log.device(`tpm ${this.options.chip ?? 'tpm0'}`);
    const { ready, wake, frame } = profile;
    const gate = new AccessGate({ clock, time, ready, wake, evidence, hasInterrupt, counters, log: busLog });
    const phy = new SpiPhy({ clock, spi, bus, time, gate, frame, wake, counters, log: busLog });
    const core = new TisCore({
      phy,
      clock,
      time,
      rules: profile.tis,
      log,
      hooks,
      probe: profile.probe,
      busLog,
    });
    const chip = new ChipAccess({ clock, core, profile, counters, log, hooks });
    const isFirmwareManaged = this.options.firmwarePowerManaged ?? true;
    const power = new Cr50Power({ rules: profile.power, chip, core, time, gate, log, isFirmwareManaged });
    const rngQuality = this.options.rngQuality ?? profile.rng.quality;
    return {
      time,
      evidence,
      gate,
      phy,
      core,
      chip,
      power,
      rngQuality,
      inventory: NOTHING_LEARNT,
      version: '',
    };
  }

  #hostTime(): HostTime {
    const { board, profile, hz, firstTick } = this.options;
    if (profile.time.kind === 'exact') return new ExactTime(board.clock);
    return new TickTime(board.clock, hz ?? profile.time.rate, firstTick);
  }

  *#runProbe(bound: Bound): Work<void> {
    const { probe, version } = this.profile;
    for (const step of probe.order) {
      try {
        yield* this.#runStep(step, bound);
      } catch (error) {
        if (step !== probe.unguarded && this.#masksInterrupts()) yield* bound.core.remove();
        throw error;
      }
    }
    const read = (): Work<string> => readFirmwareVersion(bound.phy, bound.core.locality.current, version);
    bound.version = version.takesTurn ? yield* bound.chip.withTurn(read) : yield* read();
    this.#busLog().info(`Cr50 firmware version: ${bound.version}`);
  }

  *#runStep(step: ProbeStep, bound: Bound): Work<void> {
    const { core, chip } = bound;
    switch (step) {
      case 'identify':
        return yield* core.identify();
      case 'await-valid':
        return yield* core.awaitValid();
      case 'mask-interrupts':
        yield* core.readInterrupts();
        return yield* core.writeInterrupts();
      case 'read-interrupts':
        return yield* core.readInterrupts();
      case 'read-capabilities':
        return yield* core.readCapabilities();
      case 'write-interrupts':
        return yield* core.writeInterruptsOwned();
      case 'probe-tpm2':
        chip.isTpm2 = yield* chip.withTurn(() => probeTpm2(chip));
        return;
      case 'read-revision':
        return yield* core.readRevision();
      case 'announce':
        core.announce(chip.isTpm2 ? '2.0' : '1.2');
        return;
      case 'itpm-check':
        return yield* core.checkItpm();
      case 'register':
        return yield* this.#register(bound);
    }
  }

  *#register(bound: Bound): Work<void> {
    const { chip, core } = bound;
    const { probe, rng } = this.profile;
    const log = this.#log.device(`tpm ${this.options.chip ?? 'tpm0'}`);
    bound.inventory = yield* chip.withTurn(() => startUp(chip, core, probe, log));
    chip.isRegistered = true;
    if (rng.atRegistration === 0 || bound.inventory.commands.length === 0) return;
    try {
      yield* chip.withTurn(() => readRandom(chip, rng.atRegistration));
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  #probeFailed(error: unknown): unknown {
    if (!(error instanceof DriverError)) return error;
    const { driver } = this.profile.match;
    if (error.errno !== ERRNO.EPROBE_DEFER)
      this.#log.device(driver).warn(`probe of ${this.#device} failed with error ${error.errno}`);
    return error;
  }

  /** Whether this driver ever touches TPM_INT_ENABLE. */
  #masksInterrupts(): boolean {
    const { order } = this.profile.probe;
    return order.includes('mask-interrupts') || order.includes('write-interrupts');
  }

  #busLog(): ReturnType<DriverLog['device']> {
    return this.#log.device(`${this.profile.match.driver} ${this.#device}`);
  }
}

/** What the character device checks of a written command. [DRIVER 3.8] */
function checkWritten(command: Uint8Array): void {
  if (command.length > BUFFER_SIZE)
    throw new MalformedCommand(
      ERRNO.E2BIG,
      `A command has at most ${BUFFER_SIZE} bytes, not ${command.length}.`,
    );
  if (command.length < 6 || command.length < sizeFieldOf(command))
    throw new MalformedCommand(
      ERRNO.EINVAL,
      `A command is written whole: ${command.length} bytes are fewer than it needs.`,
    );
}
