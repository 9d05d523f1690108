import { Duplex } from 'node:stream';
import { RigController } from '../../../src/boards/controller/index.ts';
import type { ByteLink } from '../../../src/boards/controller/index.ts';
import { EmulatedController } from '../../../src/boards/emulated-controller/index.ts';

const WHOLE_LINE = /^[^\n]*\n/;
/** Enough for the longest answer, and for a number to be kept. */
const LINE_US = 60_000;

/** The rig controller's committed image, as many clients at once may reach it through a network serial port. */
export class EmulatedInstrument {
  readonly controller = new EmulatedController();
  #answer = '';
  /** The number of each line that was obeyed, in their order. */
  readonly obeyed: number[] = [];

  constructor() {
    this.controller.onByte = (byte) => (this.#answer += String.fromCharCode(byte));
    this.controller.run(1000);
  }

  /** @param check throws when the rig is not the caller's any more */
  open(check: () => Promise<void>): Promise<RigController> {
    return RigController.start(this.#link(), 'tcp://bench:1', { token: 'lab', check });
  }

  #link(): ByteLink {
    let text = '';
    const stream = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _, done) => {
        text += bytes.toString('latin1');
        for (let line = WHOLE_LINE.exec(text); line !== null; line = WHOLE_LINE.exec(text)) {
          text = text.slice(line[0].length);
          const answer = this.#say(line[0]);
          setImmediate(() => stream.push(answer));
        }
        done();
      },
    });
    return {
      stream,
      close: () => {
        stream.destroy();
        return Promise.resolve();
      },
    };
  }

  #say(line: string): string {
    this.#answer = '';
    this.controller.send(line);
    this.controller.run(LINE_US);
    const lease = /^LEAS (\d+);/.exec(line)?.[1];
    if (lease !== undefined && this.#answer.trimEnd().endsWith('0,"No error"'))
      this.obeyed.push(Number(lease));
    return this.#answer;
  }
}
