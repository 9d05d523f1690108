import type { Instant } from '../../units/index.ts';
import { between, inMs } from '../../units/index.ts';
import { burstCountOf, STS, TPM_DATA_FIFO, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import { FULL_BURST, isStatusRead } from './command-stages.ts';
import type { Rule } from './rule.ts';

/** How many bytes the chip had for the host: what was read, and what burstCount said was left when it was less than a burst. */
class Offer {
  #read = 0;
  total = NaN;

  access(access: Access): void {
    if (access.register === TPM_DATA_FIFO && access.direction === 'read') this.#read += access.dataLength;
    if (!isStatusRead(access)) return;
    if ((access.value & STS.dataAvail) === 0) this.total = this.#read > 0 ? this.#read : NaN;
    else if (access.dataLength >= 3 && burstCountOf(access.value) < FULL_BURST)
      this.total = this.#read + burstCountOf(access.value);
  }

  forget(): void {
    this.#read = 0;
    this.total = NaN;
  }
}

export const RESPONSE_SIZE: Rule = {
  id: 'response-size',
  binds: 'host',
  about: 'registers',
  title: 'As many bytes of a response are read as its header states',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.6]',
  begin: (tally) => {
    const offer = new Offer();
    return {
      access: (access) => {
        offer.access(access);
      },
      command: ({ response, statedSize, outcome, ended }) => {
        const { total } = offer;
        offer.forget();
        if (outcome === 'open' || response.length === 0) return;
        if (response.length === statedSize) tally.hold();
        else
          tally.breach(
            ended,
            () => `${response.length} bytes`,
            Number.isNaN(statedSize) ? 'a header of 10 bytes' : `${statedSize} bytes`,
            Number.isNaN(total) || total === statedSize ? 'host' : 'chip',
          );
      },
    };
  },
};

const MEDIUM = 750;
const LONG = 2000;
const VERY_LONG = 300_000;
const DEFAULT = 120_000;

/** The chip was seen to take 39 ms at most, and 43 ms more for what it had held back. [CHIP 8] */
const MEASURED = 150;

/** HierarchyControl, NV_Write, NV_WriteLock, Startup, Shutdown, NV_Read and PCR_Extend. [CHIP 8] */
const MEASURED_COMMANDS = [0x121, 0x137, 0x138, 0x144, 0x145, 0x14e, 0x182];

/** From tpmGo to dataAvail at most, in ms. Nobody measured the others on the chip: the driver's limit. [DRIVER 3.6] */
const DURATIONS_MS: ReadonlyMap<number, number> = new Map([
  ...MEASURED_COMMANDS.map((code) => [code, MEASURED] as const),
  ...[0x15c, 0x13e, 0x185, 0x186, 0x17a].map((code) => [code, MEDIUM] as const),
  ...[0x143, 0x17b, 0x129].map((code) => [code, LONG] as const),
  ...[0x177, 0x131, 0x153, 0x191].map((code) => [code, VERY_LONG] as const),
]);

export const COMMAND_DURATION: Rule = {
  id: 'command-duration',
  binds: 'chip',
  about: 'registers',
  title: 'dataAvail follows tpmGo within the duration of the command',
  limit: { most: VERY_LONG },
  unit: 'ms',
  source: '[CHIP 8] [DRIVER 3.6]',
  begin: (tally) => {
    /** The last status that showed no response: the chip was not done then. */
    let lastEmpty = NaN as Instant;
    let isWaiting = false;
    return {
      access: (access) => {
        if (access.offset !== TPM_STS) return;
        if (access.direction === 'write') {
          isWaiting = access.value === STS.tpmGo;
          if (isWaiting) lastEmpty = NaN as Instant;
        } else if (isWaiting && isStatusRead(access)) {
          if ((access.value & STS.dataAvail) === 0) lastEmpty = access.fall;
          else isWaiting = false;
        }
      },
      command: (exchange) => {
        const allowed = Math.min(
          DURATIONS_MS.get(exchange.code) ?? DEFAULT,
          tally.rule.limit.most ?? Infinity,
        );
        const seen = inMs(exchange.latency);
        if (Number.isNaN(seen)) return;
        // A host that looks rarely sees the response later than it was there.
        if (seen <= allowed || !(inMs(between(exchange.go, lastEmpty)) > allowed)) tally.hold();
        else
          tally.breach(
            exchange.available,
            () => `${Number(seen.toFixed(3))} ms for ${exchange.name}`,
            `at most ${allowed} ms`,
          );
      },
    };
  },
};
