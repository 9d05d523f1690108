import { beginningOfFile } from './capture-bytes.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import { ZipArchive } from './zip-reader.ts';

/** Every format of a capture that is read, by the name that `--format` takes. */
export const CAPTURE_FORMATS = [
  'vcd',
  'sigrok',
  'saleae',
  'saleae-binary',
  'dslogic',
  'csv',
  'raw',
  'trace',
] as const;
export type CaptureFormat = (typeof CAPTURE_FORMATS)[number];

/** The file is known to be no capture of levels. */
export class KnownToBeOther extends CaptureError {}

const LOOKED_AT = 8192;
const AS_VCD = 'Export the capture as VCD or CSV from the program that wrote it.';
const UNPACK = 'Unpack it first.';

/** Files that are no capture of levels, by their first bytes: what each is, and what to do. */
const OTHERS: readonly [RegExp, what: string, remedy: string][] = [
  [
    /^(\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x4d\x3c\xb2\xa1|\xa1\xb2\x3c\x4d)/,
    'a pcap file, which holds packets',
    'Give the recording of the wires instead.',
  ],
  [/^\x0a\x0d\x0d\x0a/, 'a pcapng file, which holds packets', 'Give the recording of the wires instead.'],
  [/^\x1f\x8b/, 'compressed by gzip', UNPACK],
  [/^BZh/, 'compressed by bzip2', UNPACK],
  [/^\xfd7zXZ/, 'compressed by xz', UNPACK],
  [/^\x28\xb5\x2f\xfd/, 'compressed by zstd', UNPACK],
  [/^7z\xbc\xaf\x27\x1c/, 'a 7z archive', UNPACK],
  [/^Rar!/, 'a RAR archive', UNPACK],
  [/^.{257}ustar/s, 'a tar archive', UNPACK],
  [/^\x00\x00{6}\x01\x49/, 'an FST file of GTKWave', 'Convert it: fst2vcd FILE > FILE.vcd.'],
  [/^\xfe\x00\x00/, 'a packed FST file of GTKWave', 'Convert it: fst2vcd FILE > FILE.vcd.'],
  [/^\x01\x38\x00/, 'an LXT file of GTKWave', 'Convert it: lxt2vcd FILE > FILE.vcd.'],
  [/^\x13\x80/, 'an LXT2 file of GTKWave', 'Convert it: lxt2vcd FILE > FILE.vcd.'],
  [/^VZ\x00/, 'a VZT file of GTKWave', 'Convert it: vzt2vcd FILE > FILE.vcd.'],
  [/^GHDLwave/, 'a GHW file of GHDL', 'Write a VCD with --vcd, or convert it with ghwdump.'],
  [/^xV4/, 'a VPD file of VCS', 'Convert it: vpd2vcd FILE FILE.vcd.'],
  [
    /^(Title:|T\0i\0t\0l\0e\0:\0)/,
    'a waveform of LTspice, which holds voltages',
    'Export digital levels as CSV.',
  ],
  [
    /^libsigrok \d[^]{0,200}Acquisition with/,
    'a listing of sigrok-cli, for people',
    'Write a session or a dump instead: sigrok-cli -O srzip, or -O vcd.',
  ],
  [
    /^;(Size|Rate|Channels|EnabledChannels|Compressed): ?-?\w/,
    'a file of the OLS client',
    'Export the capture from it as VCD.',
  ],
  [
    /^.{0,16}serialization::archive/s,
    "a capture of Saleae's Logic 1",
    'Open it in Logic 1.2 and export it as VCD or CSV.',
  ],
  [/^SQLite format 3\0/, 'an SQLite database', AS_VCD],
  [/^%PDF/, 'a PDF document', AS_VCD],
  [/^\x89PNG/, 'a picture', AS_VCD],
  [/^\xff\xd8\xff/, 'a picture', AS_VCD],
  [/^\x89HDF/, 'an HDF5 file', AS_VCD],
  [/^MATLAB 5\.0/, 'a MATLAB file', AS_VCD],
  [/^\x7fELF/, 'a program', AS_VCD],
  [
    /^(AG|RG)(10|01|03)/,
    'a waveform of an oscilloscope, which holds voltages',
    'Export digital channels as CSV.',
  ],
  [
    /^.{0,8}:?WFM(P|#)/s,
    'a waveform of an oscilloscope, which holds voltages',
    'Export digital channels as CSV.',
  ],
  [/^\xff\xfe/, 'text in UTF-16', 'Save it as UTF-8.'],
  [/^\xfe\xff/, 'text in UTF-16', 'Save it as UTF-8.'],
  [/^\s*<(!DOCTYPE html|html)/i, 'a web page', 'Download the file itself.'],
  [/^\s*<\?xml/, 'an XML file', AS_VCD],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS and not the file', 'Fetch it: git lfs pull.'],
  [
    /^\s*\{\s*"(traceEvents|displayTimeUnit)"/,
    'a file of trace events for Perfetto',
    'Give the capture that it was made of.',
  ],
];

/** Texts that are no capture, by what they have somewhere in their beginning. */
const OTHER_TEXTS: readonly [RegExp, what: string, remedy: string][] = [
  [
    /^(\xef\xbb\xbf)?"?(name"?,"?type"?,"?start_time|Time ?\[s\]"?, ?"?(Packet ID|Analyzer Name))/,
    'a table of what an analyzer decoded, which holds no levels',
    'Export the raw data instead.',
  ],
  [
    /^\d+-\d+ [\w -]{1,40}: /,
    'a list of what a decoder of sigrok found, which holds no levels',
    'Save the session itself: .sr.',
  ],
  [
    /^\[(General|Session|D\d+|meta)\][^]*(decode_signals|views=|generated_signals|conv_type)/,
    'a set-up file of PulseView, which says how a session looks and holds no samples',
    'Save the session itself: .sr.',
  ],
  [
    /^\$dumpports|\$var\s+port\s/m,
    'an extended VCD, of ports',
    'Write a VCD of wires: $dumpvars in place of $dumpports.',
  ],
];

/**
 * What a file is, by its contents. @throws CaptureError when it is known to be something else, and says what to do, or
 * when nobody knows it.
 */
export function recognise(file: CaptureBytes): CaptureFormat {
  const head = Buffer.from(beginningOfFile(file, LOOKED_AT)).toString('latin1');
  if (head === '') throw new CaptureError(printable(file.name), 0, 'the file is empty.');
  if (/^PK(\x03\x04|\x05\x06)/.test(head)) return recogniseArchive(file);
  if (head.startsWith('<SALEAE>')) return 'saleae-binary';
  const other = [...OTHERS, ...OTHER_TEXTS].find(([pattern]) => pattern.test(head));
  if (other !== undefined) refuse(file, `it is ${other[1]}. ${other[2]}`);
  const text = head.replace(/^\xef\xbb\xbf/, '');
  if (/^\s*\$(timescale|date|version|comment|scope|var|enddefinitions)\b/.test(text)) return 'vcd';
  if (/^\s*\{\s*"/.test(text)) return recogniseJson(file, text);
  if (isText(text) && /[,;\t]/.test(text)) return 'csv';
  throw new CaptureError(
    printable(file.name),
    0,
    isText(text)
      ? `no format begins with "${printable(text.slice(0, 30))}"; ${READ}.`
      : `nobody knows the format; ${READ}. Bare samples need --format raw, --sample-rate and --raw-channels.`,
  );
}

const READ =
  'VCD, sigrok .sr, Saleae .sal and digital_N.bin, DSView .dsl, CSV and our own .jsonl can be read';

const isText = (head: string): boolean => !/[\x00-\x08\x0e-\x1f]/.test(head);

function recogniseJson(file: CaptureBytes, head: string): CaptureFormat {
  if (/"kind"\s*:/.test(head.split('\n')[0]!)) return 'trace';
  return refuse(file, 'it is JSON, but not a trace file of ours, in which each line has a "kind".');
}

function recogniseArchive(file: CaptureBytes): CaptureFormat {
  const names = new ZipArchive('zip archive', file).entries.map(({ name }) => name);
  if (names.includes('meta.json') || names.some((name) => /^digital-\d+\.bin$/.test(name))) return 'saleae';
  if (names.includes('metadata')) return 'sigrok';
  if (names.includes('header') && names.some((name) => /^([LA]-\d+\/|O-|data)/.test(name))) return 'dslogic';
  if (names.includes('[Content_Types].xml'))
    refuse(file, 'it is a document of Office. Save the table as CSV.');
  if (names.length === 0) refuse(file, 'it is a zip archive without a file.');
  return refuse(
    file,
    `it is a zip archive of ${listed(names)}, and no capture. Unpack it and give the capture in it.`,
  );
}

const listed = (names: readonly string[]): string =>
  printable(names.slice(0, 4).join(', ')) + (names.length > 4 ? ` and ${names.length - 4} more` : '');

function refuse(file: CaptureBytes, problem: string): never {
  throw new KnownToBeOther(printable(file.name), 0, problem);
}
