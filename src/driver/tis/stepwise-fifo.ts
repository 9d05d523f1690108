import type { Duration } from '../../units/index.ts';
import { locality, ResponseMalformed, STS, TPM_DATA_FIFO } from '../../wire/index.ts';
import { ERRNO, ExpectWrong, DriverError } from '../errors.ts';
import type { Fifo, Outcome } from './fifo.ts';
import { HEADER_SIZE, sizeFieldOf } from './fifo.ts';
import type { Locality } from './locality.ts';
import type { TransferRetries } from '../profile.ts';
import type { Status } from './status.ts';
import type { TisParts } from './tis-parts.ts';

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

  async send(command: Uint8Array): Promise<void> {
    try {
      await this.#retry(this.parts.rules.send, () => this.#fill(command));
      await this.status.write(STS.tpmGo);
    } catch (error) {
      await this.status.ready();
      throw error;
    }
  }

  async awaitResponse(limit: Duration): Promise<Outcome> {
    const { clock, time, rules, hooks } = this.parts;
    const wanted = STS.stsValid | STS.dataAvail;
    const stop = time.add(time.now(), limit);
    do {
      const status = await this.status.read();
      if ((status & wanted) === wanted) return 'available';
      if (status === STS.commandReady) return 'cancelled';
      await clock.sleep(rules.pauses.response);
      await hooks.whilePolling?.();
    } while (!time.isAtOrAfter(time.now(), stop));
    return 'timeout';
  }

  async receive(into: Uint8Array): Promise<number> {
    try {
      return await this.#retry(
        this.parts.rules.receive,
        () => this.#readResponse(into),
        () => this.status.write(STS.responseRetry),
      );
    } finally {
      await this.status.ready();
    }
  }

  abort(): Promise<void> {
    return this.status.ready();
  }

  async #retry<T>(
    { attempts, on }: TransferRetries,
    attempt: () => Promise<T>,
    between?: () => Promise<void>,
  ): Promise<T> {
    for (let left = attempts; ;) {
      try {
        return await attempt();
      } catch (error) {
        if (--left <= 0 || !(error instanceof DriverError) || !on.includes(error.errno)) throw error;
        await between?.();
      }
    }
  }

  async #fill(command: Uint8Array): Promise<void> {
    const { phy, rules } = this.parts;
    if (((await this.status.read()) & STS.commandReady) === 0) {
      await this.status.ready();
      await this.status.waitFor(STS.commandReady, rules.timeouts.b);
    }
    const last = command.length - 1;
    for (let sent = 0; sent < last;) {
      const part = Math.min(await this.#burstCount(), last - sent);
      await phy.write(this.#register, command, sent, part);
      sent += part;
      await this.#mustExpect(true, sent, command.length);
    }
    await phy.write(this.#register, command, last, 1);
    await this.#mustExpect(false, command.length, command.length);
  }

  async #mustExpect(more: boolean, sent: number, length: number): Promise<void> {
    await this.status.waitFor(STS.stsValid, this.timeoutC());
    const status = await this.status.read();
    if (((status & STS.expect) !== 0) !== more) throw new ExpectWrong(sent, length, status);
  }

  async #readResponse(into: Uint8Array): Promise<number> {
    const { log } = this.parts;
    if (into.length < HEADER_SIZE)
      throw new ResponseMalformed(`A response does not fit into ${into.length} bytes.`, { errno: ERRNO.EIO });
    try {
      await this.#readBytes(into, 0, HEADER_SIZE);
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
      await this.#readBytes(into, HEADER_SIZE, size);
    } catch (cause) {
      log.error('Unable to read remainder of result');
      throw new ResponseMalformed(`The response of ${size} bytes could not be read to its end.`, {
        errno: ERRNO.ETIME,
        cause,
      });
    }
    await this.status.waitFor(STS.stsValid, this.timeoutC());
    const status = await this.status.read();
    if ((status & STS.dataAvail) !== 0) {
      log.error('Error left over data');
      throw new ResponseMalformed(`The chip has more than the ${size} bytes its response announced.`, {
        errno: ERRNO.EIO,
      });
    }
    return size;
  }

  async #burstCount(): Promise<number> {
    try {
      return await this.status.burstCount();
    } catch (error) {
      this.parts.log.error('Unable to read burstcount');
      throw error;
    }
  }

  async #readBytes(into: Uint8Array, from: number, to: number): Promise<void> {
    const { phy } = this.parts;
    for (let at = from; at < to;) {
      await this.status.waitFor(STS.dataAvail | STS.stsValid, this.timeoutC());
      const part = Math.min(await this.#burstCount(), to - at);
      await phy.read(this.#register, into, at, part);
      at += part;
    }
  }

  get #register(): number {
    return locality(TPM_DATA_FIFO, this.locality.current);
  }
}
