import { RULES } from '../trace/index.ts';

/** Every rule of the trace with its source. */
export const RULE_SOURCES: ReadonlyMap<string, string> = new Map(RULES.map(({ id, source }) => [id, source]));
