import { hex } from './fields.ts';

/** A TPM under test, or its witness. */
export interface Tpm {
  execute(command: Uint8Array): Uint8Array;
}

/** A response taken apart. */
export interface Answer {
  readonly code: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** A command from its parts; the size is right unless `off` is added to it. */
export function frame(tag: number, code: number, body: Uint8Array, off = 0): Uint8Array {
  const head = hex(`${tag.toString(16).padStart(4, '0')}${word(10 + body.length + off)}${word(code)}`);
  return Buffer.concat([head, body]);
}

/** Handles as bytes. */
export const handleBytes = (handles: readonly number[]): Uint8Array => hex(handles.map(word).join(''));

/** One TPM with what it has made so far. */
export class Side {
  readonly made = new Map<string, Uint8Array>();

  constructor(readonly tpm: Tpm) {}

  send(command: Uint8Array): Answer {
    const bytes = this.tpm.execute(Uint8Array.from(command));
    const view = Buffer.from(bytes);
    return { code: view.length < 10 ? -1 : view.readUInt32BE(6), length: view.length, bytes };
  }

  /** The response of a command that has to succeed. @throws Error when it does not. */
  must(command: Uint8Array, what: string): Buffer {
    const { code, bytes } = this.send(command);
    if (code !== 0) throw new Error(`${what}: response code 0x${code.toString(16)}`);
    return Buffer.from(bytes);
  }
}

/** The area of one empty password for each of `count` authorizations. */
export const passwords = (count: number, ...rest: readonly string[]): Uint8Array => {
  const each = [...Array.from({ length: count }, () => '40000009 0000 00 0000'), ...rest].join('');
  return hex(`${word(hex(each).length)}${each}`);
};
