import { Inbox } from '../inbox.ts';

/** Numbers of rigs/remote/agent/protocol.h. */
export const OP = {
  hello: 0,
  open: 1,
  close: 2,
  read: 3,
  write: 4,
  poll: 5,
  list: 6,
  run: 7,
  readAt: 8,
  sleep: 9,
  mark: 10,
  undo: 11,
  seekEnd: 12,
  ping: 200,
  acknowledge: 201,
  bye: 202,
  asleep: 203,
} as const;

/** Version of the messages; an agent of another one is refused. */
export const VERSION = 1;
/** Size of a session's token, in bytes. */
export const TOKEN_SIZE = 16;
/** Maximum number of bytes in a body, either way; an answer of some calls adds up to 64 of its own. */
export const MAX_BODY = 1 << 16;
const MAX_ANSWER = MAX_BODY + 64;
const HEAD_SIZE = 12;

/** What the agent answers. Number 0: the result is the op that is answered. */
export interface Answer {
  readonly number: number;
  readonly result: number;
  readonly body: Buffer;
}

/** A message to the agent: numbers of 32 bits, then bytes. */
export function messageOf(
  number: number,
  op: number,
  numbers: readonly number[],
  bytes: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9 + 4 * numbers.length);
  head.writeUInt32LE(head.length - 4 + bytes.length, 0);
  head.writeUInt32LE(number, 4);
  head.writeUInt8(op, 8);
  numbers.forEach((value, index) => head.writeInt32LE(value | 0, 9 + 4 * index));
  return Buffer.concat([head, bytes]);
}

/** Texts, each ended by a zero. */
export const textsOf = (...texts: readonly string[]): Buffer =>
  Buffer.from(texts.map((text) => `${text}\0`).join(''));

/** The answers in a stream of bytes. */
export class AnswerReader {
  readonly #inbox = new Inbox();

  /** The answers that are whole now. @returns a text when the stream is none of an agent */
  take(bytes: Uint8Array): readonly Answer[] | string {
    this.#inbox.add(bytes);
    const answers: Answer[] = [];
    while (this.#inbox.length >= HEAD_SIZE) {
      const head = this.#inbox.peek(HEAD_SIZE);
      const end = 4 + head.readUInt32LE(0);
      if (end < HEAD_SIZE || end > HEAD_SIZE + MAX_ANSWER) return `an answer of ${end} bytes`;
      if (this.#inbox.length < end) break;
      const body = Buffer.from(this.#inbox.peek(end).subarray(HEAD_SIZE));
      answers.push({ number: head.readUInt32LE(4), result: head.readInt32LE(8), body });
      this.#inbox.drop(end);
    }
    return answers;
  }
}
