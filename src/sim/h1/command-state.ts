import { Fifo, FIFO_SIZE } from './fifo.ts';
import type { FirmwareTraits } from './versions.ts';

/** Where the chip stands with a command. [CHIP 4.3] */
export type CommandPhase = 'idle' | 'ready' | 'reception' | 'execution' | 'completion';

type Reaction = 'ignore' | 'to idle' | 'to ready' | 'execute' | 'rewind';

/** What a write of one bit to TPM_STS does in each phase. [CHIP 4.3] */
const REACTIONS: Readonly<
  Record<CommandPhase, Readonly<Record<'commandReady' | 'tpmGo' | 'responseRetry', Reaction>>>
> = {
  idle: { commandReady: 'to ready', tpmGo: 'ignore', responseRetry: 'ignore' },
  ready: { commandReady: 'to ready', tpmGo: 'ignore', responseRetry: 'ignore' },
  reception: { commandReady: 'to idle', tpmGo: 'execute', responseRetry: 'ignore' },
  execution: { commandReady: 'to idle', tpmGo: 'ignore', responseRetry: 'ignore' },
  completion: { commandReady: 'to idle', tpmGo: 'ignore', responseRetry: 'rewind' },
};

const COMMAND_READY = 0x40;
const TPM_GO = 0x20;
const DATA_AVAIL = 0x10;
const EXPECT = 0x08;
const RESPONSE_RETRY = 0x02;

/** Family TPM 2.0 and stsValid, always. [CHIP 4.3] */
const STS_ALWAYS = 0x04000080;

/** The most that burstCount ever tells. [CHIP 4.3] */
const MAX_BURST = 63;

/** TPM_STS and TPM_DATA_FIFO: the command state machine as the chip has it, departures from the standard included. */
export class CommandState {
  readonly fifo = new Fifo();
  #phase: CommandPhase = 'idle';
  #flags = 0;
  #burst = MAX_BURST;
  #always = STS_ALWAYS;

  constructor(
    private readonly traits: FirmwareTraits,
    /** A command is to be executed. */
    private readonly go: () => void,
  ) {}

  get phase(): CommandPhase {
    return this.#phase;
  }

  get sts(): number {
    return this.#always | (this.#burst << 8) | this.#flags;
  }

  /** dataAvail is set. */
  get hasResponse(): boolean {
    return (this.#flags & DATA_AVAIL) !== 0;
  }

  /** A TPM that is not initialised tells neither family nor stsValid, nor a burstCount at first. [CHIP 6] */
  reset(isUninitialised: boolean): void {
    this.#phase = 'idle';
    this.#flags = 0;
    this.#burst = isUninitialised ? 0 : MAX_BURST;
    this.#always = isUninitialised ? 0 : STS_ALWAYS;
    this.fifo.clear();
    this.fifo.bytes.fill(0);
  }

  /** `value` is what was written over up to four bytes; anything but exactly one known bit is ignored. */
  writeSts(value: number): void {
    const reactions = REACTIONS[this.#phase];
    if (value === COMMAND_READY) this.#react(reactions.commandReady);
    else if (value === TPM_GO) this.#react(reactions.tpmGo);
    else if (value === RESPONSE_RETRY) this.#react(reactions.responseRetry);
  }

  /** The host released its locality. */
  release(): void {
    this.#becomeIdle();
    if (!this.traits.keepsCommandReadyOnRelease) this.#flags &= ~COMMAND_READY;
  }

  writeFifo(from: Uint8Array, at: number, size: number): void {
    const { fifo } = this;
    if (this.#phase === 'ready') this.#phase = 'reception';
    if (this.#phase !== 'reception') return;
    if (!fifo.hasRoomFor(size)) {
      fifo.dropWritten();
      this.#phase = 'ready';
      return;
    }
    fifo.append(from, at, size);
    const { commandSize } = fifo;
    if (commandSize === undefined || fifo.written < commandSize) this.#flags |= EXPECT;
    else this.#flags &= ~EXPECT;
  }

  readFifo(into: Uint8Array, at: number, size: number): void {
    const { fifo } = this;
    fifo.take(into, at, size);
    if (fifo.isEmpty) {
      this.#flags &= ~(DATA_AVAIL | COMMAND_READY);
      this.#burst = MAX_BURST;
    } else {
      this.#burst = Math.min(fifo.left, MAX_BURST);
    }
  }

  /** The TPM task has the response. One of no bytes, or too many, never becomes available. */
  complete(response: Uint8Array): void {
    if (response.length === 0 || response.length > FIFO_SIZE) return;
    this.fifo.putResponse(response);
    this.#phase = 'completion';
    this.#flags |= DATA_AVAIL;
    this.#burst = Math.min(response.length, MAX_BURST);
  }

  #react(reaction: Reaction): void {
    switch (reaction) {
      case 'ignore':
        return;
      case 'to ready':
        this.#phase = 'ready';
        this.#flags |= COMMAND_READY;
        return;
      case 'to idle':
        this.#becomeIdle();
        this.#flags &= ~COMMAND_READY;
        return;
      case 'execute':
        this.#phase = 'execution';
        this.go();
        return;
      case 'rewind':
        this.fifo.rewind();
        return;
    }
  }

  #becomeIdle(): void {
    this.#phase = 'idle';
    this.fifo.clear();
    if (this.traits.keepsDataAvailOnAbort) return;
    this.#flags &= ~DATA_AVAIL;
    this.#burst = MAX_BURST;
  }
}
