import type { Command, Option } from 'commander';
import { UsageError } from '../units/index.ts';

/**
 * Refuses an option that is given twice: the last one would win, and the first one would be lost without a word. An option that
 * takes several values may come again.
 */
export function refuseRepeatedOptions(command: Command): void {
  for (const option of command.options) if (option.required && !option.variadic) refuseRepeated(option);
  for (const inner of command.commands) refuseRepeatedOptions(inner);
}

function refuseRepeated(option: Option): void {
  let first: string | undefined;
  const read = option.parseArg;
  option.argParser((value: string, previous: unknown) => {
    const name = option.long ?? option.short;
    if (first !== undefined)
      throw new UsageError(`${name} was given twice, with ${first} and with ${value}. Give it once.`);
    first = value;
    return read === undefined ? value : read<unknown>(value, previous);
  });
}
