import { LabFailure } from '../units/index.ts';

/** A run ended, and left no result to measure. */
export class NoResult extends LabFailure {
  readonly blames = 'lab service';
}
