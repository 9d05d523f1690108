import type { Batch, BatchResult } from './batch.ts';
import { BatchPlayer } from './batch.ts';

/** What a process answers to a batch: its result, or why it could not be played. */
export type WorkerAnswer = { readonly result: BatchResult } | { readonly failed: string };

const player = new BatchPlayer();

process.on('message', (batch: Batch) => {
  player.play(batch).then(
    (result) => process.send?.({ result } satisfies WorkerAnswer),
    (error: unknown) =>
      process.send?.({
        failed: error instanceof Error ? error.message : String(error),
      } satisfies WorkerAnswer),
  );
});
process.on('disconnect', () => {
  process.exit(0);
});
