import { z } from 'zod';
import type { Fault } from '../board/index.ts';
import { faultSchema, simBoardSchema } from '../rig/index.ts';
import { ms, us, UsageError } from '../units/index.ts';
import { CALLS } from './calls.ts';

/**
 * Bounds for a file: the number of acts, with those of callers; a time, in the unit in which it is written; the
 * callers of one group.
 */
const MAX_ACTS = 5000;
const MAX_MS = 600_000;
/** The journal of a test may have more acts: a soak has thousands of cycles. */
const MAX_ACTS_OF_TEST = 20_000;
/** A test may let months pass. */
const MAX_IDLE_MS = 1e10;
const MAX_CALLERS = 16;
/** Maximum number of bytes in a command or a frame. */
const MAX_BYTES = 4096;

/** Text that a person reads in one line. */
const line = z.string().max(400);
const spanMs = z.number().min(0).max(MAX_MS);
const idleMs = z.number().min(0).max(MAX_IDLE_MS);
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

/** Fields of every act that a test did: the error with which it ended there, which the test expected. */
const ended = { threw: line.optional() };
/** Which driver of the test: the first one without it. */
const which = z.number().int().min(0).max(999).optional();
const ofDriver = { driver: which, ...ended };

const command = z.strictObject({
  act: z.literal('command'),
  bytes,
  answer: z
    .strictObject({ code: z.number().int().nonnegative(), size: z.number().int().min(10).optional() })
    .optional()
    .describe('response code and size that the TPM owes; without it any'),
  ...ofDriver,
});
const idle = z.strictObject({ act: z.literal('idle'), forMs: idleMs, ...ended });
const driverSleep = z.strictObject({ act: z.literal('driver-sleep'), kind: sleep, forMs: spanMs });
const fault = z.strictObject({ act: z.literal('fault'), fault: written, ...ended });
const clearFaults = z.strictObject({ act: z.literal('clear-faults'), ...ended });
const probe = z.strictObject({ act: z.literal('probe'), ...ofDriver });
const remove = z.strictObject({ act: z.literal('remove'), ...ofDriver });

/** Bytes as an argument of a call. */
const hexArgument = z.strictObject({ hex: z.union([z.literal(''), bytes]) });
const argument = z.union([
  z.number(),
  z.string().max(100),
  hexArgument,
  z.array(z.strictObject({ hash: z.number(), digest: hexArgument })).max(16),
]);
const call = z.strictObject({
  act: z.literal('call'),
  method: z.enum(CALLS),
  with: z.array(argument).max(6).optional(),
  ...ofDriver,
});

const stepSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exchange'), bytes: hexArgument }),
  z.strictObject({ kind: z.literal('write'), bytes: hexArgument }),
  z.strictObject({ kind: z.literal('read'), size: z.number().int().min(0).max(MAX_BYTES) }),
  z.strictObject({ kind: z.literal('delay'), durationUs: idleMs }),
  z.strictObject({
    kind: z.literal('poll'),
    mask: z.number().int().min(0).max(255),
    value: z.number().int().min(0).max(255),
    limitUs: idleMs,
    timeoutFirst: z.boolean(),
    most: z.number().int().positive().optional(),
    countsByteBefore: z.boolean().optional(),
  }),
]);
const transaction = z.strictObject({
  act: z.literal('transaction'),
  steps: z.array(stepSchema).max(64),
  byTest: z.enum(['frames', 'registers']).optional(),
  csStaysLowAfterError: z.boolean().optional(),
  second: z.literal(true).optional().describe('on the other device of the bus'),
  ...ended,
});

/** What a test does beside the acts of a driver's user. Journals have these acts. */
const ofTests = [
  call,
  transaction,
  probe,
  remove,
  z.strictObject({ act: z.literal('hold-bus'), ...ended }),
  z.strictObject({ act: z.literal('release-bus'), ...ended }),
  z.strictObject({
    act: z.literal('line'),
    line: z.enum(['TPM_RST_L', 'supply']),
    on: z.boolean(),
    ...ended,
  }),
  z.strictObject({ act: z.literal('platform'), to: z.enum(['suspend', 'resume']), kind: sleep, ...ofDriver }),
  z.strictObject({ act: z.literal('firmware'), type: z.enum(['clear', 'state']), ...ended }),
  z.strictObject({ act: z.literal('provoke'), rules: z.array(z.string().max(100)).max(100), ...ended }),
  z.strictObject({ act: z.literal('provoke-end'), ...ended }),
  z.strictObject({ act: z.literal('note'), text: line, ...ended }),
] as const;

/** The acts of one caller in a group. */
const callerAct = z.discriminatedUnion('act', [
  command,
  idle,
  driverSleep,
  fault,
  clearFaults,
  z.strictObject({ act: z.literal('suspend'), kind: sleep, forMs: idleMs, ...ofDriver }),
  ...ofTests,
]);

const number = z.string().regex(/^\d{1,9}$/, 'a number, counted from 0');
const errno = z.number().int().min(0).max(4095);
/** What a test does between two actions of its driver, by how often the place was passed before. */
const atPlace = z.record(number, z.array(callerAct)).optional();
const makeDriver = z.strictObject({
  act: z.literal('make-driver'),
  changes: z.lazy(() => changesSchema).optional(),
  hasInterrupt: z.boolean().optional(),
  hz: z.lazy(() => hzSchema).optional(),
  firstTick: z.number().int().optional(),
  firmwarePowerManaged: z.boolean().optional(),
  rngQuality: z.number().optional(),
  hooks: z
    .strictObject({
      afterInterruptRequest: atPlace,
      beforeLocality: atPlace,
      beforeSend: atPlace,
      whilePolling: atPlace,
    })
    .optional(),
  onTheWay: z
    .strictObject({
      frames: z.record(
        number,
        z.strictObject({
          before: z.array(callerAct).optional(),
          errno: errno.optional(),
          stall: z
            .strictObject({ waitBytes: z.number().int().min(0).max(1e6), limitUs: idleMs })
            .optional()
            .describe('the bus fails as if the chip had not ended its wait state'),
          data: hexArgument.optional().describe('what the driver sees in the place of the data of the frame'),
        }),
      ),
      pulses: z.record(number, errno),
    })
    .optional()
    .describe('what is done to the frames of the driver, by their number'),
  ...ended,
});

const actSchema = z.discriminatedUnion('act', [
  probe.describe('bind the driver'),
  remove.describe('unbind the driver'),
  command.describe('give the driver one TPM command'),
  idle.describe('let time pass'),
  z
    .strictObject({ act: z.literal('suspend'), kind: sleep, forMs: idleMs, ...ofDriver })
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
      callers: z.array(z.array(callerAct)).min(1).max(MAX_CALLERS),
      ...ended,
    })
    .describe('several callers on one host, at the same time'),
  makeDriver.describe('make one more driver for the board'),
  ...ofTests.filter((one) => one !== probe && one !== remove),
]);

const changesSchema = z.record(
  z.string(),
  z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.unknown())]),
);
const hzSchema = z.union([z.literal(100), z.literal(250), z.literal(300), z.literal(1000)]);

const driverSchema = z.strictObject({
  row: z.string().min(1).describe('its name in the table of drivers'),
  changes: changesSchema
    .optional()
    .describe('numbers that differ from the row, by path, times in nanoseconds; null takes a part away'),
  hasInterrupt: z.boolean().optional().describe('the host has the ready interrupt; it has without it'),
  hz: hzSchema.optional().describe("tick rate of the host; the driver's own without it"),
});

/** What is known of the suite test whose journal a procedure is. */
const testSchema = z.strictObject({
  title: z.string().max(1000),
  again: z.string().max(2000).optional().describe('the command that runs the test itself'),
  rig: z.string().max(400).optional().describe('the rig, where it was no simulated one'),
  seen: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('digest of the wires, and of what the acts returned and the drivers logged'),
  at: z.number().int().min(0).optional().describe('the act whose error failed the test'),
  unplayable: z.array(z.string().max(400)).max(100).describe('what the test did that is no act'),
});

const procedureSchema = z
  .strictObject({
    format: z.literal('h1-procedure 1'),
    driver: driverSchema,
    seed: z.number().int().min(0).max(0xffffffff),
    board: simBoardSchema.optional().describe('the simulated board, as in a rig file'),
    fails: line.optional().describe('the failure that the procedure is kept for'),
    startedBy: z
      .literal('nobody')
      .optional()
      .describe("nobody starts the TPM before the first act; the host's firmware does without it"),
    test: testSchema.optional().describe('the suite test whose journal this is'),
    acts: z.array(actSchema).max(MAX_ACTS_OF_TEST),
  })
  .superRefine(({ test, acts }, context) => {
    if (test !== undefined) return;
    if (acts.length > MAX_ACTS)
      context.addIssue({ code: 'custom', path: ['acts'], message: `at most ${MAX_ACTS}` });
    for (const [index, act] of acts.entries())
      for (const path of longPauses(act))
        context.addIssue({
          code: 'custom',
          path: ['acts', index, ...path, 'forMs'],
          message: `at most ${MAX_MS}`,
        });
  });

/** Where an act has a pause that only the journal of a test may have. */
function longPauses(act: z.output<typeof actSchema>): (string | number)[][] {
  if ('forMs' in act) return act.forMs > MAX_MS ? [[]] : [];
  if (act.act !== 'together') return [];
  return act.callers.flatMap((acts, caller) =>
    acts.flatMap((one, at) => ('forMs' in one && one.forMs > MAX_MS ? [['callers', caller, at]] : [])),
  );
}

/** One act of a procedure, as a file has it. */
export type Act = z.input<typeof actSchema>;
export type CallerAct = z.input<typeof callerAct>;
/** What one act is, wherever it stands. */
export type AnyAct = Act | CallerAct;
export type ActKind = Act['act'];
export type ActOf<Kind extends ActKind> = Extract<Act, { readonly act: Kind }>;
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
  const most = checked.data.test === undefined ? MAX_ACTS : MAX_ACTS_OF_TEST;
  if (acts > most)
    throw new ProcedureWrong(
      `${file} has ${acts} acts with those of its callers; at most ${most} are played.`,
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

function sizeOf(act: z.output<typeof actSchema>): number {
  if (act.act === 'together') return act.callers.reduce((sum, acts) => sum + acts.length, 1);
  if (act.act !== 'make-driver') return 1;
  const inHooks = Object.values(act.hooks ?? {}).flatMap((places) => Object.values(places ?? {}));
  const onTheWay = Object.values(act.onTheWay?.frames ?? {}).map(({ before = [] }) => before);
  return [...inHooks, ...onTheWay].reduce((sum, acts) => sum + acts.length, 1);
}

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
