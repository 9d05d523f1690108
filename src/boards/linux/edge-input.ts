import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Edge, EdgeSource, EdgeWatch, LineName } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { later, ms } from '../../units/index.ts';
import type { GpioLine } from './gpio.ts';

/**
 * An input whose edges come through onoff: stamped when Node is told, not when they happened, and lost when a pulse is
 * shorter than that takes. Good enough to pace a driver, not to measure a pulse.
 */
export class EdgeInput implements EdgeSource {
  readonly uncertainty: Duration = ms(1);
  #isAsserted: boolean;
  readonly #observers = new Set<(edge: Edge, at: Instant) => void>();

  constructor(
    readonly name: LineName,
    private readonly line: GpioLine,
    private readonly clock: Clock,
  ) {
    this.#isAsserted = line.readSync() === 1;
    line.watch((error, value) => {
      if (!error) this.#changed(value === 1);
    });
  }

  get isAsserted(): boolean {
    return this.#isAsserted;
  }

  arm(edge: Edge): EdgeWatch {
    const edges: Instant[] = [];
    const stop = this.observe((seen, at) => {
      if (seen === edge) edges.push(at);
    });
    return {
      take: () => edges.shift(),
      next: async (limit) => {
        const end = later(this.clock.now(), limit);
        while (edges.length === 0 && this.clock.now() < end) await turn();
        return edges.shift();
      },
      close: stop,
    };
  }

  observe(observer: (edge: Edge, at: Instant) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  close(): void {
    this.line.unwatch();
    this.line.unexport();
  }

  /** A callback says that something changed, and what the line is now: the edge between two equal levels was lost. */
  #changed(isAsserted: boolean): void {
    const at = this.clock.now();
    if (isAsserted === this.#isAsserted) this.#tell(isAsserted ? 'deasserted' : 'asserted', at);
    this.#isAsserted = isAsserted;
    this.#tell(isAsserted ? 'asserted' : 'deasserted', at);
  }

  #tell(edge: Edge, at: Instant): void {
    for (const observer of this.#observers) observer(edge, at);
  }
}
