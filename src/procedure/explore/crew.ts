import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LabFailure, UsageError } from '../../units/index.ts';
import type { Batch, BatchResult } from './batch.ts';
import type { Bounds } from './bounds.ts';
import type { WorkerAnswer } from './worker.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Loads TypeScript, whatever way the command itself was started. */
const LOADING = ['--import', new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url).href];
/** Procedures in one batch: few enough for frequent progress, enough that the messages cost nothing. */
const BATCH = 25;

/** A process ended while it played procedures. */
class PlayerGone extends LabFailure {
  readonly blames = 'lab service';
}

/** What is explored, and in how many processes. */
export interface Exploration {
  readonly bounds: Bounds;
  readonly seed: number;
  /** Maximum number of procedures. */
  readonly most: number;
  /** Number of processes that play at the same time. */
  readonly jobs: number;
  /** Gets the result of each batch, in the order of the procedures. Returns whether to go on. */
  readonly tell: (result: BatchResult) => boolean;
}

/**
 * Plays the procedures of a seed in several processes, until `tell` returns false or all are played.
 * @throws LabFailure when a process ends, UsageError when a procedure cannot be played
 */
export async function explore(exploration: Exploration): Promise<void> {
  const { jobs, most } = exploration;
  const line = new BatchLine(exploration);
  const crew = Array.from({ length: Math.min(jobs, Math.ceil(most / BATCH)) }, () =>
    fork(WORKER, { execArgv: LOADING }),
  );
  try {
    await Promise.all(crew.map((player) => work(player, line)));
  } finally {
    for (const player of crew) player.kill();
  }
}

/**
 * Hands out batches in order, and passes their results on in the same order. So the order does not depend on which
 * process is faster.
 */
class BatchLine {
  #next = 0;
  #told = 0;
  #isOver = false;
  readonly #waiting = new Map<number, BatchResult>();

  constructor(private readonly exploration: Exploration) {}

  take(): Batch | undefined {
    const { bounds, seed, most } = this.exploration;
    const from = this.#next;
    if (this.#isOver || from >= most) return undefined;
    const count = Math.min(BATCH, most - from);
    this.#next += count;
    return { bounds, seed, from, count };
  }

  give(result: BatchResult): void {
    this.#waiting.set(result.from, result);
    for (let next = this.#waiting.get(this.#told); next !== undefined && !this.#isOver;) {
      this.#waiting.delete(this.#told);
      this.#told += next.played;
      this.#isOver = !this.exploration.tell(next);
      next = this.#waiting.get(this.#told);
    }
  }
}

async function work(player: ChildProcess, line: BatchLine): Promise<void> {
  for (let batch = line.take(); batch !== undefined; batch = line.take())
    line.give(await played(player, batch));
}

function played(player: ChildProcess, batch: Batch): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null, signal: string | null): void => {
      reject(
        new PlayerGone(
          `The process that played procedures ${batch.from} to ${batch.from + batch.count - 1} ended (${signal ?? code ?? 'no code'}). Play them again with --jobs 1.`,
        ),
      );
    };
    player.once('exit', gone);
    player.once('message', (answer: WorkerAnswer) => {
      player.off('exit', gone);
      if ('result' in answer) resolve(answer.result);
      else reject(new UsageError(answer.failed));
    });
    player.send(batch);
  });
}
