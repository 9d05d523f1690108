/** The option of every subcommand of `h1-hil rig` that can print JSON. */
export interface JsonOption {
  readonly json?: true;
}

/** The argument of every subcommand that works on a rig: its form and its help. */
export const RIG_ARGUMENT = ['<rig>', 'rig of rigs/, or path to a rig file'] as const;

/** The examples of a help text, with a line for each. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
