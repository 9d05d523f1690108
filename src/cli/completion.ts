import type { Command } from 'commander';

/** Words that a shell offers for the values of options and for arguments, by the name of the option or of the argument. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

/** What a command offers: its own commands, its options, and the words of its first argument. */
interface Offer {
  /** The command's name with those above it, without the program's: `rig show`; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
  /** Options that take a value that is known, with the words. */
  readonly values: readonly { readonly flags: readonly string[]; readonly words: readonly string[] }[];
}

/**
 * The completion of a command line as a script for bash, which zsh reads too after `bashcompinit`. Where nothing is known
 * the shell offers files.
 */
export function completionScript(program: Command, known: KnownWords): string {
  const name = program.name();
  const offers = offersOf(program, '', known);
  const paths = offers.map(({ path }) => path).filter((path) => path !== '');
  return `# Completion of ${name} for bash, and for zsh with bashcompinit.
_h1_hil() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${cases(paths)}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path:$prev" in
${offers.flatMap(valueCases).join('\n')}
    *)
      case "$path" in
${offers.map(({ path, words }) => `        '${path}') words='${words.join(' ')}' ;;`).join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _h1_hil ${name} ./${name}
`;
}

const cases = (words: readonly string[]): string => words.map((word) => `'${word}'`).join('|');

const valueCases = ({ path, values }: Offer): string[] =>
  values.map(
    ({ flags, words }) =>
      `    ${cases(flags.map((flag) => `${path}:${flag}`))}) words='${words.join(' ')}' ;;`,
  );

function offersOf(command: Command, path: string, known: KnownWords): Offer[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  const flagsOf = ({ long, short }: (typeof options)[number]): string[] =>
    [long, short].filter((flag) => typeof flag === 'string');
  const argument = command.registeredArguments[0];
  const inner = command.commands.map((one) => one.name());
  const own: Offer = {
    path,
    words: [
      ...inner,
      ...((argument === undefined ? undefined : wordsOf(argument.name(), argument.argChoices, known)) ?? []),
      ...options.flatMap(({ long }) => long ?? []),
      '--help',
    ],
    values: options.flatMap((option) => {
      const words = wordsOf(option.name(), option.argChoices, known);
      return words === undefined || option.isBoolean() ? [] : [{ flags: flagsOf(option), words }];
    }),
  };
  return [
    own,
    ...command.commands.flatMap((one) =>
      offersOf(one, path === '' ? one.name() : `${path} ${one.name()}`, known),
    ),
  ];
}

const wordsOf = (
  name: string,
  choices: readonly string[] | undefined,
  known: KnownWords,
): readonly string[] | undefined => choices ?? (Object.hasOwn(known, name) ? known[name] : undefined);
