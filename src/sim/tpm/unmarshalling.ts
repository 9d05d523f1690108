import { BEGINNING } from '../../units/index.ts';
import { Random } from '../random.ts';
import type { LibraryProfile } from '../tpm-engine.ts';
import { Refusal } from './codes.ts';
import type { Command } from './command.ts';
import { CommandReader } from './reader.ts';
import { TpmState } from './state.ts';
import { ResponseWriter } from './writer.ts';

/** Commands without parameters. Whatever stands in their place is not looked at. [CHIP 5.5] */
export const TAKES_NO_PARAMETERS: ReadonlySet<number> = new Set([
  0x11f, 0x122, 0x126, 0x134, 0x138, 0x139, 0x13d, 0x14f, 0x15e, 0x162, 0x163, 0x169, 0x16b, 0x173, 0x17c,
  0x180, 0x181, 0x189, 0x18c,
]);

/** All parameters were read, and the action would begin. */
class Unmarshalled extends Error {}

/** Ends a command between the last of its parameters and its action. */
class ParameterReader extends CommandReader {
  override finish(): never {
    super.finish();
    throw new Unmarshalled();
  }
}

/**
 * How unmarshalling refuses the parameters of a command, which takes some; undefined when it takes them. Nothing is
 * executed.
 */
export function unmarshallingRefusal(
  command: Command,
  parameters: Uint8Array,
  profile: LibraryProfile,
): number | undefined {
  const state = new TpmState(new Random(0), () => BEGINNING, profile);
  const call = { state, command, handles: command.handles.map(() => 0), response: new ResponseWriter() };
  try {
    command.run({ ...call, parameters: new ParameterReader(parameters) });
  } catch (end) {
    if (end instanceof Unmarshalled) return undefined;
    if (end instanceof Refusal) return end.code;
    throw end;
  }
  return undefined;
}
