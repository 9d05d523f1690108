import type { FirmwareTraits, FirmwareVersion } from './versions.ts';
import { parseVersion, traitsOf } from './versions.ts';

/** The RW image that runs. `traits` stays one object, which shows the version that was booted last. */
export class Firmware {
  readonly traits: FirmwareTraits;
  #version: FirmwareVersion;
  readonly #first: string;

  /** A version that no source tells of has the traits of `like` until an update brings another one. */
  constructor(
    version: FirmwareVersion,
    private readonly like?: string,
  ) {
    this.#version = version;
    this.#first = version.text;
    this.traits = { ...this.#traitsOf(version) };
  }

  get version(): FirmwareVersion {
    return this.#version;
  }

  run(version: FirmwareVersion): void {
    this.#version = version;
    Object.assign(this.traits, this.#traitsOf(version));
  }

  #traitsOf(version: FirmwareVersion): FirmwareTraits {
    const { like } = this;
    return traitsOf(like !== undefined && version.text === this.#first ? parseVersion(like) : version);
  }
}
