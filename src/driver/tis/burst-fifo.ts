import type { Duration } from '../../units/index.ts';
import {
  burstCountOf,
  locality,
  MAX_FRAME_DATA,
  ResponseMalformed,
  STS,
  TPM_DATA_FIFO,
} from '../../wire/index.ts';
import { BurstCountZero, ERRNO, ExpectWrong, DriverError, StatusTimeout } from '../errors.ts';
import type { Fifo, Outcome } from './fifo.ts';
import { HEADER_SIZE, sizeFieldOf } from './fifo.ts';
import type { Locality } from './locality.ts';
import type { TransferRetries } from '../profile.ts';
import type { Status } from './status.ts';
import type { TisParts } from './tis-parts.ts';
import { poll } from './tis-parts.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** The largest burstCount of the chip. A smaller one while a response is read is the size of its rest. [CHIP 4.3] */
const FULL_BURST = 63;

const RESPONSE = STS.stsValid | STS.dataAvail;

/**
 * Moves commands and responses in as few frames as the chip allows: status and burstCount in one read, whole bursts, and
 * no read of the status that no decision depends on. GetRandom(32) takes 7 frames, a hash of 1024 bytes 39. [CHIP 4.3]
 */
export class BurstFifo implements Fifo {
  /** The last value of TPM_STS, burstCount included. */
  #word = 0;

  constructor(
    private readonly parts: TisParts,
    private readonly locality: Locality,
    private readonly status: Status,
    private readonly timeoutC: () => Duration,
  ) {}

  *send(command: Uint8Array): Work<void> {
    const { rules } = this.parts;
    for (let attempt = 1; ; attempt++) {
      try {
        yield* this.#becomeReady();
        yield* this.#fill(command);
        yield* this.status.write(STS.tpmGo);
        return;
      } catch (error) {
        yield* this.status.ready();
        if (!isWorthAnother(rules.send, attempt, error)) throw error;
        yield* this.locality.request(this.locality.current);
      }
    }
  }

  *awaitResponse(limit: Duration): Work<Outcome> {
    const { clock, time, rules, hooks } = this.parts;
    const stop = time.add(time.now(), limit);
    for (;;) {
      yield* this.#readStatus();
      if ((this.#word & RESPONSE) === RESPONSE) return 'available';
      if ((this.#word & 0xff) === STS.commandReady) return 'cancelled';
      if (time.isAtOrAfter(time.now(), stop)) return 'timeout';
      yield* waited(clock.sleep(rules.pauses.response));
      if (hooks.whilePolling !== undefined) yield* waited(hooks.whilePolling());
    }
  }

  *receive(into: Uint8Array): Work<number> {
    const { rules } = this.parts;
    try {
      let first = burstCountOf(this.#word);
      let awaited = RESPONSE;
      for (let attempt = 1; ; attempt++) {
        try {
          return yield* this.#read(into, first, awaited, attempt < rules.receive.attempts);
        } catch (error) {
          if (!isWorthAnother(rules.receive, attempt, error)) throw error;
          yield* this.status.write(STS.responseRetry);
          // A header is read on trust: burstCount is recomputed at the next read of the FIFO alone, and dataAvail does
          // not come back to a response that was read to its end. [CHIP 4.3]
          first = HEADER_SIZE;
          awaited = STS.stsValid;
        }
      }
    } finally {
      yield* this.status.ready();
    }
  }

  abort(): Work<void> {
    return this.status.ready();
  }

  /** A status that cannot be read counts as 0: the caller polls again within its own limit. */
  *#readStatus(): Work<void> {
    try {
      this.#word = yield* this.status.readWord();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#word = 0;
    }
  }

  *#becomeReady(): Work<void> {
    const { rules } = this.parts;
    for (let writes = 0; writes < rules.commandReadyWrites; writes++) {
      yield* this.status.write(STS.commandReady);
      yield* this.#readStatus();
      if ((this.#word & STS.commandReady) !== 0) return;
    }
    yield* this.#waitFor(STS.commandReady, rules.timeouts.b);
  }

  *#fill(command: Uint8Array): Work<void> {
    const { phy } = this.parts;
    for (let sent = 0; sent < command.length;) {
      if (sent > 0) {
        yield* this.#waitFor(STS.stsValid, this.timeoutC());
        if ((this.#word & STS.expect) === 0) throw new ExpectWrong(sent, command.length, this.#word & 0xff);
      }
      const burst = burstCountOf(this.#word) || (yield* this.#awaitBurst());
      const part = Math.min(burst, MAX_FRAME_DATA, command.length - sent);
      yield* phy.write(this.#register, command, sent, part);
      sent += part;
      this.#word = 0;
    }
  }

  *#read(into: Uint8Array, first: number, awaited: number, canAskAgain: boolean): Work<number> {
    const { phy } = this.parts;
    let size = HEADER_SIZE;
    let burst = first;
    for (let at = 0; at < size; burst = 0) {
      if (burst === 0) {
        yield* this.#waitFor(awaited, this.timeoutC());
        burst = burstCountOf(this.#word) || (yield* this.#awaitBurst());
        if (at >= HEADER_SIZE && burst < FULL_BURST && burst !== size - at)
          throw new ResponseMalformed(
            `The response says that ${size - at} bytes are left of it; the chip has ${burst}.`,
            { errno: ERRNO.EIO },
          );
      }
      const wanted = at < HEADER_SIZE ? into.length - at : size - at;
      const part = Math.min(burst, wanted, MAX_FRAME_DATA);
      if (canAskAgain) yield* phy.readRepeatable(this.#register, into, at, part);
      else yield* phy.read(this.#register, into, at, part);
      this.#word = 0;
      at += part;
      if (at - part < HEADER_SIZE && at >= HEADER_SIZE) size = checkedSize(into, at, burst);
    }
    if (awaited !== RESPONSE && size === HEADER_SIZE) yield* this.#mustBeOver();
    return size;
  }

  /** A header that was read on trust may say that it is the whole response when it is not. */
  *#mustBeOver(): Work<void> {
    yield* this.#readStatus();
    // What is left shows in burstCount: dataAvail does not come back. [CHIP 4.3]
    const left = burstCountOf(this.#word);
    if (left < FULL_BURST)
      throw new ResponseMalformed(
        `The response says that its header is all of it; the chip has ${left} bytes more.`,
        { errno: ERRNO.EIO },
      );
  }

  /** The burstCount of the last status, or of the next one that has any. */
  *#awaitBurst(): Work<number> {
    const { rules } = this.parts;
    const isThere = yield* poll(this.parts, rules.timeouts.a, rules.pauses.status, () => this.#hasBurst());
    if (!isThere) throw new BurstCountZero(rules.timeouts.a);
    return burstCountOf(this.#word);
  }

  *#waitFor(mask: number, limit: Duration): Work<void> {
    const { clock, rules } = this.parts;
    yield* this.#readStatus();
    if ((this.#word & mask) === mask) return;
    yield* waited(clock.sleep(rules.pauses.status));
    const isSet = yield* poll(this.parts, limit, rules.pauses.status, () => this.#shows(mask));
    if (!isSet) throw new StatusTimeout(mask, this.#word & 0xff, limit);
  }

  *#hasBurst(): Work<boolean> {
    yield* this.#readStatus();
    return burstCountOf(this.#word) !== 0;
  }

  *#shows(mask: number): Work<boolean> {
    yield* this.#readStatus();
    return (this.#word & mask) === mask;
  }

  get #register(): number {
    return locality(TPM_DATA_FIFO, this.locality.current);
  }
}

function isWorthAnother({ attempts, on }: TransferRetries, attempt: number, error: unknown): boolean {
  return attempt < attempts && error instanceof DriverError && on.includes(error.errno);
}

/** @throws ResponseMalformed when the size field contradicts what was read and what the chip said it has. */
function checkedSize(into: Uint8Array, read: number, burst: number): number {
  const size = sizeFieldOf(into);
  const isWhole = burst < FULL_BURST && read > HEADER_SIZE;
  if (size < HEADER_SIZE || size > into.length || read > size || (isWhole && read !== size))
    throw new ResponseMalformed(
      `The response says it has ${size} bytes; the chip offered ${read}, and ${into.length} fit.`,
      { errno: ERRNO.EIO },
    );
  return size;
}
