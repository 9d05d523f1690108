import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

const le16 = (value: number): number[] => [value & 0xff, value >> 8];
const le32 = (value: number): number[] => [...le16(value & 0xffff), ...le16(value >>> 16)];

/** A zip archive that is written file by file: none is held. */
export class ArchiveWriter {
  readonly #file: number;
  readonly #directory: Buffer[] = [];
  #offset = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** [APPNOTE 4.3.7] [APPNOTE 4.3.12] */
  add(name: string, bytes: Uint8Array): void {
    const packed = deflateRawSync(bytes);
    const common = [
      ...[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0],
      ...le32(crc32(bytes)),
      ...[...le32(packed.length), ...le32(bytes.length), ...le16(name.length), 0, 0],
    ];
    const local = Buffer.from([0x50, 0x4b, 3, 4, ...common, ...Buffer.from(name)]);
    const place = [...Array<number>(10).fill(0), ...le32(this.#offset)];
    this.#directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0, ...common, ...place, ...Buffer.from(name)]));
    writeSync(this.#file, local);
    writeSync(this.#file, packed);
    this.#offset += local.length + packed.length;
  }

  close(): void {
    const directory = Buffer.concat(this.#directory);
    const count = le16(this.#directory.length);
    writeSync(this.#file, directory);
    writeSync(
      this.#file,
      Uint8Array.of(
        ...[0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count],
        ...[...le32(directory.length), ...le32(this.#offset), 0, 0],
      ),
    );
    closeSync(this.#file);
  }
}
