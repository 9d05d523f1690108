import { LabFailure, UsageError } from '../units/index.ts';

/** The history cannot be read or written now. The verdict of a run does not depend on it. */
export class HistoryUnusable extends LabFailure {
  readonly blames = 'lab service';
}

/** The place that was named holds no history. */
export class NoHistory extends UsageError {}

/** No run of the history fits, or more than one. */
export class RunUnclear extends UsageError {}
