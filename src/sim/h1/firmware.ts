import type { FirmwareTraits, FirmwareVersion } from './versions.ts';
import { traitsOf } from './versions.ts';

/** The RW image that runs. Whoever holds `traits` sees those of the new version after a boot that changed it. */
export class Firmware {
  readonly traits: FirmwareTraits;
  #version: FirmwareVersion;

  constructor(version: FirmwareVersion) {
    this.#version = version;
    this.traits = { ...traitsOf(version) };
  }

  get version(): FirmwareVersion {
    return this.#version;
  }

  run(version: FirmwareVersion): void {
    this.#version = version;
    Object.assign(this.traits, traitsOf(version));
  }
}
