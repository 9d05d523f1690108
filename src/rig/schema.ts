import { z } from 'zod';
import type { Fault, LastingFaultKind } from '../board/index.ts';
import { hertz, ms, us } from '../units/index.ts';
import { kernelDriver, remoteBoard } from './remote-schema.ts';

/** The longest time in a rig file: an hour, in which a virtual clock of nanoseconds stays exact. */
const MAX_SECONDS = 3600;
/** The fastest noise, in Hz: each edge costs the host time. */
const MAX_NOISE = 100_000;

const micros = z
  .number()
  .nonnegative()
  .max(MAX_SECONDS * 1e6)
  .transform((count) => us(count));
const millis = z
  .number()
  .nonnegative()
  .max(MAX_SECONDS * 1e3)
  .transform((count) => ms(count));
const rate = z
  .number()
  .positive()
  .max(MAX_NOISE)
  .transform((count) => hertz(count));
const count = z.number().int().nonnegative().max(0x7fffffff);
const waitBytes = count.max(65_536);
const errno = count.max(4095);
const milliamperes = z.number().max(10_000);
const word = z.number().int().min(0).max(0xffffffff);

const frames = z.strictObject({ from: count.optional(), count: count.optional() });
const level = z.enum(['high', 'low']);
const faultyLine = z.enum(['CS_L', 'SCK', 'MOSI', 'MISO', 'TPM_RST_L', 'supply']);
const moment = { frame: count, byte: count };

/**
 * Each lasting fault of src/board/faults.ts as a rig file writes it, with the unit in the field's name. The compiler names a
 * kind that is missing here.
 */
const FAULTS = {
  'ready-request-fails': z.strictObject({ kind: z.literal('ready-request-fails'), errno }),
  'ready-stuck': z.strictObject({ kind: z.literal('ready-stuck'), level }),
  'ready-open': z.strictObject({ kind: z.literal('ready-open') }),
  'ready-late': z.strictObject({ kind: z.literal('ready-late'), byMs: millis, frames: frames.optional() }),
  'ready-width': z.strictObject({
    kind: z.literal('ready-width'),
    widthUs: micros,
    hostNeedsUs: micros,
    frames: frames.optional(),
  }),
  'ready-missing': z.strictObject({ kind: z.literal('ready-missing'), frames: frames.optional() }),
  'ready-doubled': z.strictObject({
    kind: z.literal('ready-doubled'),
    gapUs: micros,
    frames: frames.optional(),
  }),
  'ready-inverted': z.strictObject({ kind: z.literal('ready-inverted') }),
  'ready-noise': z.strictObject({ kind: z.literal('ready-noise'), rateHz: rate }),
  'chip-stall': z.strictObject({
    kind: z.literal('chip-stall'),
    waitBytes: waitBytes.optional(),
    frames: frames.optional(),
  }),
  'chip-stall-time': z.strictObject({
    kind: z.literal('chip-stall-time'),
    timeMs: millis,
    frames: frames.optional(),
  }),
  'chip-early-ready': z.strictObject({ kind: z.literal('chip-early-ready'), frames: frames.optional() }),
  'chip-busy': z.strictObject({ kind: z.literal('chip-busy'), timeMs: millis, frames: frames.optional() }),
  'chip-sleeps-after': z.strictObject({ kind: z.literal('chip-sleeps-after'), timeMs: millis }),
  'chip-wakes-in': z.strictObject({ kind: z.literal('chip-wakes-in'), timeUs: micros }),
  'chip-slow-command': z.strictObject({
    kind: z.literal('chip-slow-command'),
    timeMs: millis,
    commands: frames.optional(),
  }),
  'chip-long-response': z.strictObject({
    kind: z.literal('chip-long-response'),
    size: count.min(10).max(2048),
    commands: frames.optional(),
  }),
  'line-stuck': z.strictObject({ kind: z.literal('line-stuck'), line: faultyLine, level }),
  'line-open': z.strictObject({ kind: z.literal('line-open'), line: faultyLine }),
  'line-noisy': z.strictObject({ kind: z.literal('line-noisy'), line: faultyLine, rateHz: rate }),
  'line-cut': z.strictObject({
    kind: z.literal('line-cut'),
    line: z.enum([...faultyLine.options, 'INT_AP_L']),
    ...moment,
  }),
  'reset-at': z.strictObject({ kind: z.literal('reset-at'), widthUs: micros, ...moment }),
  'power-cut-at': z.strictObject({ kind: z.literal('power-cut-at'), widthUs: micros.optional(), ...moment }),
  'miso-shared': z.strictObject({
    kind: z.literal('miso-shared'),
    drives: count.max(255),
    frames: frames.optional(),
  }),
  'cs-not-kept': z.strictObject({ kind: z.literal('cs-not-kept'), frames: frames.optional() }),
  'bit-error': z.strictObject({
    kind: z.literal('bit-error'),
    line: z.enum(['MOSI', 'MISO']).optional(),
    byte: count,
    bit: count.max(7),
    frames: frames.optional(),
  }),
  'bus-error': z.strictObject({ kind: z.literal('bus-error'), errno, frames: frames.optional() }),
  'wake-pulse-lost': z.strictObject({ kind: z.literal('wake-pulse-lost'), frames: frames.optional() }),
} satisfies Readonly<Record<LastingFaultKind, z.ZodObject>>;

type FaultSchema = (typeof FAULTS)[LastingFaultKind];
const fault = z.discriminatedUnion('kind', Object.values(FAULTS) as [FaultSchema, ...FaultSchema[]]);

type WithoutUnit<Name> = Name extends `${infer Bare}${'Us' | 'Ms' | 'Hz'}` ? Bare : Name;
/** A fault of a rig file, its fields named as in src/board/faults.ts. */
type Renamed<Written> = Written extends unknown
  ? { [Name in keyof Written as WithoutUnit<Name>]: Exclude<Written[Name], undefined> }
  : never;

/** The unit leaves the name: `byMs` of the file is `by` of the board. The compiler compares the fields of the two. */
const toFault = (written: z.output<typeof fault>): Fault =>
  Object.fromEntries(
    Object.entries(written)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replace(/(Us|Ms|Hz)$/, ''), value]),
  ) as unknown as Renamed<typeof written>;

/** One lasting fault, as a rig file writes it: parsed, it is one of src/board/faults.ts. */
export const faultSchema = fault.transform(toFault);

const leastCurrentMa = milliamperes.positive().optional().describe('what the board draws at least, in mA');
const drivesSelect = z
  .boolean()
  .optional()
  .describe('the controller holds CS_L during each transaction, for a host that does not keep it');

/** The emulated rig controller beside a simulated board, and what is wrong with its cable. */
const emulatedController = z.strictObject({
  kind: z.literal('emulated'),
  leastCurrentMa,
  drivesSelect,
  drawsMa: milliamperes.nonnegative().optional().describe('what the simulated board draws; 15 without it'),
  cable: z
    .strictObject({
      kind: z.enum(['unplugged', 'silent', 'garbled']),
      at: z.union([
        z.strictObject({ line: z.string().min(1), nth: count.positive().optional() }),
        z.strictObject({ csFall: count.positive() }),
      ]),
    })
    .optional()
    .describe('what happens to the serial cable, and when'),
});

/** No part of the path leads up, and so out of where it is to be. */
function staysBelow(path: string): boolean {
  return !path.split('/').includes('..');
}

const serialPort = z
  .string()
  .regex(
    /^(\/dev\/|tcp:\/\/)./,
    'a serial port, such as /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0, or tcp://host:port',
  )
  .refine(staysBelow, 'a path that does not go up again');

const simBoard = z.strictObject({
  kind: z.literal('sim'),
  firmware: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'a Cr50 version has three numbers, such as 0.5.4')
    .optional()
    .describe('Cr50 RW version whose behaviour the chip has'),
  unknownVersion: z
    .literal('allow')
    .optional()
    .describe('opens a version that no source tells of; it then behaves like the last known one before it'),
  engine: z
    .enum(['built-in', 'swtpm'])
    .optional()
    .describe(
      'TPM library inside the chip: our own one, or that of the program swtpm behind the command set of the version',
    ),
  boardId: z
    .strictObject({ type: word, flags: word })
    .optional()
    .describe('board ID that the chip comes with; blank without it'),
  imageFor: z
    .strictObject({ type: word, mask: word, flags: word })
    .optional()
    .describe('boards that the image it comes with is made for; on another one it answers no TPM command'),
  sckHz: z.number().positive().max(2_000_000, 'the H1 takes at most 2 MHz').optional().describe('SPI clock'),
  host: z
    .strictObject({
      turnaroundUs: micros.optional(),
      csSetupUs: micros.optional(),
      csHoldUs: micros.optional(),
      messageGapUs: micros.optional(),
    })
    .optional()
    .describe('how the host drives its bus'),
  chip: z
    .strictObject({
      waitBytes: z.union([waitBytes, z.strictObject({ read: waitBytes, write: waitBytes })]).optional(),
      headerLatencyUs: micros.optional(),
      pulseDelayUs: micros.optional(),
      pulseWidthUs: micros.optional(),
      taskLatencyUs: micros.optional(),
      commandTimeUs: micros.optional(),
      wakeLatencyUs: micros.optional(),
      resetTimeUs: micros.optional(),
      bootTimeUs: micros.optional(),
    })
    .optional()
    .describe('timing of the chip that is pinned instead of drawn from the seed'),
  has: z
    .strictObject({
      readyLine: z.boolean().optional(),
      reset: z.boolean().optional(),
      power: z.boolean().optional(),
      secondDevice: z.boolean().optional(),
    })
    .optional()
    .describe('parts of the board; all of them unless told otherwise'),
  faults: z.array(faultSchema).optional().describe('what is wrong with this board from the start'),
  controller: emulatedController
    .optional()
    .describe('the rig controller, emulated, which then switches the supply and drives TPM_RST_L'),
  console: z
    .literal('simulated')
    .optional()
    .describe('the UART console of the chip, simulated, over a pseudo-terminal'),
});

/** A Linux guest whose own driver has the simulated chip: rigs/virtual-lab. */
const virtualLabBoard = z.strictObject({
  kind: z.literal('virtual-lab'),
  firmware: simBoard.shape.firmware,
  unknownVersion: simBoard.shape.unknownVersion,
  engine: simBoard.shape.engine,
  chip: simBoard.shape.chip,
  has: z.strictObject({ readyLine: z.boolean().optional() }).optional(),
  faults: simBoard.shape.faults,
  memoryMb: z.number().int().min(256).max(65_536).optional().describe('memory of the guest'),
  extra: z.array(z.string()).optional().describe('archives (cpio, newc) whose files the guest has too'),
  programs: z
    .array(
      z
        .string()
        .min(1)
        .refine(
          (program) => !program.includes('=') || staysBelow(program.split('=', 1)[0]!),
          'a place in the guest that does not go up again',
        ),
    )
    .optional()
    .describe('programs and libraries of this host that the guest has too, with what they load'),
  kernel: z
    .string()
    .regex(/^[\w.-]+$/, 'the name of a kernel, such as 6.12-rt')
    .optional()
    .describe(
      'a kernel that h1-hil lab prepare fetches, such as 6.12-rt; else that of the installed headers',
    ),
  kernelArguments: z
    .string()
    .optional()
    .describe("more arguments for the guest's kernel, such as threadirqs"),
});

/** A program that is the chip: docs/chip-protocol.md. */
const programBoard = z.strictObject({
  kind: z.literal('program'),
  command: z
    .array(z.string())
    .min(1)
    .describe('program and arguments; it speaks the lines of docs/chip-protocol.md on stdin and stdout'),
  firmware: simBoard.shape.firmware.describe(
    'Cr50 RW version that the chip claims to be: the twin answers as that one does',
  ),
  unknownVersion: simBoard.shape.unknownVersion,
  sckHz: simBoard.shape.sckHz,
  host: simBoard.shape.host,
  has: simBoard.shape.has,
  faults: simBoard.shape.faults,
});

const activeHigh = z
  .boolean()
  .optional()
  .describe('asserted is high; low without it, as the L of the name says');

/** A GPIO line: by its chip's label and its offset there, by its own name, or by its global number. */
const lineWith = <Shape extends z.ZodRawShape>(more: Shape) =>
  z.union([
    z.strictObject({ chip: z.string().min(1), offset: count, activeHigh, ...more }),
    z.strictObject({ name: z.string().min(1), activeHigh, ...more }),
    z.strictObject({ gpio: count, activeHigh, ...more }),
  ]);
const line = lineWith({});

const linuxBoard = z.strictObject({
  kind: z.literal('linux'),
  stack: z
    .enum(['own', 'kernel'])
    .optional()
    .describe(
      "who drives the chip: this project's driver over spidev, or the kernel's driver of that SPI device",
    ),
  driver: kernelDriver,
  spi: z.strictObject({
    device: z.string().regex(/^\/dev\/spidev\d+\.\d+$/, 'a spidev device file, such as /dev/spidev0.0'),
    sckHz: z.number().positive().max(2_000_000, 'the H1 takes at most 2 MHz'),
    keepsCs: z
      .boolean()
      .optional()
      .describe('the controller keeps CS from message to message; looked for at the start unless told'),
    through: z
      .enum(['ioctl', 'spi-device'])
      .optional()
      .describe(
        'the system calls by koffi, or the package spi-device; unless told the first that is installed',
      ),
    wakePulse: z
      .enum(['empty', 'byte'])
      .optional()
      .describe('CS without a clock is a transfer of no bytes, or of one where that hangs or moves nothing'),
  }),
  slackMs: millis
    .optional()
    .describe(
      "what the host may take for itself on top of an upper limit of its driver's times; nothing unless told, as of an emulated host",
    ),
  gpio: z
    .enum(['cdev', 'onoff'])
    .optional()
    .describe('character device or sysfs; what the host has, the character device first, unless told'),
  lines: z
    .strictObject({
      ready: lineWith({ stampsWithinUs: micros.optional() })
        .transform(({ stampsWithinUs, ...rest }) => ({ ...rest, stampsWithin: stampsWithinUs }))
        .optional()
        .describe('INT_AP_L; stampsWithinUs as measured on this host'),
      reset: line.optional().describe('TPM_RST_L'),
      power: line.optional().describe('switch of the supply'),
      cs: line.optional().describe('drives CS_L in the place of the SPI controller'),
    })
    .default({})
    .describe('lines of the host, as far as they are wired'),
  controller: z
    .strictObject({
      port: serialPort,
      leastCurrentMa,
      drivesSelect,
    })
    .optional()
    .describe('rig controller, which then switches the supply and drives TPM_RST_L (docs/rig-controller.md)'),
  console: z
    .strictObject({ port: serialPort, baud: z.number().int().positive().max(4_000_000).default(115_200) })
    .optional()
    .describe('the UART console of the chip'),
});

/** A rig file. */
export const rigSchema = z.strictObject({
  description: z.string().min(1),
  exclusive: z
    .boolean()
    .optional()
    .describe(
      'one run at a time can have it; so it is of a real board unless told, and of a simulated one not',
    ),
  board: z.discriminatedUnion('kind', [simBoard, linuxBoard, virtualLabBoard, programBoard, remoteBoard]),
});

/** A simulated board, as a rig file writes it. */
export const simBoardSchema = simBoard;
export type WrittenSimBoard = z.input<typeof simBoard>;

/** A rig file as it is read: units are no longer in the names. */
export type RigFile = z.output<typeof rigSchema>;
export type VirtualLabFile = z.output<typeof virtualLabBoard>;
export type LinuxBoardFile = z.output<typeof linuxBoard>;
export type RemoteBoardFile = z.output<typeof remoteBoard>;
export type SimBoardFile = z.output<typeof simBoard>;

/** The fields of each lasting fault. */
export const FAULT_FIELDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(FAULTS).map(([kind, { shape }]) => [kind, Object.keys(shape)]),
);
