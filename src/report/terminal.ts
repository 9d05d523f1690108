/** Output for a person. Colours and the line that is overwritten are used only on an interactive terminal. */
export class Terminal {
  readonly isLive: boolean;
  #hasLiveLine = false;

  constructor(private readonly stream: NodeJS.WriteStream) {
    // The reader of a pipe may end early, as `head` does, and a terminal may be closed. The run goes on.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
    this.isLive = stream.isTTY && process.env['NO_COLOR'] === undefined;
  }

  line(text = ''): void {
    this.#clear();
    this.stream.write(`${text}\n`);
  }

  /** Shows `text` until the next line comes. On a terminal that is not interactive it shows nothing. */
  live(text: string): void {
    if (!this.isLive) return;
    this.#clear();
    this.stream.write(text.slice(0, (this.stream.columns || 80) - 1));
    this.#hasLiveLine = true;
  }

  good = (text: string): string => this.#paint(text, 32);
  bad = (text: string): string => this.#paint(text, 31);
  faint = (text: string): string => this.#paint(text, 2);
  strong = (text: string): string => this.#paint(text, 1);

  #paint(text: string, code: number): string {
    return this.isLive ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  #clear(): void {
    if (!this.#hasLiveLine) return;
    this.stream.write('\r\u001b[K');
    this.#hasLiveLine = false;
  }
}

/** `0.4 s`, `2 min 5 s`, `28 h 3 min`. */
export function showSeconds(ms: number): string {
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.round(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
