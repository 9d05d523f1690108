/** Names the file that says with which mutants each test is run. Without it each test is run once, and without any. */
export const PLAN_VARIABLE = 'H1_HIL_MUTANT_PLAN';

/** The title of a test that is run with a mutant ends so. */
export const titleWith = (title: string, id: string): string => `${title} ⟨${id}⟩`;

/** The title of a test and the mutant with which it is run; undefined for a title that names none. */
export function mutantIn(title: string): { readonly title: string; readonly id: string } | undefined {
  const [, plain, id] = /^(.*) ⟨(\d+)⟩$/s.exec(title) ?? [];
  return plain === undefined || id === undefined ? undefined : { title: plain, id };
}
