import type { Transmitter } from '../commands/execute.ts';
import { execute } from '../commands/execute.ts';
import { turnUpdateOn } from '../commands/vendor.ts';
import type { UpdateOffer } from './block.ts';
import { beginUpdate, BLOCK_SIZE, updateBlock } from './block.ts';
import { ImageUnusable, UpdateIncomplete, UpdateRefused } from './errors.ts';
import type { ImageSection, SectionKind } from './image.ts';
import { readSection } from './image.ts';

/** The protocol this client speaks. [CHIP 5.3] */
const PROTOCOL = 6;

/** What an update brings, and how it ends. */
export interface UpdateOptions {
  /** What to bring; the RW image alone without it. RW always goes first. */
  readonly sections?: readonly SectionKind[];
  /** Milliseconds from the last answer to the reboot, 0 for none, at most 1000. */
  readonly rebootAfterMs?: number;
  readonly onBlock?: (section: ImageSection, offset: number) => void;
}

/** What an update did. */
export interface UpdateDone {
  /** What ran before, and where the chip wanted its images. */
  readonly offer: UpdateOffer;
  readonly brought: readonly ImageSection[];
}

/**
 * Writes the images of a file to the sections that are not running, and turns them on. The file may be made from what
 * the chip says of itself. The chip runs the images from its next boot on. With `rebootAfterMs` the chip reboots by itself; bind the driver again afterwards.
 * @throws ImageUnusable before any block is sent; UpdateRefused when the chip refuses a block; UpdateIncomplete when it
 * turns on fewer images than it accepted; TpmError when it does not know the update command.
 */
export async function updateFirmware(
  transmitter: Transmitter,
  file: Uint8Array | ((offer: UpdateOffer) => Uint8Array),
  { sections = ['rw'], rebootAfterMs = 1000, onBlock }: UpdateOptions = {},
): Promise<UpdateDone> {
  const offer = await execute(transmitter, beginUpdate());
  if (offer.status !== 0) throw new UpdateRefused(0, offer.status);
  if (offer.protocol !== PROTOCOL)
    throw new ImageUnusable(`The chip speaks update protocol ${offer.protocol}, this client ${PROTOCOL}.`);
  const wanted = (['rw', 'ro'] as const).filter((kind) => sections.includes(kind));
  const bytes = typeof file === 'function' ? file(offer) : file;
  const brought = wanted.map((kind) => readSection(bytes, kind, offer.bases[kind]));
  for (const section of brought) await bring(transmitter, section, onBlock);
  const turnedOn = await execute(transmitter, turnUpdateOn(rebootAfterMs));
  if (turnedOn !== brought.length) throw new UpdateIncomplete(brought.length, turnedOn);
  return { offer, brought };
}

async function bring(
  transmitter: Transmitter,
  section: ImageSection,
  onBlock: UpdateOptions['onBlock'],
): Promise<void> {
  const { base, bytes } = section;
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const status = await execute(transmitter, updateBlock(base + at, bytes.subarray(at, at + BLOCK_SIZE)));
    if (status !== 0) throw new UpdateRefused(base + at, status);
    onBlock?.(section, at);
  }
}
