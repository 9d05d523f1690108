import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import { SampleReader } from './raw-import.ts';
import type { Waves } from './waves.ts';
import type { ZipEntry } from './zip-reader.ts';
import { ZipArchive } from './zip-reader.ts';

const FORMAT = 'sigrok session';
const RATE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
/** No session describes itself in more. */
const MAX_METADATA = 1 << 20;
const MAX_CHANNELS = 512;

/** What the metadata of a session say. */
interface Session {
  readonly nsPerTick: number;
  /** Names of the logic channels, and the bit of a sample that each one is. */
  readonly names: readonly string[];
  readonly places: readonly number[];
  /** Bytes of a sample. */
  readonly size: number;
  readonly captureFile: string;
}

/**
 * Opens a sigrok session (`.sr`, versions 1 and 2): metadata, and samples in one file or in numbered pieces. Channels
 * that were switched off have no name and are no channels; analog ones are passed over. `sampleRateHz` is the rate of a
 * session that states none.
 *
 * @throws CaptureError when the metadata lack what is needed to read the samples.
 */
export function openSigrok(file: CaptureBytes, sampleRateHz = NaN): Waves {
  const archive = new ZipArchive(FORMAT, file);
  const metadata = archive.find('metadata');
  if (metadata === undefined) throw new CaptureError(FORMAT, 0, 'the archive has no metadata.');
  const session = readMetadata(Buffer.from(archive.whole(metadata, MAX_METADATA)).toString('utf8'));
  const pieces = piecesOf(archive.entries, session.captureFile);
  if (pieces.length === 0)
    throw new CaptureError(
      FORMAT,
      0,
      `the archive has no samples: ${printable(session.captureFile)} is missing.`,
    );
  return {
    format: FORMAT,
    nsPerTick: Number.isNaN(session.nsPerTick) ? 1e9 / sampleRateHz : session.nsPerTick,
    names: session.names,
    tell: (bits, sink) => {
      const spread = new Array<number>(8 * session.size).fill(0);
      session.places.forEach((place, i) => (spread[place] = bits[i]!));
      const reader = new SampleReader(FORMAT, session.size, spread, sink);
      for (const piece of pieces) for (const bytes of archive.pieces(piece)) reader.push(bytes);
      reader.end(true);
    },
  };
}

/** The files that hold the samples, in the order of their numbers, whatever their order in the archive. */
function piecesOf(entries: readonly ZipEntry[], captureFile: string): ZipEntry[] {
  const numbered = entries.flatMap((entry) => {
    const number = entry.name.startsWith(`${captureFile}-`) ? entry.name.slice(captureFile.length + 1) : '';
    return /^\d{1,9}$/.test(number) ? [{ entry, number: Number(number) }] : [];
  });
  if (numbered.length > 0) {
    numbered.sort((a, b) => a.number - b.number);
    const gap = numbered.findIndex(({ number }, i) => number !== i + 1);
    if (gap >= 0)
      throw new CaptureError(
        FORMAT,
        0,
        `of the pieces of samples, ${printable(captureFile)}-${gap + 1} is missing or there twice: nobody knows when the samples behind it were. Save the session again.`,
      );
    return numbered.map(({ entry }) => entry);
  }
  return entries.filter(({ name }) => name === captureFile);
}

/** The fields of the first section that describes a device. */
function deviceFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let section = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('[')) section = line;
    const equals = line.indexOf('=');
    if (equals < 0 || /^\[device (?!1\])/.test(section)) continue;
    const name = line.slice(0, equals).trim();
    if (!fields.has(name)) fields.set(name, unescaped(line.slice(equals + 1).trim()));
  }
  return fields;
}

const ESCAPES: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };
/** A value of a key file, in which signs that have a meaning stand behind a backslash. */
const unescaped = (value: string): string =>
  value.replace(/\\([sntr\\])/g, (_, sign: string) => ESCAPES[sign]!);

function readMetadata(text: string): Session {
  const fields = deviceFields(text);
  const channels: { name: string; place: number }[] = [];
  for (const [field, name] of fields) {
    const number = /^probe(\d{1,9})$/.exec(field)?.[1];
    if (number === undefined) continue;
    if (Number(number) < 1 || Number(number) > MAX_CHANNELS)
      throw new CaptureError(FORMAT, 0, `${field} is no channel: there are ${MAX_CHANNELS} at most.`);
    channels.push({ name, place: Number(number) - 1 });
  }
  if (channels.length === 0) throw new CaptureError(FORMAT, 0, 'the session has no logic channel.');
  channels.sort((a, b) => a.place - b.place);
  return {
    nsPerTick: nsPerSample(fields.get('samplerate')),
    names: channels.map(({ name }) => name),
    places: channels.map(({ place }) => place),
    size: sampleSize(fields, channels.at(-1)!.place + 1),
    captureFile: fields.get('capturefile') ?? 'logic-1',
  };
}

/** `8 MHz`, `24000000`, `1.5M`; NaN when the session states none. */
function nsPerSample(rate: string | undefined): number {
  if (rate === undefined || rate === '' || rate === '0' || rate === '0 Hz') return NaN;
  const parts = /^(\d+(?:\.\d+)?)\s?([kmg]?)(?:hz)?$/i.exec(rate);
  const hertz = parts === null ? NaN : Number(parts[1]) * RATE_FACTORS[parts[2]!.toLowerCase()]!;
  if (!(hertz > 0 && hertz < Infinity))
    throw new CaptureError(FORMAT, 0, `its samplerate, "${printable(rate)}", cannot be read.`);
  return 1e9 / hertz;
}

/** As the session states it; by the number of its channels in old ones that do not. */
function sampleSize(fields: ReadonlyMap<string, string>, channels: number): number {
  const stated = fields.get('unitsize');
  const total = Number(fields.get('total probes') ?? channels);
  const count = Number.isSafeInteger(total) ? Math.max(channels, Math.min(total, MAX_CHANNELS)) : channels;
  const size = stated === undefined ? Math.ceil(count / 8) : Number(stated);
  if (!Number.isSafeInteger(size) || size < 1 || size > MAX_CHANNELS / 8)
    throw new CaptureError(
      FORMAT,
      0,
      `unitsize is ${printable(stated ?? 'missing')}; 1 to ${MAX_CHANNELS / 8} can be read.`,
    );
  if (channels > 8 * size)
    throw new CaptureError(FORMAT, 0, `probe${channels} does not fit samples of ${size} bytes.`);
  return size;
}
