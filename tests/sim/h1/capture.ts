import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The capture [CHIP 0, TRACE] is no part of the project; tests that need it look beside the repository and one folder up. */
const PLACES = ['../../../..', '../../../../..'].map((folder) =>
  fileURLToPath(new URL(`${folder}/shared/captures/bobba_boot.vcd`, import.meta.url)),
);
const FILE = PLACES.find(existsSync);

export const hasCapture = (): boolean => FILE !== undefined;

/** One CS assertion; times in ns since the beginning of the capture. */
export interface CapturedFrame {
  readonly fallNs: number;
  readonly riseNs: number;
  readonly mosi: readonly number[];
  readonly miso: readonly number[];
}

/** One command: the tpmGo frame, and the first status read that shows its response. */
export interface CapturedCommand {
  readonly goFrame: number;
  readonly doneFrame: number;
  readonly command: readonly number[];
  readonly response: readonly number[];
}

/** Reads the value change dump of one SPI bus, mode 0, most significant bit first. */
export function capturedFrames(): CapturedFrame[] {
  if (FILE === undefined) throw new Error(`There is no capture at ${PLACES.join(' or ')}.`);
  const frames: CapturedFrame[] = [];
  const level: Record<string, number> = { '!': 0, '"': 0, '#': 0, $: 1 };
  let atNs = 0;
  let open:
    { fallNs: number; mosi: number[]; miso: number[]; out: number; in: number; bits: number } | undefined;
  for (const line of readFileSync(FILE, 'latin1').split('\n')) {
    if (line.startsWith('#')) atNs = Number(line.slice(1)) * 100;
    const change = /^([01])([!"#$])$/.exec(line);
    if (!change) continue;
    const value = Number(change[1]);
    const wire = change[2]!;
    const before = level[wire];
    level[wire] = value;
    if (before === value) continue;
    if (wire === '$' && value === 0) {
      open = { fallNs: atNs, mosi: [], miso: [], out: 0, in: 0, bits: 0 };
    } else if (wire === '$' && open) {
      frames.push({ fallNs: open.fallNs, riseNs: atNs, mosi: open.mosi, miso: open.miso });
      open = undefined;
    } else if (wire === '#' && value === 1 && open) {
      open.out = (open.out << 1) | level['"']!;
      open.in = (open.in << 1) | level['!']!;
      if (++open.bits % 8 === 0) {
        open.mosi.push(open.out & 0xff);
        open.miso.push(open.in & 0xff);
      }
    }
  }
  return frames;
}

/** Bytes between header and ready byte. */
export const waitBytesOf = ({ miso }: CapturedFrame): number => miso.indexOf(0x01, 4) - 4;

const isRead = (frame: CapturedFrame, register: number): boolean =>
  frame.mosi.length > 4 && (frame.mosi[0]! & 0x80) !== 0 && addressOf(frame) === 0xd40000 + register;
const isWrite = (frame: CapturedFrame, register: number): boolean =>
  frame.mosi.length > 4 && (frame.mosi[0]! & 0x80) === 0 && addressOf(frame) === 0xd40000 + register;
const addressOf = ({ mosi }: CapturedFrame): number => (mosi[1]! << 16) | (mosi[2]! << 8) | mosi[3]!;
const sizeOf = ({ mosi }: CapturedFrame): number => (mosi[0]! & 0x3f) + 1;
const writtenBy = (frame: CapturedFrame): readonly number[] => frame.mosi.slice(-sizeOf(frame));
const answerTo = (frame: CapturedFrame): readonly number[] => {
  const at = frame.miso.indexOf(0x01, 4) + 1;
  return frame.miso.slice(at, at + sizeOf(frame));
};

/** The TPM commands that the frames carry, in order. */
export function capturedCommands(frames: readonly CapturedFrame[]): CapturedCommand[] {
  const commands: { goFrame: number; doneFrame: number; command: number[]; response: number[] }[] = [];
  let pending: number[] = [];
  frames.forEach((frame, index) => {
    const current = commands.at(-1);
    if (isWrite(frame, 0x24)) pending.push(...writtenBy(frame));
    if (isWrite(frame, 0x18) && writtenBy(frame)[0] === 0x20) {
      commands.push({ goFrame: index, doneFrame: 0, command: pending, response: [] });
      pending = [];
    }
    if (current?.doneFrame === 0 && isRead(frame, 0x18) && (answerTo(frame)[0]! & 0x10) !== 0)
      current.doneFrame = index;
    if (current && isRead(frame, 0x24)) current.response.push(...answerTo(frame));
  });
  return commands;
}
