import { cyclePower, pulseReset } from '../host/index.ts';
import type { Fingerprint } from '../history/index.ts';
import type { OpenRig } from '../rig/index.ts';
import { HilError } from '../units/index.ts';
import type { Sung } from './canary.ts';
import { sing } from './canary.ts';

/** The ways to help a rig, from the one that touches least. `controller` closes the rig and opens it anew. */
export const RUNGS = ['reset', 'power', 'controller'] as const;
export type Rung = (typeof RUNGS)[number];

/** How often each rung is taken before the next one. */
export type Budgets = Readonly<Record<Rung, number>>;
export const USUAL_BUDGETS: Budgets = { reset: 1, power: 2, controller: 1 };

/** How a rig was found, and what helped. */
export interface Proof extends Sung {
  /** Rungs that were taken, in order; when the rig is good in the end, the last one helped. */
  readonly rungs: readonly Rung[];
  /** What was wrong at first, before any rung. */
  readonly atFirst: readonly string[];
}

/** Opens the rig; called again after it was closed. */
type Opener = () => Promise<OpenRig>;

/**
 * Lets the canary sing; while the rig is not good, takes the next rung that it has, and lets it sing again. The rig is
 * closed afterwards. Errors of the lab are told, and never thrown.
 */
export async function prove(open: Opener, budgets: Budgets = USUAL_BUDGETS): Promise<Proof> {
  const rungs: Rung[] = [];
  const stage = new Stage(open);
  try {
    const first = await stage.sing();
    let last = first;
    for (const rung of RUNGS)
      for (let time = 0; time < budgets[rung] && last.wrong.length > 0; time++) {
        if (!(await stage.take(rung))) break;
        rungs.push(rung);
        last = await stage.sing();
      }
    return { ...last, rungs, atFirst: first.wrong };
  } finally {
    await stage.close();
  }
}

/** A rig that is opened when it is needed, and may fail to open. */
class Stage {
  #open: OpenRig | undefined;

  constructor(private readonly opener: Opener) {}

  async sing(): Promise<Sung> {
    try {
      this.#open ??= await this.opener();
    } catch (failure) {
      if (!(failure instanceof HilError)) throw failure;
      return { right: [], wrong: [failure.message], fingerprint: undefined };
    }
    return sing(this.#open);
  }

  /** @returns false when the rig does not have that rung */
  async take(rung: Rung): Promise<boolean> {
    if (rung === 'controller') {
      await this.close();
      return true;
    }
    const board = this.#open?.board;
    if (board === undefined || board[rung] === undefined) return false;
    try {
      await (rung === 'reset' ? pulseReset(board) : cyclePower(board));
    } catch (failure) {
      // That the rung did not work shows in the next canary.
      if (!(failure instanceof HilError)) throw failure;
    }
    return true;
  }

  /** What a rig that does not work says at its end has been told before. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      await open?.board.close();
    } catch (failure) {
      if (!(failure instanceof HilError)) throw failure;
    }
  }
}

/** What a proof says of a rig, in one sentence. */
export function showProof({ wrong, atFirst, rungs, right }: Proof): string {
  const taken = rungs.join(', ');
  if (wrong.length > 0)
    return `The canary failed: ${wrong.join(' ')}${rungs.length === 0 ? '' : ` Tried: ${taken}.`}`;
  const helped = rungs.length === 0 ? '' : ` after ${taken}; before: ${atFirst.join(' ')}`;
  return `The canary passed (${right.join('; ')})${helped}`;
}

/** Whether the proof is good, and so has a fingerprint. */
export const isGood = (proof: Proof): proof is Proof & { readonly fingerprint: Fingerprint } =>
  proof.wrong.length === 0;
