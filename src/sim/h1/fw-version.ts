import type { FirmwareVersion } from './versions.ts';

/** The chip's buffer for the text, the terminating NUL included. [CHIP 4.5] */
const BUFFER_SIZE = 80;

/** Build strings known from real chips; another version gets one that says it is simulated. [CHIP 4.5] */
const BUILDS: Readonly<Record<string, string>> = {
  '0.5.4': 'cr50_v1.9308_87_mp.450-b5fdbf3c',
};

/** The RO image that runs, and where both images lie. */
export interface RunningImages {
  readonly ro: { readonly name: string; readonly version: string; readonly checksum: number };
  readonly rw: { readonly name: string };
}

/** What TPM_FW_VER tells: chip and board revision, the running RO and RW images and their builds. [CHIP 4.5] */
export function versionText(version: FirmwareVersion, { ro, rw }: RunningImages): string {
  const build = BUILDS[version.text] ?? 'cr50_v1.0_simulated';
  const checksum = ro.checksum.toString(16).padStart(8, '0');
  const text = `B2-C:0 ${ro.name}:${ro.version}/${checksum} ${rw.name}:${version.text}/${build}`;
  return text.slice(0, BUFFER_SIZE - 1);
}

/** TPM_FW_VER as a stream: reads go on where the last one ended and stick at the end; any write goes back. [CHIP 4.5] */
export class FwVersionStream {
  #at = 0;

  constructor(public text: string) {}

  rewind(): void {
    this.#at = 0;
  }

  read(into: Uint8Array, at: number, size: number): void {
    const { text } = this;
    for (let i = at; i < at + size; i++) into[i] = this.#at < text.length ? text.charCodeAt(this.#at++) : 0;
  }
}
