import type { Item, Morning, MovedOnRig, State, Unrun } from '../../src/history/index.ts';
import { showMoment, STATES } from '../../src/history/index.ts';

/** What each state is called, and what it means, for a reader who sees the page for the first time. */
export const MEANING: Readonly<Record<State, { readonly title: string; readonly says: string }>> = {
  new: { title: 'New', says: 'never seen before this night' },
  flaky: { title: 'Flaky', says: 'failed, and passed although nothing had changed' },
  known: { title: 'Known', says: 'seen in nights before, and no pass since without a change' },
  quarantined: { title: 'Quarantined', says: 'run and told, and they do not decide the night' },
  'not run': { title: 'Not seen', says: 'open failures that this night could not show' },
  fixed: { title: 'Fixed', says: 'they were there, and pass so that chance does not explain it' },
};

/** One failure with all tests and drivers that have it in the same state. */
export interface Group {
  readonly state: State;
  readonly first: Item;
  readonly items: readonly Item[];
}

/** The failures of a night, by state and signature. */
export function groupsOf(items: readonly Item[]): Group[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = `${item.state}\n${item.signature.hash}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].map((all) => ({ state: all[0]!.state, first: all[0]!, items: all }));
}

/** How many failures each state has. */
export function countsOf({ items }: Morning): { readonly state: State; readonly count: number }[] {
  const groups = groupsOf(items);
  return STATES.map((state) => ({ state, count: groups.filter((one) => one.state === state).length }));
}

/** `Monday, 30 November 2026`. @param night as `2026-11-30` */
export function showNight(night: string): string {
  const [year, month, day] = night.split('-').map(Number);
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(
    Date.UTC(year!, month! - 1, day),
  );
}

/** `failed 3 of 41, 7.3 % (1.5 % to 20 %)`. */
export function showRate({ failed, of, from, to }: Item['rate']): string {
  return `failed ${failed} of ${of}, ${percent(failed / of)} (${percent(from)} to ${percent(to)})`;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** `first seen 2026-11-28 02:15, last seen 2026-11-30 02:15`. */
export const showSeen = ({ first, last }: Item): string =>
  first === last
    ? `seen ${showMoment(last)}`
    : `first seen ${showMoment(first)}, last seen ${showMoment(last)}`;

/** The numbers of a rule or time that moved, before and after. */
export function movedTexts(
  one: MovedOnRig,
): Readonly<Record<'before' | 'after' | 'change' | 'margin', string>> {
  const value = (number: number): string => `${Number(number.toPrecision(4))} ${one.unit}`;
  return {
    ...{ before: value(one.before), after: value(one.after) },
    change: `${one.change >= 0 ? '+' : ''}${(100 * one.change).toFixed(1)} %`,
    margin:
      one.marginBefore === null || one.marginAfter === null
        ? 'no limit'
        : `${value(one.marginBefore)} to ${value(one.marginAfter)}`,
  };
}

/** One sentence for the whole night. */
export function sentenceOf(morning: Morning): string {
  const told = countsOf(morning).filter(({ count }) => count > 0);
  const failures =
    told.length === 0
      ? 'no failure'
      : told.map(({ state, count }) => `${count} ${MEANING[state].title.toLowerCase()}`).join(', ');
  const rigs = new Set(morning.runs.map(({ rig }) => rig)).size;
  return `${counted(morning.runs.length, 'run')} on ${counted(rigs, 'rig')}: ${failures}`;
}

/** Why tests said nothing, with all rigs that have the reason. */
export function reasonsOf(unrun: readonly Unrun[]): (Pick<Unrun, 'outcome' | 'reason' | 'example'> & {
  readonly rigs: readonly string[];
  readonly tests: string;
})[] {
  const reasons = new Map<string, Unrun[]>();
  for (const one of unrun) {
    const key = `${one.outcome}\n${one.reason}`;
    reasons.set(key, [...(reasons.get(key) ?? []), one]);
  }
  return [...reasons.values()].map((all) => {
    const counts = [...new Set(all.map(({ tests }) => tests))].sort((a, b) => a - b);
    const { outcome, reason, example } = all[0]!;
    const tests = counts.length === 1 ? `${counts[0]}` : `${counts[0]} to ${counts.at(-1)}`;
    return { outcome, reason, example, tests, rigs: all.map(({ rig }) => rig).sort() };
  });
}

/** `1 run`, `2 runs`. */
export const counted = (count: number, word: string): string =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
