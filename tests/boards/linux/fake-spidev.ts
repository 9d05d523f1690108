import type { SpiHandle, Transfer } from '../../../src/boards/linux/spi-handle.ts';

/** What the wires of a fake spidev saw: CS, and the bytes under it. */
export class FakeSpidev implements SpiHandle {
  /** One string a CS assertion: bytes in hexadecimal, `_` and a number for a pause in us. */
  readonly frames: string[] = [];
  readonly messages: number[] = [];
  isSelected = false;
  isClosed = false;
  /** What the chip answers to the byte at this index of the frame. */
  answer: (index: number, sent: number) => number = () => 0;
  /** Error number by index of the message. */
  fails = new Map<number, number>();
  #index = 0;

  transferSync(message: Transfer[]): this {
    const failure = this.fails.get(this.messages.length);
    this.messages.push(message.length);
    if (failure !== undefined) {
      this.isSelected = false;
      throw Object.assign(new Error('failed'), { errno: failure });
    }
    message.forEach((transfer, at) => {
      this.#select();
      this.#clock(transfer);
      const isLast = at === message.length - 1;
      // spidev: the flag on the last transfer keeps CS, on any other it drops CS before the next.
      const isFlagged = transfer.chipSelectChange === true;
      this.isSelected = isLast ? isFlagged : !isFlagged;
    });
    return this;
  }

  closeSync(): void {
    this.isClosed = true;
  }

  #select(): void {
    if (this.isSelected) return;
    this.isSelected = true;
    this.#index = 0;
    this.frames.push('');
  }

  #clock({ byteLength, sendBuffer, receiveBuffer, microSecondDelay }: Transfer): void {
    const words: string[] = [];
    for (let i = 0; i < byteLength; i++) {
      const sent = sendBuffer?.[i] ?? 0;
      words.push(sent.toString(16).padStart(2, '0'));
      const received = this.answer(this.#index++, sent);
      if (receiveBuffer) receiveBuffer[i] = received;
    }
    if (microSecondDelay !== undefined) words.push(`_${microSecondDelay}`);
    const last = this.frames.length - 1;
    this.frames[last] = [this.frames[last]!, ...words].filter((word) => word !== '').join(' ');
  }
}
