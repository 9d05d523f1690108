import type { SpiStep } from '../board/index.ts';
import { inUs, us } from '../units/index.ts';
import { asHex, ofHex } from './calls.ts';
import type { ActOf } from './schema.ts';

type WrittenStep = ActOf<'transaction'>['steps'][number];

/** The steps of a transaction, of those that a procedure has. */
export const stepsOf = (steps: readonly WrittenStep[]): SpiStep[] => steps.map((step) => stepOf(step));

function stepOf(step: WrittenStep): SpiStep {
  switch (step.kind) {
    case 'exchange':
    case 'write':
      return { kind: step.kind, bytes: ofHex(step.bytes) };
    case 'read':
      return step;
    case 'delay':
      return { kind: 'delay', duration: us(step.durationUs) };
    case 'poll': {
      const { limitUs, most, countsByteBefore, ...rest } = step;
      return {
        ...rest,
        limit: us(limitUs),
        ...(most !== undefined && { most }),
        ...(countsByteBefore !== undefined && { countsByteBefore }),
      };
    }
  }
}

/** The steps as a procedure has them. */
export const writtenSteps = (steps: readonly SpiStep[]): WrittenStep[] =>
  steps.map((step) => writtenStep(step));

function writtenStep(step: SpiStep): WrittenStep {
  switch (step.kind) {
    case 'exchange':
    case 'write':
      return { kind: step.kind, bytes: asHex(step.bytes) };
    case 'read':
      return { kind: 'read', size: step.size };
    case 'delay':
      return { kind: 'delay', durationUs: inUs(step.duration) };
    case 'poll': {
      const { mask, value, limit, timeoutFirst, most, countsByteBefore } = step;
      return {
        ...{ kind: 'poll', mask, value, limitUs: inUs(limit), timeoutFirst },
        ...(most !== undefined && { most }),
        ...(countsByteBefore !== undefined && { countsByteBefore }),
      };
    }
  }
}
