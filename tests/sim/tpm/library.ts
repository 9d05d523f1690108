import type { LibraryProfile } from '../../../src/sim/index.ts';
import { BuiltInTpm, DEFAULT_PROFILE, Random } from '../../../src/sim/index.ts';
import { BEGINNING } from '../../../src/units/index.ts';

/** A TPM library whose commands and responses are hexadecimal, blanks allowed. */
export class Library {
  now = BEGINNING;
  readonly #tpm: BuiltInTpm;

  /** Of 0.5.4, or of another release. */
  constructor(profile: LibraryProfile = DEFAULT_PROFILE) {
    this.#tpm = new BuiltInTpm({ random: new Random(1), now: () => this.now, profile });
  }

  send(command: string): string {
    return Buffer.from(
      this.#tpm.execute(Uint8Array.from(Buffer.from(command.replaceAll(' ', ''), 'hex'))),
    ).toString('hex');
  }

  /** TPM_RST_L. */
  reset(): void {
    this.#tpm.reset();
  }

  powerCycle(): void {
    this.#tpm.powerCycle(DEFAULT_PROFILE);
  }
}

export const STARTUP_CLEAR = '8001 0000000c 00000144 0000';
export const STARTUP_STATE = '8001 0000000c 00000144 0001';
export const SHUTDOWN_STATE = '8001 0000000c 00000145 0001';
export const SUCCESS = '80010000000a00000000';

/** An error response: header only. [TPM2 Part 3, 5.2] */
export const refusal = (code: number): string => `80010000000a${code.toString(16).padStart(8, '0')}`;

/** One that was started. */
export function startedLibrary(profile: LibraryProfile = DEFAULT_PROFILE): Library {
  const library = new Library(profile);
  library.send(STARTUP_CLEAR);
  return library;
}

/** The empty password session that a command with authorization carries. [TPM2 Part 1, 19.4] */
export const PASSWORD = '00000009 40000009 0000 00 0000';

/** `pcr` read from one bank, as the digest alone. [TPM2 Part 3, 22.4] */
export function readPcr(library: Library, pcr: number, hash: '0004' | '000b' | '000c' | '000d'): string {
  const select = Buffer.alloc(3);
  select[pcr >> 3] = 1 << (pcr & 7);
  const response = library.send(`8001 00000014 0000017e 00000001 ${hash} 03 ${select.toString('hex')}`);
  return response.slice(-{ '0004': 40, '000b': 64, '000c': 96, '000d': 128 }[hash]);
}

const word = (value: number): string => value.toString(16).padStart(8, '0');
const bare = (text: string): string => text.replaceAll(' ', '');

/** A command from its code, handles, sessions and parameters; with the tag and the size that they ask for. */
export function command(code: number, { handles = '', sessions = '', parameters = '' } = {}): string {
  const body = bare(handles + sessions + parameters);
  return `${sessions === '' ? '8001' : '8002'}${word(10 + body.length / 2)}${word(code)}${body}`;
}

/** The response code of a response. */
export const codeOf = (response: string): number => Number.parseInt(response.slice(12, 20), 16);
