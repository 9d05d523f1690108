import type { Command } from 'commander';
import { RULES } from '../../trace/index.ts';
import { limitColumn } from '../rule-verdicts.ts';

/** `h1-hil rules`: lists the rules that every trace is judged by. */
export function addRules(program: Command): void {
  program
    .command('rules')
    .description('list the rules by which a trace is judged')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  h1-hil rules\n  h1-hil decode boot.sal --rules pulse-delay')
    .action(({ json }: { readonly json?: true }) => {
      if (json === true) {
        const rules = RULES.map(({ id, title, limit, unit, source, needs }) => ({
          id,
          title,
          limit,
          unit,
          source,
          needs,
        }));
        process.stdout.write(`${JSON.stringify(rules, undefined, 2)}\n`);
        return;
      }
      const limits = limitColumn(RULES);
      for (const [i, { id, title, source }] of RULES.entries())
        process.stdout.write(`${id.padEnd(26)} ${limits[i]!} ${title}. ${source}\n`);
    });
}
