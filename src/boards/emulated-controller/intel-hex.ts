const DATA = 0;
const END = 1;

/** Puts the records of an Intel HEX text into a memory. @throws RangeError at a record that is not right. */
export function parseHex(text: string, memory: Uint8Array): void {
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const bytes = Buffer.from(line.slice(1), 'hex');
    const sum = bytes.reduce((total, byte) => total + byte, 0) & 0xff;
    if (!line.startsWith(':') || bytes.length < 5 || bytes.length !== bytes[0]! + 5 || sum !== 0)
      throw new RangeError(`${line} is not a record of Intel HEX.`);
    const kind = bytes[3];
    if (kind === END) return;
    if (kind !== DATA) throw new RangeError(`Record type ${String(kind)} is not used by an image of 32 KiB.`);
    memory.set(bytes.subarray(4, -1), bytes.readUInt16BE(1));
  }
  throw new RangeError('The image has no end.');
}
