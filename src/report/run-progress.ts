import { showSeconds } from './terminal.ts';

/** So many tests have to end before the rest is estimated: the first ones open the rig. */
const MIN_FOR_ESTIMATE = 10;

/** How far a run has come, in one line. */
export class RunProgress {
  #done = 0;
  #name = '';
  #count = '';

  /** @param total number of planned tests @param elapsed milliseconds since the run began */
  constructor(
    private readonly total: number,
    private readonly elapsed: () => number,
  ) {}

  /** A test begins; `name` says which. */
  begin(name: string): void {
    this.#name = name;
    this.#count = '';
  }

  /** What the test that is under way counts, such as the runs of a soak. */
  count(text: string): void {
    this.#count = text;
  }

  end(): void {
    this.#done++;
  }

  /** `412/1197 in 1 min 5 s, about 2 min 4 s left: suite · driver · title, soak: 34 of 332 runs`. */
  show(): string {
    const ms = this.elapsed();
    const rest = this.#done < MIN_FOR_ESTIMATE ? undefined : (ms / this.#done) * (this.total - this.#done);
    return [
      `${this.#done}/${this.total} in ${showSeconds(ms)}`,
      rest === undefined ? '' : `, about ${showSeconds(rest)} left`,
      this.#name === '' ? '' : `: ${this.#name}`,
      this.#count === '' ? '' : `, ${this.#count}`,
    ].join('');
  }
}
