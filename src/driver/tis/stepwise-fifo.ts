import type { Duration } from '../../units/index.ts';
import { locality, ResponseMalformed, STS, TPM_DATA_FIFO } from '../../wire/index.ts';
import { ERRNO, ExpectWrong, DriverError } from '../errors.ts';
import type { Fifo, Outcome } from './fifo.ts';
import { HEADER_SIZE, sizeFieldOf } from './fifo.ts';
import type { Locality } from './locality.ts';
import type { TransferRetries } from '../profile.ts';
import type { Status } from './status.ts';
import type { TisParts } from './tis-parts.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/**
 * The Linux kernel's way: every step looks at the status byte on its own, the last byte of a command goes alone, and a
 * response is read header first. [DRIVER 2.5] [DRIVER 2.6]
 */
export class StepwiseFifo implements Fifo {
  constructor(
    private readonly parts: TisParts,
    private readonly locality: Locality,
    private readonly status: Status,
    private readonly timeoutC: () => Duration,
  ) {}

  *send(command: Uint8Array): Work<void> {
    try {
      yield* this.#retry(this.parts.rules.send, () => this.#fill(command));
      yield* this.status.write(STS.tpmGo);
    } catch (error) {
      yield* this.status.ready();
      throw error;
    }
  }

  *awaitResponse(limit: Duration): Work<Outcome> {
    const { clock, time, rules, hooks } = this.parts;
    const wanted = STS.stsValid | STS.dataAvail;
    const stop = time.add(time.now(), limit);
    do {
      const status = yield* this.status.read();
      if ((status & wanted) === wanted) return 'available';
      if (status === STS.commandReady) return 'cancelled';
      yield* waited(clock.sleep(rules.pauses.response));
      if (hooks.whilePolling !== undefined) yield* waited(hooks.whilePolling());
    } while (!time.isAtOrAfter(time.now(), stop));
    return 'timeout';
  }

  *receive(into: Uint8Array): Work<number> {
    try {
      return yield* this.#retry(
        this.parts.rules.receive,
        () => this.#readResponse(into),
        () => this.status.write(STS.responseRetry),
      );
    } finally {
      yield* this.status.ready();
    }
  }

  abort(): Work<void> {
    return this.status.ready();
  }

  *#retry<T>({ attempts, on }: TransferRetries, attempt: () => Work<T>, between?: () => Work<void>): Work<T> {
    for (let left = attempts; ;) {
      try {
        return yield* attempt();
      } catch (error) {
        if (--left <= 0 || !(error instanceof DriverError) || !on.includes(error.errno)) throw error;
        if (between !== undefined) yield* between();
      }
    }
  }

  *#fill(command: Uint8Array): Work<void> {
    const { phy, rules } = this.parts;
    if (((yield* this.status.read()) & STS.commandReady) === 0) {
      yield* this.status.ready();
      yield* this.status.waitFor(STS.commandReady, rules.timeouts.b);
    }
    const last = command.length - 1;
    for (let sent = 0; sent < last;) {
      const part = Math.min(yield* this.#burstCount(), last - sent);
      yield* phy.write(this.#register, command, sent, part);
      sent += part;
      yield* this.#mustExpect(true, sent, command.length);
    }
    yield* phy.write(this.#register, command, last, 1);
    yield* this.#mustExpect(false, command.length, command.length);
  }

  *#mustExpect(more: boolean, sent: number, length: number): Work<void> {
    yield* this.status.waitFor(STS.stsValid, this.timeoutC());
    const status = yield* this.status.read();
    if (((status & STS.expect) !== 0) !== more) throw new ExpectWrong(sent, length, status);
  }

  *#readResponse(into: Uint8Array): Work<number> {
    const { log } = this.parts;
    if (into.length < HEADER_SIZE)
      throw new ResponseMalformed(`A response does not fit into ${into.length} bytes.`, { errno: ERRNO.EIO });
    try {
      yield* this.#readBytes(into, 0, HEADER_SIZE);
    } catch (error) {
      log.error('Unable to read header');
      throw error;
    }
    const size = sizeFieldOf(into);
    if (size < HEADER_SIZE || size > into.length)
      throw new ResponseMalformed(
        `The response says it has ${size} bytes; ${HEADER_SIZE} to ${into.length} are possible.`,
        { errno: ERRNO.EIO },
      );
    try {
      yield* this.#readBytes(into, HEADER_SIZE, size);
    } catch (cause) {
      log.error('Unable to read remainder of result');
      throw new ResponseMalformed(`The response of ${size} bytes could not be read to its end.`, {
        errno: ERRNO.ETIME,
        cause,
      });
    }
    yield* this.status.waitFor(STS.stsValid, this.timeoutC());
    const status = yield* this.status.read();
    if ((status & STS.dataAvail) !== 0) {
      log.error('Error left over data');
      throw new ResponseMalformed(`The chip has more than the ${size} bytes its response announced.`, {
        errno: ERRNO.EIO,
      });
    }
    return size;
  }

  *#burstCount(): Work<number> {
    try {
      return yield* this.status.burstCount();
    } catch (error) {
      this.parts.log.error('Unable to read burstcount');
      throw error;
    }
  }

  *#readBytes(into: Uint8Array, from: number, to: number): Work<void> {
    const { phy } = this.parts;
    for (let at = from; at < to;) {
      yield* this.status.waitFor(STS.dataAvail | STS.stsValid, this.timeoutC());
      const part = Math.min(yield* this.#burstCount(), to - at);
      yield* phy.read(this.#register, into, at, part);
      at += part;
    }
  }

  get #register(): number {
    return locality(TPM_DATA_FIFO, this.locality.current);
  }
}
