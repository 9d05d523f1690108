import { createHash } from 'node:crypto';
import type { DriverCounters, HostDriver } from '../../driver/index.ts';
import type { AnyAct } from '../schema.ts';

/** What each act returned, or threw. */
export class SeenActs {
  readonly #ends = new Map<AnyAct, string>();

  returned(act: AnyAct, value: unknown): void {
    this.#ends.set(act, `returned ${textOf(value)}`);
  }

  threw(act: AnyAct, id: string): void {
    this.#ends.set(act, `threw ${id}`);
  }

  /**
   * Digest of everything that a test can have seen: the wires, by their digest, what each act returned or threw, and
   * what the drivers logged and counted. An expectation that failed once fails again when all of it is the same.
   */
  digest(wires: string, acts: readonly AnyAct[], drivers: readonly HostDriver[]): string {
    const hash = createHash('sha256').update(wires);
    for (const act of everyOne(acts)) hash.update(`\n${act.act} ${this.#ends.get(act) ?? 'did not end'}`);
    for (const { log, counters } of drivers) {
      for (const { level, device, text, at } of log) hash.update(`\n${level} ${device} ${text} ${at}`);
      hash.update(`\n${countsOf(counters)}`);
    }
    return hash.digest('hex');
  }
}

/** Acts that nothing comes back from. */
const SILENT: ReadonlySet<AnyAct['act']> = new Set([
  'note',
  'provoke',
  'provoke-end',
  'make-driver',
  'release-bus',
]);

/** Every act that is done, in the order of the procedure: those of callers and between actions of a driver too. */
function* everyOne(acts: readonly AnyAct[]): Generator<AnyAct> {
  for (const act of acts) {
    if (!SILENT.has(act.act)) yield act;
    if (act.act === 'together') yield* everyOne(act.callers.flat());
  }
}

/** Bytes and plain values say something; an object of the board or of a driver says nothing that can be compared. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return ['number', 'string', 'boolean'].includes(typeof value) ? String(value) : '';
}

const countsOf = ({
  accesses,
  wakePulses,
  waitBytes,
  readyWaits,
  commands,
  errors,
}: DriverCounters): string =>
  JSON.stringify([accesses, wakePulses, waitBytes, Object.entries(readyWaits), commands, [...errors]]);
