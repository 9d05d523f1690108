import type { HostFiles } from '../../src/board/index.ts';

const ENOENT = -2;
const EAGAIN = -11;
const ENODEV = -19;

/** A kernel's files in memory, as far as SPI drivers, a TPM device and the kernel log are concerned. */
export class FakeKernel implements HostFiles {
  /** What was written where, in order. */
  readonly written: string[] = [];
  readonly log: string[] = [];
  readonly drivers = new Map<string, Set<string>>([
    ['tpm_tis_spi', new Set()],
    ['spidev', new Set()],
  ]);
  /** Answers of /dev/tpm0, in order. */
  readonly answers: Uint8Array[] = [];
  readonly texts = new Map<string, string>([['/proc/version', 'Linux version 6.6.20 (builder@host) #1 SMP']]);
  /** Error number of the next bind. */
  refusal = 0;
  readonly #open = new Map<number, { path: string; at: number }>();
  #next = 3;

  async open(path: string): Promise<number> {
    const isThere =
      path === '/dev/kmsg' ||
      path === '/dev/tpm0' ||
      path.endsWith('/driver_override') ||
      this.#bound(path) !== undefined ||
      this.texts.has(path);
    if (!isThere) return ENOENT;
    this.#open.set(++this.#next, { path, at: 0 });
    return this.#next;
  }

  async close(descriptor: number): Promise<number> {
    this.#open.delete(descriptor);
    return 0;
  }

  async read(descriptor: number): Promise<Uint8Array | number> {
    const file = this.#open.get(descriptor)!;
    if (file.path === '/dev/kmsg')
      return file.at < this.log.length ? Buffer.from(this.log[file.at++]!) : EAGAIN;
    if (file.path === '/dev/tpm0') return this.answers.shift() ?? new Uint8Array(0);
    if (file.at++ > 0) return new Uint8Array(0);
    return Buffer.from(this.texts.get(file.path) ?? '');
  }

  async readAt(descriptor: number): Promise<Uint8Array | number> {
    return this.read(descriptor);
  }

  async write(descriptor: number, bytes: Uint8Array): Promise<number> {
    const { path } = this.#open.get(descriptor)!;
    const text = Buffer.from(bytes).toString();
    if (path === '/dev/kmsg') this.log.push(`15,1,5000000,-;${text.replace(/^<7>/, '')}`);
    else if (path !== '/dev/tpm0')
      this.written.push(`${path.replace('/sys/bus/spi/', '')} ${JSON.stringify(text)}`);
    const bound = this.#bound(path);
    if (path.endsWith('/unbind') && bound?.delete(text) === false) return ENODEV;
    if (path.endsWith('/bind')) {
      if (this.refusal !== 0) return this.refusal;
      bound?.add(text);
    }
    return bytes.length;
  }

  async poll(): Promise<number> {
    return 0;
  }

  async list(path: string): Promise<readonly string[] | number> {
    const bound = this.#bound(`${path}/bind`);
    return bound === undefined ? ENOENT : ['bind', 'unbind', 'uevent', ...bound];
  }

  async run(): Promise<{ status: number; output: string }> {
    return { status: 127, output: '' };
  }

  #bound(path: string): Set<string> | undefined {
    const name = /^\/sys\/bus\/spi\/drivers\/([^/]+)\/(?:un)?bind$/.exec(path)?.[1];
    return name === undefined ? undefined : this.drivers.get(name);
  }
}
