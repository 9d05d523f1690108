import { CaptureError } from './capture-error.ts';
import type { ChannelMap } from './channels.ts';
import { assignChannels } from './channels.ts';
import type { Chunks } from './chunks.ts';
import type { SampleSize } from './raw-import.ts';
import { SampleReader } from './raw-import.ts';
import type { LevelSink } from './spi-decoder.ts';
import { readZip } from './zip-reader.ts';

const FORMAT = 'sigrok session';
const RATE_UNITS: Readonly<Record<string, number>> = { Hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 };
/** No session describes itself in more. */
const MOST_METADATA = 1 << 20;

interface Session {
  readonly nsPerTick: number;
  readonly names: string[];
  readonly size: SampleSize;
  readonly captureFile: string;
}

/** Reads a sigrok session (`.sr`, version 2 of the format): metadata, then samples in pieces of 4 MiB. */
export function importSigrok(
  chunks: Chunks,
  channels: ChannelMap | undefined,
  begin: (nsPerTick: number, names: readonly string[], bits: readonly number[]) => LevelSink,
): void {
  let session: Session | undefined;
  let reader: SampleReader | undefined;
  for (const { name, pieces } of readZip(FORMAT, chunks)) {
    if (name === 'metadata') {
      session = readMetadata(textOf(pieces));
      const bits = assignChannels(FORMAT, session.names, channels);
      reader = new SampleReader(FORMAT, session.size, bits, begin(session.nsPerTick, session.names, bits));
    } else if (session && (name === session.captureFile || name.startsWith(`${session.captureFile}-`)))
      for (const piece of pieces) reader?.push(piece);
    else if (!session && name.startsWith('logic'))
      throw new CaptureError(FORMAT, 0, `samples (${name}) stand before the metadata that explain them.`);
  }
  if (!reader) throw new CaptureError(FORMAT, 0, 'the archive has no metadata.');
  reader.end();
}

function textOf(pieces: Iterable<Uint8Array>): string {
  const text: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    text.push(Buffer.from(piece));
    length += piece.length;
    if (length > MOST_METADATA)
      throw new CaptureError(FORMAT, 0, `metadata has more than ${MOST_METADATA} bytes.`);
  }
  return Buffer.concat(text).toString('utf8');
}

/** @throws CaptureError when the metadata lack what is needed to read the samples. */
function readMetadata(text: string): Session {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}\\s*=\\s*(.*?)\\s*$`, 'm').exec(text)?.[1];
  const rate = /^([\d.]+)\s*(Hz|kHz|MHz|GHz)?$/.exec(field('samplerate') ?? '');
  const hertz = rate ? Number(rate[1]) * RATE_UNITS[rate[2] ?? 'Hz']! : NaN;
  if (!(hertz > 0)) throw new CaptureError(FORMAT, 0, 'metadata have no samplerate that can be read.');
  const size = Number(field('unitsize'));
  if (size !== 1 && size !== 2 && size !== 4)
    throw new CaptureError(
      FORMAT,
      0,
      `unitsize is ${field('unitsize') ?? 'missing'}; 1, 2 and 4 can be read.`,
    );
  const captureFile = field('capturefile');
  if (captureFile === undefined) throw new CaptureError(FORMAT, 0, 'metadata name no capturefile.');
  const names: string[] = [];
  for (const [, number, name] of text.matchAll(/^probe(\d+)\s*=\s*(.*?)\s*$/gm)) {
    const index = Number(number) - 1;
    if (index < 0 || index >= 8 * size)
      throw new CaptureError(FORMAT, 0, `probe${number} does not fit samples of ${size} bytes.`);
    names[index] = name!;
  }
  return { nsPerTick: 1e9 / hertz, names: Array.from(names, (name) => name), size, captureFile };
}
