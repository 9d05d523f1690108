import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { LeaseProvider, RigHold, Wish } from '../rig/index.ts';
import { openLeases } from '../rig/index.ts';
import { printable, UsageError } from '../units/index.ts';
import { checkedSpan } from './run-request.ts';

/** How a rig is asked for on the command line. */
export interface LeaseOptions {
  readonly coordinator?: string;
  readonly wait?: string;
  readonly priority?: string;
}

/** `--coordinator` */
export const coordinatorOption = (): Option =>
  new Option(
    '--coordinator <host:port>',
    'labgrid coordinator that leases the rigs; without one they are those of this host',
  ).env('LG_COORDINATOR');

/** Help of every argument that says which rig is wanted. */
export const WISH_HELP = "a place or rig by its name, or tags that have to fit: 'board=h1 health=good'";

const TAG = /^([a-z][a-z0-9_]+)=(\S+)$/;
const MAX_PRIORITY = 1000;
/** So many characters of a random number tell two runs of one user apart. */
const SHOWN_OF_ID = 8;

/** Reads `h1-1`, or `board=h1 firmware=0.5.4`. @throws UsageError */
export function checkedWish(text: string): Wish {
  const words = text.trim().split(/\s+/);
  if (words.length === 1 && !text.includes('=') && text.trim() !== '') return { name: text.trim() };
  const tags = words.map((word) => TAG.exec(word));
  const wrong = words.find((_, i) => tags[i] === null);
  if (wrong !== undefined)
    throw new UsageError(
      `A rig is asked for by its name, or by tags such as board=h1 or health=good, and "${printable(wrong)}" is no tag.`,
    );
  return Object.fromEntries(tags.map((tag) => [tag![1]!, tag![2]!]));
}

/** @throws UsageError */
export const checkedAsking = ({ wait, priority = '0' }: LeaseOptions) => {
  const number = Number(priority);
  if (!/^-?\d+(\.\d+)?$/.test(priority) || Math.abs(number) > MAX_PRIORITY)
    throw new UsageError(
      `--priority takes a number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, and "${printable(priority)}" is none.`,
    );
  return { waitMs: wait === undefined ? 0 : checkedSpan('--wait', wait), priority: number };
};

/** Lets `act` ask for leases, and ends the session with who gives them. @throws CoordinatorUnusable, what `act` throws */
export async function withLeases<T>(
  {
    coordinator,
    rigs = [],
    run,
  }: { readonly coordinator?: string; readonly rigs?: readonly string[]; readonly run?: string },
  act: (leases: LeaseProvider) => Promise<T>,
): Promise<T> {
  const leases = await openLeases({ coordinator, files: rigs.filter((rig) => existsSync(rig)), run });
  try {
    return await act(leases);
  } finally {
    leases.close();
  }
}

/** Has a rig that fits for a run, and gives it back however that ends. */
export function withPlace<T>(
  place: string,
  options: LeaseOptions,
  act: (hold: RigHold) => Promise<T>,
): Promise<T> {
  const [wish, asking] = [checkedWish(place), checkedAsking(options)];
  const rigs = Object.values(wish);
  return withLeases({ ...options, rigs, run: randomUUID().slice(0, SHOWN_OF_ID) }, async (leases) => {
    const hold = await leases.hold(wish, asking);
    process.stderr.write(
      `Rig ${printable(hold.rig)} of ${printable(hold.place)} is held by ${printable(hold.holder)}.\n`,
    );
    try {
      return await act(hold);
    } finally {
      await hold.release();
    }
  });
}
