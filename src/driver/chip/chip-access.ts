import type { Clock } from '../../board/index.ts';
import type { Counters } from '../counters.ts';
import type { DeviceLog } from '../log/driver-log.ts';
import type { Profile } from '../profile.ts';
import type { DriverHooks } from '../hooks.ts';
import type { TisCore } from '../tis/tis-core.ts';
import { ERRNO, DriverError } from '../errors.ts';
import { HEADER_SIZE, sizeFieldOf } from '../tis/fifo.ts';
import { HANDED_OVER, Mutex } from '../mutex.ts';
import { ms, times } from '../../units/index.ts';
import { ResponseMalformed, TPM_CC, TpmReader } from '../../wire/index.ts';
import {
  ChipNotAvailable,
  CommandCancelled,
  CommandTimeout,
  MalformedCommand,
  TransmitBlocked,
} from './chip-errors.ts';
import { durationOf } from './durations.ts';
import type { TpmCommand } from '../../tpm/index.ts';
import { TPM_RC } from '../../tpm/index.ts';
import { codeOf } from './header-fields.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** Maximum size of a command or response, in bytes. [DRIVER 3.3] */
export const BUFFER_SIZE = 4096;

/** Response codes of a TPM 1.2 that is there and does not work; the driver does not log them. [DRIVER 3.3] */
const DISABLED_12 = 7;
const DEACTIVATED_12 = 6;

/** The first pause before the TPM is asked again, and the maximum. [DRIVER 3.3] */
const FIRST_RETRY = ms(20);
const MAX_RETRY = ms(2000);

interface ChipAccessParts {
  readonly clock: Clock;
  readonly core: TisCore;
  readonly profile: Profile;
  readonly counters: Counters;
  readonly log: DeviceLog;
  readonly hooks: DriverHooks;
}

/** What the driver needs of a response. */
interface Expectation {
  /** Bytes after the header. */
  readonly body?: number;
  /** What was attempted, as the kernel's log puts it. */
  readonly what?: string;
}

interface Reply<R> {
  /** 0, or why the TPM refused. */
  readonly code: number;
  /** A view, valid until the next command. */
  readonly response: Uint8Array;
  /** Reads a response without sessions. To be called only after code 0. @throws ResponseMalformed */
  readonly answer: () => R;
}

/**
 * Access to the TPM behind the TIS registers, for one user at a time: turn and locality, and commands with their retries
 * and time limits. `transmit` and `command` are called inside of `withTurn`. [DRIVER 3.1] [DRIVER 3.3]
 */
export class ChipAccess {
  readonly #turn = new Mutex();
  /** Set once the TPM answered as a TPM 2.0; durations of single commands hold only then. [DRIVER 3.4] */
  isTpm2: boolean;
  isSuspended = false;
  isRegistered = false;
  #hasLocality = false;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);

  constructor(private readonly parts: ChipAccessParts) {
    this.isTpm2 = !parts.profile.probe.order.includes('probe-tpm2');
  }

  /** Waits for the turn and claims locality 0, does `work`, and gives both back, whatever happens. */
  withTurn<T>(work: () => Work<T>): Work<T> {
    return this.withTurnOnly(() => {
      if (this.isSuspended && this.parts.profile.power.refuses === 'at-turn')
        throw new ChipNotAvailable(ERRNO.EIO, 'The chip is suspended. Resume it first.');
      return this.withLocality(work);
    });
  }

  /** The turn without the locality, for power management: `work` claims the locality when it needs it. */
  *withTurnOnly<T>(work: () => Work<T>): Work<T> {
    const waiting = this.#turn.acquire();
    if (waiting !== undefined) yield waiting;
    try {
      return yield* work();
    } finally {
      if (this.#turn.release()) yield HANDED_OVER;
    }
  }

  /**
   * Claims the locality without waiting for the turn, even while another caller uses the chip. A profile may keep the
   * locality afterwards.
   */
  *withLocality<T>(work: () => Work<T>): Work<T> {
    if (!this.#hasLocality || this.parts.hooks.beforeLocality !== undefined) yield* this.#claimLocality();
    try {
      return yield* work();
    } finally {
      if (!this.#hasLocality) yield* this.releaseLocality();
    }
  }

  /** Releases a locality that was kept. */
  *releaseKept(): Work<void> {
    if (this.#hasLocality) yield* this.releaseLocality();
  }

  /** Releases the locality, whether it is known to be held or not. A failure is not passed on: the next claim shows it. */
  *releaseLocality(): Work<void> {
    const { core } = this.parts;
    this.#hasLocality = false;
    try {
      yield* core.locality.release(core.locality.current);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  /** The next user claims the locality again: somebody else may have it. */
  doubtLocality(): void {
    this.#hasLocality = false;
  }

  /** Sends a command, again while the TPM asks for it, and resolves with a view of the response. [DRIVER 3.3] */
  *transmit(command: Uint8Array): Work<Uint8Array> {
    for (let pause = FIRST_RETRY; ; pause = times(pause, 2)) {
      const response = yield* this.#tryTransmit(command);
      const code = codeOf(response);
      if (code !== TPM_RC.RETRY && code !== TPM_RC.TESTING) return response;
      if (code === TPM_RC.TESTING && codeOf(command) === TPM_CC.SelfTest) return response;
      if (pause > MAX_RETRY) {
        this.parts.log.error(code === TPM_RC.RETRY ? 'in retry loop' : 'self test is still running');
        return response;
      }
      yield* waited(this.parts.clock.sleep(pause));
    }
  }

  /**
   * Sends one of the driver's own commands. A response code is logged with `what` was attempted.
   * @throws ResponseMalformed when a successful response has fewer than `body` bytes after its header.
   */
  *command<R>(command: TpmCommand<R>, { body = 0, what }: Expectation = {}): Work<Reply<R>> {
    const { log } = this.parts;
    const response = yield* this.transmit(command.bytes);
    const code = codeOf(response);
    const isSilent = code === DISABLED_12 || code === DEACTIVATED_12 || code === TPM_RC.TESTING;
    if (code !== 0 && what !== undefined && !isSilent) log.error(`A TPM error (${code}) occurred ${what}`);
    if (code === 0 && response.length < HEADER_SIZE + body)
      throw this.#counted(
        new ResponseMalformed(
          `The response to TPM2_${command.name} has ${response.length} bytes and needs ${HEADER_SIZE + body}.`,
        ),
      );
    return { code, response, answer: () => this.#decoded(command, response) };
  }

  #decoded<R>(command: TpmCommand<R>, response: Uint8Array): R {
    try {
      return command.decode(new TpmReader(response.subarray(HEADER_SIZE)));
    } catch (cause) {
      if (!(cause instanceof ResponseMalformed)) throw cause;
      throw this.#counted(
        new ResponseMalformed(`The response to TPM2_${command.name} makes no sense.`, { cause }),
      );
    }
  }

  *#claimLocality(): Work<void> {
    const { core, hooks, profile } = this.parts;
    if (hooks.beforeLocality !== undefined) yield* waited(hooks.beforeLocality());
    if (this.#hasLocality) return;
    yield* core.locality.request(0, this.isRegistered ? undefined : profile.probe.firstLocalityLimit);
    this.#hasLocality = profile.tis.keepsLocality;
  }

  *#tryTransmit(command: Uint8Array): Work<Uint8Array> {
    const { counters } = this.parts;
    counters.commands++;
    try {
      return yield* this.#exchange(this.#checked(command));
    } catch (error) {
      if (error instanceof DriverError) this.#counted(error);
      this.#hasLocality = false;
      throw error;
    }
  }

  #checked(command: Uint8Array): Uint8Array {
    const { log } = this.parts;
    if (command.length < HEADER_SIZE)
      throw new MalformedCommand(ERRNO.EINVAL, `A command has at least 10 bytes, not ${command.length}.`);
    const size = sizeFieldOf(command);
    if (size === 0) throw new MalformedCommand(ERRNO.ENODATA, 'The size field of the command is 0.');
    if (size > command.length || size > BUFFER_SIZE) {
      log.error(`invalid count value ${size.toString(16)} ${command.length.toString(16)}`);
      throw new MalformedCommand(
        ERRNO.E2BIG,
        `The command says it has ${size} bytes; there are ${command.length}, and ${BUFFER_SIZE} are allowed.`,
      );
    }
    return size === command.length ? command : command.subarray(0, size);
  }

  *#exchange(command: Uint8Array): Work<Uint8Array> {
    const { core, hooks, log, profile } = this.parts;
    if (this.isSuspended && profile.power.refuses === 'at-send') {
      log.warn('blocking transmit while suspended');
      throw new TransmitBlocked();
    }
    if (hooks.beforeSend !== undefined) yield* waited(hooks.beforeSend());
    try {
      yield* core.fifo.send(command);
    } catch (error) {
      if (error instanceof DriverError) log.error(`tpm_try_transmit: send(): error ${error.errno}`);
      throw error;
    }
    yield* this.#awaitResponse(codeOf(command));
    try {
      return this.#buffer.subarray(0, yield* core.fifo.receive(this.#buffer));
    } catch (error) {
      if (error instanceof DriverError) log.error(`tpm_transmit: tpm_recv: error ${error.errno}`);
      throw error;
    }
  }

  *#awaitResponse(code: number): Work<void> {
    const { core, log, profile } = this.parts;
    const limit = this.isTpm2 ? durationOf(code, profile.durations) : profile.durations.unknown;
    switch (yield* core.fifo.awaitResponse(limit)) {
      case 'available':
        return;
      case 'cancelled':
        log.error('Operation Canceled');
        throw new CommandCancelled(code);
      case 'timeout':
        yield* core.fifo.abort();
        log.error('Operation Timed out');
        throw new CommandTimeout(code, limit);
    }
  }

  #counted<E extends DriverError>(error: E): E {
    this.parts.counters.countError(error.errno);
    return error;
  }
}
