import type { Duration } from '../../units/index.ts';
import { inMs } from '../../units/index.ts';
import {
  ACCESS,
  locality,
  TPM_ACCESS,
  TPM_DID_VID,
  TPM_INT_ENABLE,
  TPM_INTF_CAPABILITY,
  TPM_RID,
} from '../../wire/index.ts';
import { BurstFifo } from './burst-fifo.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import {
  ChipNotValid,
  FlowControlTimeout,
  ForeignChip,
  LocalityRefused,
  MisoStuck,
  InterruptsNotMasked,
  DriverError,
} from '../errors.ts';
import type { Fifo } from './fifo.ts';
import { Locality } from './locality.ts';
import type { ProbeRules } from '../profile.ts';
import { Status } from './status.ts';
import { StepwiseFifo } from './stepwise-fifo.ts';
import type { TisParts } from './tis-parts.ts';
import { poll } from './tis-parts.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

const GLOBAL_ENABLE = 0x80000000;
/** commandReady, localityChange, stsValid and dataAvail interrupts. [DRIVER 2.1] */
const INTERRUPTS = 0x87;
const ALL_ONES = 0xffffffff;

/** Names of TPM_INTF_CAPABILITY bits, as the kernel logs them. [DRIVER 2.1] */
const CAPABILITIES: readonly (readonly [bit: number, name: string])[] = [
  [0x100, 'Burst Count Static'],
  [0x80, 'Command Ready Int Support'],
  [0x40, 'Interrupt Edge Falling'],
  [0x20, 'Interrupt Edge Rising'],
  [0x10, 'Interrupt Level Low'],
  [0x08, 'Interrupt Level High'],
  [0x04, 'Locality Change Int Support'],
  [0x02, 'Sts Valid Int Support'],
  [0x01, 'Data Avail Int Support'],
];

interface CoreParts extends TisParts {
  readonly probe: ProbeRules;
  /** Log of the bus device; `log` is that of the chip. */
  readonly busLog: DeviceLog;
}

/** The TIS registers of one chip: its identity, its locality, its status, its FIFO, and the steps of a probe. [DRIVER 2] */
export class TisCore {
  readonly locality: Locality;
  readonly status: Status;
  readonly fifo: Fifo;
  /** Timeout C: short once the chip is started up. [DRIVER 2.2] */
  #timeoutC: Duration;
  #didVid = 0;
  #revision = 0;
  #interrupts = 0;
  #offered = INTERRUPTS;

  constructor(private readonly parts: CoreParts) {
    this.#timeoutC = parts.rules.timeouts.cBeforeStartUp;
    this.locality = new Locality(parts);
    this.status = new Status(parts, this.locality);
    const FifoOfProfile = parts.rules.fifo === 'stepwise' ? StepwiseFifo : BurstFifo;
    this.fifo = new FifoOfProfile(parts, this.locality, this.status, () => this.#timeoutC);
  }

  /** Vendor in the low half, device in the high one. */
  get didVid(): number {
    return this.#didVid;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The chip is about to be started up: the timeouts of TPM 2.0 hold from now on. [DRIVER 3.5] */
  useStartedTimeouts(): void {
    this.#timeoutC = this.parts.rules.timeouts.c;
  }

  /** Reads TPM_DID_VID; where the profile lists identities, until one of them answers. */
  *identify(): Work<void> {
    const { identities } = this.parts.probe;
    if (identities === undefined) {
      this.#didVid = yield* this.parts.phy.read32(TPM_DID_VID);
      return;
    }
    for (let left = identities.tries; left > 0; left--) {
      this.#didVid = yield* this.#readIdentity();
      if (identities.accepted.includes(this.#didVid)) return;
      yield* waited(this.parts.clock.sleep(identities.pause));
    }
    if (this.#didVid === ALL_ONES)
      throw new MisoStuck('high', `TPM_DID_VID was 0xffffffff in ${identities.tries} reads`);
    throw new ForeignChip(this.#didVid);
  }

  /** @throws ChipNotValid unless TPM_ACCESS shows its valid bit within timeout A; a failed read ends it at once. */
  *awaitValid(): Work<void> {
    const { rules } = this.parts;
    const limit = rules.timeouts.a;
    try {
      const isValid = yield* poll(this.parts, limit, rules.pauses.locality, () => this.#showsValid());
      if (isValid) return;
    } catch (cause) {
      if (cause instanceof DriverError) throw new ChipNotValid(limit, { cause });
      throw cause;
    }
    throw new ChipNotValid(limit);
  }

  *#showsValid(): Work<boolean> {
    return ((yield* this.parts.phy.read8(TPM_ACCESS)) & ACCESS.valid) !== 0;
  }

  *readInterrupts(): Work<void> {
    this.#interrupts = yield* this.parts.phy.read32(this.#register(TPM_INT_ENABLE));
  }

  *readCapabilities(): Work<void> {
    const capabilities = yield* this.parts.phy.read32(this.#register(TPM_INTF_CAPABILITY));
    this.#offered = capabilities & INTERRUPTS;
    const { busLog } = this.parts;
    busLog.debug(`TPM interface capabilities (0x${capabilities.toString(16)}):`);
    for (const [bit, name] of CAPABILITIES) if ((capabilities & bit) !== 0) busLog.debug(`\t${name}`);
  }

  /** Writes TPM_INT_ENABLE with the global enable clear. A failed write is not noticed. */
  *writeInterrupts(): Work<void> {
    const wanted = this.parts.rules.interruptEnable === 'all' ? INTERRUPTS : this.#offered;
    yield* this.#writeInterruptEnable(this.#interrupts | wanted);
  }

  /** As writeInterrupts, with locality 0 owned for it. */
  *writeInterruptsOwned(): Work<void> {
    try {
      yield* this.locality.request(0);
    } catch (cause) {
      if (cause instanceof LocalityRefused) throw new InterruptsNotMasked(cause);
      throw cause;
    }
    yield* this.writeInterrupts();
    yield* this.locality.release(0);
  }

  *readRevision(): Work<void> {
    this.#revision = yield* this.parts.phy.read8(TPM_RID);
  }

  announce(family: '1.2' | '2.0'): void {
    const device = (this.#didVid >>> 16).toString(16).toUpperCase();
    const vendor = (this.#didVid & 0xffff).toString(16).toUpperCase();
    const named = this.parts.rules.announcesVendor === true ? `vendor-id 0x${vendor}, ` : '';
    this.parts.busLog.info(`${family} TPM (${named}device-id 0x${device}, rev-id ${this.#revision})`);
  }

  /** The check for an Intel iTPM; Cr50 never is one. */
  *checkItpm(): Work<void> {
    yield* this.parts.phy.read16(TPM_DID_VID);
  }

  /** The registers' part of unbinding: the interrupts stay masked. [DRIVER 1.11] */
  *remove(): Work<void> {
    try {
      yield* this.readInterrupts();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#interrupts = 0;
    }
    yield* this.#writeInterruptEnable(this.#interrupts);
  }

  *#writeInterruptEnable(value: number): Work<void> {
    try {
      yield* this.parts.phy.write32(this.#register(TPM_INT_ENABLE), (value & ~GLOBAL_ENABLE) >>> 0);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  *#readIdentity(): Work<number> {
    try {
      return yield* this.parts.phy.read32(TPM_DID_VID);
    } catch (error) {
      if (error instanceof FlowControlTimeout && isAllZero(error.cause.wire?.received))
        throw new MisoStuck(
          'low',
          `${error.cause.waitBytes} wait bytes in ${inMs(error.cause.limit)} ms, all 0x00`,
        );
      throw error;
    }
  }

  #register(register: number): number {
    return locality(register, this.locality.current);
  }
}

const isAllZero = (bytes: Uint8Array | undefined): boolean => bytes?.every((byte) => byte === 0) ?? false;
