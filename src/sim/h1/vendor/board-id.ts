import type { BoardRestriction } from '../update/header.ts';

const BLANK = 0xffffffff;

/** The board ID in the chip's one-time-programmable space: blank, or written once. [CHIP 5.2] */
export class BoardId {
  #type = BLANK;
  #inverse = BLANK;
  #flags = BLANK;

  /** What GET_BOARD_ID answers: type, inverse type, flags. */
  get words(): readonly number[] {
    return [this.#type, this.#inverse, this.#flags];
  }

  get isBlank(): boolean {
    return this.isTypeBlank && this.#flags === BLANK;
  }

  get isTypeBlank(): boolean {
    return this.#type === BLANK && this.#inverse === BLANK;
  }

  get flags(): number {
    return this.#flags;
  }

  /** The type stays blank and can be set later. [CHIP 5.2] */
  setFlags(flags: number): void {
    this.#flags = flags;
  }

  set(type: number, flags: number): void {
    this.#type = type;
    this.#inverse = ~type >>> 0;
    this.#flags = flags;
  }

  /** Whether an image with this restriction may run here; a blank board ID takes all. */
  allows(boards: BoardRestriction): boolean {
    return this.isBlank || this.#fits(boards);
  }

  /** Whether it might if the board ID were another one. */
  static wouldAllow(type: number, flags: number, boards: BoardRestriction): boolean {
    const candidate = new BoardId();
    candidate.set(type, flags);
    return candidate.allows(boards);
  }

  #fits({ type, mask, flags }: BoardRestriction): boolean {
    if ((flags & this.#flags) >>> 0 !== flags) return false;
    if (this.isTypeBlank) return true;
    return (((type ^ this.#type) | (type ^ ~this.#inverse)) & mask) === 0;
  }
}
