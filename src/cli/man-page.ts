import type { Command } from 'commander';

/** What stands in the page beside the commands. */
export interface ManPage {
  readonly version: string;
  /** What each exit code means. */
  readonly exits: readonly (readonly [number, string])[];
  /** Variables of the environment. */
  readonly variables: readonly (readonly [string, string])[];
  readonly files: readonly (readonly [string, string])[];
}

/** The manual page of a command line, in the macros of man(7): each command with its options and its examples. */
export function manPage(program: Command, { version, exits, variables, files }: ManPage): string {
  const name = program.name();
  return [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ...['.SH NAME', `${escaped(name)} \\- ${escaped(program.description())}`],
    ...['.SH SYNOPSIS', `.B ${escaped(name)}`, '[options] [command]'],
    ...[
      '.SH COMMANDS',
      ...commandsOf(program, name).flatMap(({ command, path }) => sectionOf(command, path)),
    ],
    ...['.SH EXIT STATUS', ...exits.flatMap(([code, what]) => entry(String(code), what))],
    ...['.SH ENVIRONMENT', ...variables.flatMap(([variable, what]) => entry(variable, what))],
    ...['.SH FILES', ...files.flatMap(([file, what]) => entry(file, what))],
    '',
  ].join('\n');
}

interface Named {
  readonly command: Command;
  /** The words that call it: `h1-hil rig show`. */
  readonly path: string;
}

/** The commands that do something, each behind those that hold it. */
const commandsOf = (above: Command, path: string): Named[] =>
  above.commands.flatMap((command) => {
    const own = `${path} ${command.name()}`;
    const inner = commandsOf(command, own);
    return inner.length > 0 ? inner : [{ command, path: own }];
  });

function sectionOf(command: Command, path: string): string[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  return [
    `.SS ${escaped(`${path} ${command.usage()}`)}`,
    escaped(command.description()),
    ...command.registeredArguments.flatMap((argument) => entry(argument.name(), argument.description)),
    ...options.flatMap(({ flags, description, defaultValue }) =>
      entry(flags, `${description}${defaultOf(defaultValue)}`),
    ),
    ...helpAfter(command),
  ];
}

const defaultOf = (value: unknown): string =>
  value === undefined || value === false ? '' : ` (default: ${JSON.stringify(value)})`;

/** What a command's help says behind the list of its options, such as examples, as it stands. */
function helpAfter(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const after = help.slice(command.helpInformation().length).trim();
  return after === '' ? [] : ['.PP', '.nf', ...after.split('\n').map(escaped), '.fi'];
}

const entry = (term: string, text: string): string[] => ['.TP', `.B ${escaped(term)}`, escaped(text)];

/** A text of one line for roff: a backslash, a hyphen that is copied, a sign beyond ASCII, and a first sign that would be a request. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(
      /[^ -~]/gu,
      (sign) => `\\[u${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=[.'])/, '\\&');
