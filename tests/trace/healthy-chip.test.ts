import { expect, test } from '@playwright/test';
import type { SpiStep } from '../../src/board/index.ts';
import { WaitStateTimeout } from '../../src/board/index.ts';
import { SimBoard } from '../../src/boards/sim/index.ts';
import type { TracedBoard } from '../../src/boards/traced.ts';
import { traced } from '../../src/boards/traced.ts';
import { powerUp, pulseReset } from '../../src/host/index.ts';
import { Random } from '../../src/sim/index.ts';
import { judgeTrace, RULES, showViolation, TraceRecorder } from '../../src/trace/index.ts';
import type { Duration } from '../../src/units/index.ts';
import { ms, seconds, us } from '../../src/units/index.ts';

/** From the oldest release that has a ready pulse on SPI in use to the newest. [CHIP 7] */
const VERSIONS = ['0.3.9', '0.3.22', '0.4.13', '0.5.4', '0.5.9', '0.5.100', '0.5.280'];
const SEEDS = 20;
const ACTS = 150;

/** Registers that there are, and some that are not. [CHIP 4.1] */
const REGISTERS = [
  0x000, 0x014, 0x018, 0x018, 0x018, 0x019, 0x024, 0x024, 0x024, 0x080, 0xf00, 0xf04, 0xf90, 0xfe0, 0x100,
];
const GET_RANDOM = [0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x7b, 0, 40];
const STARTUP = [0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x44, 0, 0];

/** A host that knows the bus and keeps to nothing. */
class UnrulyHost {
  constructor(
    private readonly board: TracedBoard,
    private readonly random: Random,
  ) {}

  async act(): Promise<void> {
    switch (this.random.integer(0, 11)) {
      case 0:
        return this.#rest();
      case 1:
        await this.board.spi.transaction([{ kind: 'delay', duration: us(this.random.integer(1, 400)) }]);
        return;
      case 2:
        return this.#bytes();
      case 3:
        return this.#rarely(() => pulseReset(this.board));
      case 4:
        return this.#rarely(() => this.#powerCycle());
      case 5:
      case 6:
        return this.#command(this.#pick([GET_RANDOM, STARTUP]));
      default:
        return this.#frame();
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.random.integer(0, from.length - 1)]!;
  }

  async #rarely(act: () => Promise<unknown>): Promise<void> {
    if (this.random.integer(0, 4) === 0) await act();
  }

  async #rest(): Promise<void> {
    const time = this.#pick<Duration>([us(3), us(40), us(300), ms(3), ms(200), ms(1200), seconds(30)]);
    await this.board.clock.sleep(time);
  }

  async #powerCycle(): Promise<void> {
    await this.board.power?.off();
    await this.board.clock.sleep(ms(this.random.integer(1, 200)));
    await powerUp(this.board);
  }

  /** Bytes that may make no frame. */
  async #bytes(): Promise<void> {
    const bytes = Uint8Array.from({ length: this.random.integer(1, 90) }, () => this.random.integer(0, 255));
    await this.board.spi.transaction([{ kind: 'exchange', bytes }]);
    await this.#pause();
  }

  async #frame(): Promise<void> {
    const size = this.#pick([1, 1, 2, 4, 4, 10, 63, 64]);
    const register = this.#pick(REGISTERS);
    if (this.random.integer(0, 1) === 0) return this.#read(register, size);
    const bits = [0x40, 0x40, 0x20, 0x02, 0x00, 0xff];
    const data = Array.from({ length: size }, (_, at) =>
      at === 0 ? this.#pick(bits) : this.random.integer(0, 255),
    );
    return this.#write(register, register === 0x18 ? data.slice(0, 1) : data);
  }

  async #command(bytes: readonly number[]): Promise<void> {
    await this.#write(0x000, [0x02]);
    await this.#write(0x018, [0x40]);
    await this.#write(0x018, [0x40]);
    await this.#write(0x024, bytes);
    await this.#write(0x018, [0x20]);
    if (this.random.integer(0, 2) > 0) await this.board.clock.sleep(ms(this.random.integer(1, 400)));
    await this.#read(0x018, 4);
    if (this.random.integer(0, 3) > 0) await this.#read(0x024, this.#pick([1, 10, 20, 52, 60, 64]));
    await this.#read(0x018, 4);
  }

  #read = (register: number, size: number): Promise<void> =>
    this.#transaction(0x80, register, size, { kind: 'read', size });

  #write = (register: number, data: readonly number[]): Promise<void> =>
    this.#transaction(0, register, data.length, { kind: 'write', bytes: Uint8Array.from(data) });

  async #transaction(direction: number, register: number, size: number, data: SpiStep): Promise<void> {
    const header = Uint8Array.of(direction | (size - 1), 0xd4, register >> 8, register & 0xff);
    const poll: SpiStep = { kind: 'poll', mask: 1, value: 1, limit: ms(100), timeoutFirst: false };
    try {
      await this.board.spi.transaction([{ kind: 'exchange', bytes: header }, poll, data]);
    } catch (failure) {
      if (!(failure instanceof WaitStateTimeout)) throw failure;
    }
    await this.#pause();
  }

  /** Mostly as long as the chip needs; sometimes not. */
  async #pause(): Promise<void> {
    await this.board.clock.sleep(us(this.#pick([3000, 3000, 3000, 3000, 500, 30, 0])));
  }
}

for (const firmware of VERSIONS)
  test(`a healthy chip with Cr50 ${firmware} breaks none of its rules, whatever the host does`, async () => {
    const broken: string[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const recorder = new TraceRecorder();
      const board = traced(new SimBoard({ seed, firmware, unknownVersion: 'allow' }), recorder);
      await powerUp(board);
      const host = new UnrulyHost(board, new Random(seed));
      for (let act = 0; act < ACTS; act++) await host.act();
      await board.close();
      const { violations } = judgeTrace(recorder, RULES, { watched: ['INT_AP_L', 'TPM_RST_L'] });
      const [first] = violations.filter(({ by }) => by !== 'host');
      if (first !== undefined) broken.push(`seed ${seed}: ${showViolation(first)}`);
    }
    expect(broken).toEqual([]);
  });
