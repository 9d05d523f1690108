import type { Edge, EdgeSource, EdgeWatch, LineName } from '../../board/index.ts';
import { EdgesLost } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { between, later } from '../../units/index.ts';
import type { EdgeListener, Gpio, InputPin } from './gpio.ts';
import type { HostClock } from './host-clock.ts';
import type { ReadyLineOptions } from './options.ts';

/** An input of this host as a source of edges. */
export class EdgeInput implements EdgeSource, EdgeListener {
  readonly tellsEnds = false;
  #observers: ((edge: Edge, at: Instant) => void)[] = [];
  readonly #pin: InputPin;
  readonly #uncertainty: Duration;
  #lost = 0;

  /** @throws LineMissing */
  constructor(
    readonly name: LineName,
    gpio: Gpio,
    line: ReadyLineOptions,
    private readonly clock: HostClock,
  ) {
    this.#pin = gpio.openInput(name, line, clock, this);
    // Only the kernel's stamps can have been measured; of others there is no bound.
    const measured = gpio.kind === 'cdev' ? line.stampsWithin : undefined;
    this.#uncertainty = measured ?? this.#pin.uncertainty;
  }

  get uncertainty(): Duration {
    return this.#uncertainty;
  }

  get isAsserted(): boolean {
    return this.#pin.isAsserted;
  }

  arm(edge: Edge): EdgeWatch {
    this.collect();
    return new Watch(edge, this, this.#pin, this.clock);
  }

  observe(observer: (edge: Edge, at: Instant) => void): () => void {
    this.#observers.push(observer);
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }

  /** Passes on what came until now. */
  collect(): void {
    this.#pin.collect();
  }

  asserted(at: Instant): void {
    for (const observer of this.#observers) observer('asserted', at);
  }

  lost(count: number): void {
    this.#lost += count;
  }

  /** @throws EdgesLost when edges were lost and nobody was told yet */
  close(): void {
    this.#pin.close();
    this.sayLost();
  }

  /** @throws EdgesLost */
  sayLost(): void {
    if (this.#lost === 0) return;
    const count = this.#lost;
    this.#lost = 0;
    throw new EdgesLost(this.name, count);
  }
}

/** What one driver waits for. */
class Watch implements EdgeWatch {
  readonly #edges: Instant[] = [];
  readonly #stop: () => void;

  constructor(
    edge: Edge,
    private readonly input: EdgeInput,
    private readonly pin: InputPin,
    private readonly clock: HostClock,
  ) {
    this.#stop = input.observe((seen, at) => {
      if (seen === edge) this.#edges.push(at);
    });
  }

  take(): Instant | undefined {
    this.input.collect();
    this.input.sayLost();
    return this.#edges.shift();
  }

  async next(limit: Duration): Promise<Instant | undefined> {
    const end = later(this.clock.now(), limit);
    for (;;) {
      const taken = this.take();
      const left = between(this.clock.now(), end);
      if (taken !== undefined || left <= 0) return taken;
      await this.pin.pause(left);
    }
  }

  close(): void {
    this.#stop();
  }
}
