import { join } from 'node:path';
import type { Command } from 'commander';
import { Argument } from 'commander';
import { PROFILES } from '../../driver/index.ts';
import { knownRigs } from '../../rig/index.ts';
import { RULES } from '../../trace/index.ts';
import { completionScript } from '../completion.ts';
import { ROOT } from '../root.ts';
import { JUDGING_MODES } from '../run-request.ts';
import { suitesOf } from '../test-choice.ts';

/** `h1-hil completion`: the completion of this command line for a shell. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the completion of this command line for bash or zsh')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `
Examples:
  source <(h1-hil completion bash)                 for this shell
  h1-hil completion bash >> ~/.bash_completion     for every bash
  h1-hil completion zsh >> ~/.zshrc                for every zsh`,
    )
    .action((shell: 'bash' | 'zsh') => {
      const script = completionScript(program, {
        rig: knownRigs(),
        profile: ['all', ...PROFILES.keys()],
        suite: suitesOf(join(ROOT, 'suites')),
        rules: RULES.map(({ id }) => id),
        twin: JUDGING_MODES,
        judging: JUDGING_MODES,
      });
      process.stdout.write(shell === 'zsh' ? `autoload -U bashcompinit && bashcompinit\n${script}` : script);
    });
}
