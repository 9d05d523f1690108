import { readFileSync } from 'node:fs';

/** One CS assertion of a capture: what each side sent, byte for byte. Both are empty when nothing was clocked. */
export interface HardwareFrame {
  readonly number: number;
  readonly mosi: readonly number[];
  readonly miso: readonly number[];
  readonly remark: string;
}

/** One line of a scenario. */
export type ScenarioStep =
  | {
      readonly kind: 'frame';
      readonly line: string;
      readonly mosi: readonly number[];
      readonly miso: readonly number[];
      /** Ready pulses that follow. */
      readonly pulses: number;
      /** Level of INT_AP_L afterwards, when the line tells. */
      readonly level: 0 | 1 | undefined;
      /** The end of the frame is not handled before the next one begins. */
      readonly isHandledLate: boolean;
      /** The command is not executed before the next frame. */
      readonly taskWaits: boolean;
      /** What reached the TPM library after this frame. */
      readonly executes: readonly number[] | undefined;
    }
  | { readonly kind: 'note'; readonly line: string };

export interface Scenario {
  readonly name: string;
  readonly isFresh: boolean;
  readonly waitBytes: number;
  readonly steps: readonly ScenarioStep[];
}

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** `80 d4 00*3`: bytes in hexadecimal, `*n` for n times the same. */
export function bytesOf(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .filter((token) => token !== '')
    .flatMap((token) => {
      const match = /^([0-9a-f]{2})(?:\*(\d+))?$/.exec(token);
      if (!match) throw new Error(`"${token}" is no byte of a golden vector.`);
      return new Array<number>(Number(match[2] ?? 1)).fill(parseInt(match[1]!, 16));
    });
}

/** [CHIP 10.2] */
export function hardwareFrames(): HardwareFrame[] {
  return read('hardware-frames.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [number, , bytes, , remark] = line.split('|').map((field) => field.trim());
      const [mosi, miso] = bytes === 'no clocks' ? ['', ''] : bytes!.split('=>');
      return { number: Number(number), mosi: bytesOf(mosi!), miso: bytesOf(miso!), remark: remark ?? '' };
    });
}

/** [CHIP 10.4] */
export const frameScenarios = (): Scenario[] => scenariosOf('frame-scenarios.txt');

/** What the words of [CHIP 1] to [CHIP 6] mean for single frames, worked out by hand. */
export const derivedScenarios = (): Scenario[] => scenariosOf('derived-scenarios.txt');

function scenariosOf(file: string): Scenario[] {
  return read(file)
    .split(/^== /m)
    .slice(1)
    .map((block) => {
      const [name, ...lines] = block.trimEnd().split('\n');
      return {
        name: name!,
        isFresh: /\(fresh\b.*\)$/.test(name!),
        waitBytes: Number(/\(.*\bwait (\d+)\)$/.exec(name!)?.[1] ?? 0),
        steps: lines.filter((line) => line !== '').map(stepOf),
      };
    });
}

function stepOf(line: string): ScenarioStep {
  if (line.startsWith('--')) return { kind: 'note', line };
  const bare = line.replace(/\[.*?\]|\{.*?\}/g, '');
  const [mosi, miso] = bare.split('=>');
  const noted = /\[int pulses (\d+), INT_AP_L level ([01])\]/.exec(line);
  const executes = /\{EXEC \(size=\d+\) bytes: (.*?)\}/.exec(line);
  return {
    kind: 'frame',
    line,
    mosi: bytesOf(mosi!),
    miso: bytesOf(miso!),
    pulses: noted ? Number(noted[1]) : 1,
    level: noted ? (Number(noted[2]) as 0 | 1) : undefined,
    isHandledLate: line.includes('[CS-deassert ISR not run before next frame]'),
    taskWaits: line.includes('[TPM task not run yet]') && !executes,
    executes: executes ? bytesOf(executes[1]!) : undefined,
  };
}
