import { BEGINNING } from '../../units/index.ts';
import { Random } from '../random.ts';
import type { LibraryProfile } from '../tpm-engine.ts';
import { ALG, RC, Refusal } from './codes.ts';
import type { Command } from './command.ts';
import { isComputed } from './curves.ts';
import { readPublic, readSensitive } from './public-area.ts';
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

const skipSized = (reader: CommandReader): void => {
  reader.take(reader.u16());
};

/** Commands that bring a public area: what stands before it, and how a curve is refused that the chip does not compute on. */
const WITH_AREA: Readonly<
  Record<number, { readonly skip: (reader: CommandReader) => void; readonly code: number }>
> = {
  0x131: { skip: skipSized, code: RC.value },
  0x153: { skip: skipSized, code: RC.value },
  0x156: { skip: skipSized, code: RC.key },
  0x157: { skip: skipSized, code: RC.key },
  0x167: {
    skip: (reader) => {
      if (reader.u16() > 0) readSensitive(reader);
    },
    code: RC.key,
  },
};

/** How the chip refuses the key that a command brings or asks for; undefined when its curve is no obstacle. [CHIP 5.5] */
export function curveRefusal({ code }: Command, parameters: Uint8Array): number | undefined {
  const place = WITH_AREA[code];
  if (place === undefined) return undefined;
  const reader = new CommandReader(parameters);
  place.skip(reader);
  const { type, parameters: details } = reader.boxed(readPublic);
  return type !== ALG.ecc || isComputed(details.curve!) ? undefined : place.code;
}
