import { inMs } from '../../units/index.ts';
import type { Rule } from './rule.ts';

export const RESPONSE_SIZE: Rule = {
  id: 'response-size',
  binds: 'chip',
  title: 'As many bytes of a response are read as its header states',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.6]',
  begin: (tally) => ({
    command: ({ response, statedSize, outcome, ended }) => {
      if (outcome === 'open' || response.length === 0) return;
      if (response.length === statedSize) tally.hold();
      else
        tally.breach(
          ended,
          () => `${response.length} bytes`,
          Number.isNaN(statedSize) ? 'a header of 10 bytes' : `${statedSize} bytes`,
        );
    },
  }),
};

const MEDIUM = 750;
const LONG = 2000;
const VERY_LONG = 300_000;
const DEFAULT = 120_000;

/** From tpmGo to dataAvail at most, in ms. [DRIVER 3.6] */
const DURATIONS_MS: ReadonlyMap<number, number> = new Map([
  ...[0x144, 0x15c, 0x13e, 0x185, 0x186, 0x182, 0x17a].map((code) => [code, MEDIUM] as const),
  ...[0x143, 0x17b, 0x121, 0x129, 0x14e].map((code) => [code, LONG] as const),
  ...[0x177, 0x131, 0x153, 0x191].map((code) => [code, VERY_LONG] as const),
]);

export const COMMAND_DURATION: Rule = {
  id: 'command-duration',
  binds: 'chip',
  title: 'dataAvail follows tpmGo within the duration of the command',
  limit: { most: VERY_LONG },
  unit: 'ms',
  source: '[DRIVER 3.6]',
  begin: (tally) => ({
    command: (exchange) => {
      const allowed = Math.min(DURATIONS_MS.get(exchange.code) ?? DEFAULT, tally.rule.limit.most ?? Infinity);
      const seen = inMs(exchange.latency);
      if (Number.isNaN(seen)) return;
      if (seen <= allowed) tally.hold();
      else
        tally.breach(
          exchange.available,
          () => `${Number(seen.toFixed(3))} ms for ${exchange.name}`,
          `at most ${allowed} ms`,
        );
    },
  }),
};
