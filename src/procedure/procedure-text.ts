import type { Procedure } from './schema.ts';

/** A procedure as the text of a file, with one act in each line. */
export function procedureText({ acts, ...head }: Procedure): string {
  const lines = Object.entries(head).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  );
  const list = acts.map((act) => `    ${JSON.stringify(act)}`).join(',\n');
  return `{\n${lines.join('\n')}\n  "acts": [\n${list}\n  ]\n}\n`;
}
