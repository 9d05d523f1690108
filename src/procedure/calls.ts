import type { HostDriver, OwnDriver } from '../driver/index.ts';
import { copyOf, UsageError } from '../units/index.ts';
import { hexBytes } from './hex-bytes.ts';

/** Methods of a driver that an act may call beside `probe`, `remove` and `transmit`, which are acts of their own. */
export const CALLS = [
  'random',
  'fillRandom',
  'pcrRead',
  'pcrExtend',
  'property',
  'hash',
  'firmwareVersion',
  'suspend',
  'resume',
  'abandon',
  'phy.read',
  'phy.readRepeatable',
  'phy.read8',
  'phy.read16',
  'phy.read32',
  'phy.write',
  'phy.write8',
  'phy.write32',
  'core.locality.isOwned',
  'core.locality.request',
  'core.locality.release',
  'core.status.read',
  'core.status.readWord',
  'core.status.ready',
  'core.status.write',
  'core.status.burstCount',
] as const satisfies readonly (keyof HostDriver | keyof OwnDriver | `${'phy' | 'core'}.${string}`)[];
export type Call = (typeof CALLS)[number];
const KNOWN: ReadonlySet<string> = new Set(CALLS);

/** Whether an act can call this method. */
export const isCall = (name: string): name is Call => KNOWN.has(name);

interface Hex {
  readonly hex: string;
}
type Digests = { readonly hash: number; readonly digest: Hex }[];
/** An argument of a call, as a procedure has it. */
export type Argument = number | string | Hex | Digests;

/** Bytes as a procedure has them. */
export const asHex = (bytes: Uint8Array): Hex => ({ hex: Buffer.from(bytes).toString('hex') });
export const ofHex = ({ hex }: Hex): Uint8Array => hexBytes(hex);

/** The arguments of a call as data; undefined when one of them is nothing that an act can have. */
export function asArguments(given: readonly unknown[]): Argument[] | undefined {
  const written = given.map((one) => asArgument(one));
  return written.every((one) => one !== undefined) ? written : undefined;
}

function asArgument(one: unknown): Argument | undefined {
  if (typeof one === 'number' || typeof one === 'string') return one;
  if (one instanceof Uint8Array) return asHex(one);
  if (!Array.isArray(one)) return undefined;
  const digests: Digests = [];
  for (const part of one as readonly { readonly hash?: unknown; readonly digest?: unknown }[]) {
    if (typeof part.hash !== 'number' || !(part.digest instanceof Uint8Array)) return undefined;
    digests.push({ hash: part.hash, digest: asHex(part.digest) });
  }
  return digests;
}

function ofArgument(one: Argument): unknown {
  if (typeof one === 'number' || typeof one === 'string') return one;
  if (!Array.isArray(one)) return ofHex(one);
  return one.map(({ hash, digest }) => ({ hash, digest: ofHex(digest) }));
}

/** Calls a method of a driver. @throws UsageError when this driver does not have it, else what the method throws. */
export async function callOn(
  driver: HostDriver,
  method: Call,
  given: readonly Argument[] = [],
): Promise<unknown> {
  const path = method.split('.');
  const name = path.pop()!;
  let holder: unknown = driver;
  for (const part of path) holder = (holder as Record<string, unknown>)[part];
  const found = (holder as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== 'function')
    throw new UsageError(
      `The driver ${driver.name} has no ${method}. Play the procedure on a rig with a driver of ours.`,
    );
  const returned: unknown = await Reflect.apply(found, holder, given.map(ofArgument));
  return returned instanceof Uint8Array ? copyOf(returned) : returned;
}
