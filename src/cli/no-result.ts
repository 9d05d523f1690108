import { LabFailure } from '../units/index.ts';

/** A run ended without what it was to measure. */
export class NoResult extends LabFailure {
  readonly blames = 'lab service';
}
