/** What every subcommand of `h1-hil rig` that has JSON takes. */
export interface JsonOption {
  readonly json?: true;
}

export const RIG_ARGUMENT = ['<rig>', 'rig of rigs/, or path to a rig file'] as const;

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** The help's examples, one a line. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
