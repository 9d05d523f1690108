import { HilError } from '../../units/index.ts';
import type { FirmwareVersion } from './versions.ts';
import { isBefore, parseVersion } from './versions.ts';

/** The releases that the sources tell of, from the first to the last of each line; majors of a pair are one code. */
const RELEASES: readonly {
  readonly majors: readonly number[];
  readonly first: number;
  readonly last: number;
}[] = [
  { majors: [0], first: 1, last: 26 },
  { majors: [3, 4], first: 1, last: 28 },
  { majors: [5, 6], first: 1, last: 280 },
];

/** A firmware version that no source tells of, so that nobody knows how it behaves. */
export class UnknownFirmwareVersion extends HilError {
  readonly blames = 'usage';

  constructor(
    readonly text: string,
    readonly nearest: readonly string[],
  ) {
    super(
      `Cr50 ${text} is no release that the sources of the simulated chip tell of. The nearest known: ${nearest.join(', ')}. ` +
        `To open it all the same, write \`unknownVersion: allow\` beside it in the rig file, or give --unknown-version allow to ` +
        `chip serve; it then behaves like ${nearest[0]!}.`,
    );
  }
}

const isKnown = ({ epoch, major, minor }: FirmwareVersion): boolean =>
  epoch === 0 &&
  RELEASES.some(({ majors, first, last }) => majors.includes(major) && minor >= first && minor <= last);

/** First and last of each line, oldest first. */
const edges: readonly string[] = RELEASES.flatMap(({ majors, first, last }) =>
  [first, last].map((minor) => `0.${majors[0]!}.${minor}`),
);

/** The last known release before a version, or the first of all, and then the one behind it. */
function nearestTo(version: FirmwareVersion): string[] {
  const after = edges.findIndex((edge) => isBefore(version, edge));
  if (after === 0) return edges.slice(0, 1);
  return after < 0 ? edges.slice(-1) : edges.slice(after - 1, after + 1);
}

/** A version to run, and the known release that it behaves like where it is not known itself. */
export interface RunnableVersion {
  readonly version: FirmwareVersion;
  readonly behavesLike?: string;
}

/**
 * Reads a version that a chip is to come with.
 *
 * @throws BadFirmwareVersion when it cannot be read, UnknownFirmwareVersion when no source tells of it and
 * `allowsUnknown` is not given.
 */
export function runnableVersion(text: string, allowsUnknown: boolean): RunnableVersion {
  const version = parseVersion(text);
  if (isKnown(version)) return { version };
  const nearest = nearestTo(version);
  if (!allowsUnknown) throw new UnknownFirmwareVersion(text, nearest);
  return { version, behavesLike: nearest[0]! };
}
