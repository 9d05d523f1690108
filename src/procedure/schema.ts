import { z } from 'zod';
import type { Fault } from '../board/index.ts';
import { faultSchema, simBoardSchema } from '../rig/index.ts';
import { ms, us, UsageError } from '../units/index.ts';

/**
 * Bounds for a file: the number of acts, with those of callers; a time, in the unit in which it is written; the
 * callers of one group.
 */
const MAX_ACTS = 5000;
const MAX_MS = 600_000;
const MAX_CALLERS = 16;
/** Maximum number of bytes in a command or a frame. */
const MAX_BYTES = 4096;

const spanMs = z.number().min(0).max(MAX_MS);
const spanUs = z.number().min(0).max(MAX_MS);
const bytes = z
  .string()
  .max(2 * MAX_BYTES)
  .regex(/^([0-9a-f]{2})+$/, 'bytes are pairs of lower-case hexadecimal digits, without spaces');
const sleep = z.enum(['to-idle', 'via-firmware']);

/** Faults that pass by themselves. A rig file cannot have them, since they would be over before the run. */
const momentaryFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready-glitch') }),
  z.strictObject({ kind: z.literal('brown-out'), widthUs: spanUs }),
  z.strictObject({ kind: z.literal('bus-held'), timeMs: spanMs }),
  z.strictObject({ kind: z.literal('cs-glitch'), widthUs: spanUs }),
]);

const written = z.union([momentaryFault, faultSchema]);

const command = z.strictObject({
  act: z.literal('command'),
  bytes,
  answer: z
    .strictObject({ code: z.number().int().nonnegative(), size: z.number().int().min(10).optional() })
    .optional()
    .describe('response code and size that the TPM owes; without it any'),
});
const idle = z.strictObject({ act: z.literal('idle'), forMs: spanMs });
const driverSleep = z.strictObject({ act: z.literal('driver-sleep'), kind: sleep, forMs: spanMs });
const fault = z.strictObject({ act: z.literal('fault'), fault: written });
const clearFaults = z.strictObject({ act: z.literal('clear-faults') });

/** The acts of one caller in a group. */
const callerAct = z.discriminatedUnion('act', [command, idle, driverSleep, fault, clearFaults]);

const actSchema = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('probe') }).describe('bind the driver'),
  z.strictObject({ act: z.literal('remove') }).describe('unbind the driver'),
  command.describe('give the driver one TPM command'),
  idle.describe('let time pass'),
  z
    .strictObject({ act: z.literal('suspend'), kind: sleep, forMs: spanMs })
    .describe('the whole host sleeps and wakes: the driver, and its firmware when it runs'),
  driverSleep.describe('the driver alone is told that the host sleeps, and that it is awake again'),
  z.strictObject({ act: z.literal('reset') }).describe('pulse TPM_RST_L without a word to the driver'),
  z
    .strictObject({ act: z.literal('restart'), power: z.boolean() })
    .describe('restart the host: the driver is forgotten, its firmware starts the TPM'),
  fault.describe('set a fault, as a rig file writes it'),
  clearFaults.describe('take every fault away'),
  z.strictObject({ act: z.literal('frame'), bytes }).describe('clock exactly these bytes as one frame'),
  z
    .strictObject({
      act: z.literal('together'),
      callers: z.array(z.array(callerAct).min(1)).min(1).max(MAX_CALLERS),
    })
    .describe('several callers on one host, at the same time'),
]);

const driverSchema = z.strictObject({
  row: z.string().min(1).describe('its name in the table of drivers'),
  changes: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.unknown())]))
    .optional()
    .describe('numbers that differ from the row, by path, times in nanoseconds; null takes a part away'),
  hasInterrupt: z.boolean().optional().describe('the host has the ready interrupt; it has without it'),
  hz: z
    .union([z.literal(100), z.literal(250), z.literal(300), z.literal(1000)])
    .optional()
    .describe("tick rate of the host; the driver's own without it"),
});

const procedureSchema = z.strictObject({
  format: z.literal('h1-procedure 1'),
  driver: driverSchema,
  seed: z.number().int().min(0).max(0x7fffffff),
  board: simBoardSchema.optional().describe('the simulated board, as in a rig file'),
  fails: z.string().max(400).optional().describe('the failure that the procedure is kept for'),
  acts: z.array(actSchema).max(MAX_ACTS),
});

/** One act of a procedure, as a file has it. */
export type Act = z.input<typeof actSchema>;
export type CallerAct = z.input<typeof callerAct>;
export type ActKind = Act['act'];
export type WrittenFault = z.input<typeof written>;
export type DriverChoice = z.input<typeof driverSchema>;
/** A whole procedure, as a file has it: acts, driver, board and seed. */
export type Procedure = z.input<typeof procedureSchema>;

/** The value of `format` in a procedure file. */
export const FORMAT = 'h1-procedure 1';

/** The file is not a procedure. */
class ProcedureWrong extends UsageError {}

/** Maximum number of problems that are told of one file. */
const TOLD = 5;

/**
 * Reads a procedure from JSON; `file` is its name in messages. @throws UsageError with each problem and its place.
 */
export function parseProcedure(text: string, file: string): Procedure {
  const value = valueOf(text, file);
  const checked = procedureSchema.safeParse(value);
  if (!checked.success) {
    const problems = checked.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
    );
    const more = problems.length > TOLD ? `, and ${problems.length - TOLD} more` : '';
    throw new ProcedureWrong(
      `${file} is no procedure: ${problems.slice(0, TOLD).join('; ')}${more}. What a procedure is made of, docs/procedures.md says.`,
    );
  }
  const acts = checked.data.acts.reduce((sum, act) => sum + sizeOf(act), 0);
  if (acts > MAX_ACTS)
    throw new ProcedureWrong(
      `${file} has ${acts} acts with those of its callers; at most ${MAX_ACTS} are played.`,
    );
  return value as Procedure;
}

function valueOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ProcedureWrong(
      `${file} is no procedure: it is not JSON (${cause instanceof Error ? cause.message : String(cause)}).`,
      { cause },
    );
  }
}

const sizeOf = (act: z.output<typeof actSchema>): number =>
  act.act === 'together' ? act.callers.reduce((sum, acts) => sum + acts.length, 1) : 1;

/** Makes a fault of src/board/faults.ts from one that is written in a procedure. */
export function faultOf(fault: WrittenFault): Fault {
  switch (fault.kind) {
    case 'ready-glitch':
      return fault;
    case 'brown-out':
    case 'cs-glitch':
      return { kind: fault.kind, width: us(fault.widthUs) };
    case 'bus-held':
      return { kind: fault.kind, time: ms(fault.timeMs) };
    default:
      return faultSchema.parse(fault);
  }
}
