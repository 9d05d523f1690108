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

export interface UpdateOptions {
  /** What to bring; the RW image alone without it. RW always goes first. */
  readonly sections?: readonly SectionKind[];
  /** Milliseconds from the last answer to the reboot, 0 for none, at most 1000. */
  readonly rebootAfterMs?: number;
  readonly onBlock?: (section: ImageSection, offset: number) => void;
}

export interface UpdateDone {
  /** What ran before, and where the chip wanted its images. */
  readonly offer: UpdateOffer;
  readonly brought: readonly ImageSection[];
}

/**
 * Brings the images of a file to the sections that do not run, and turns them on. The chip runs them from its next boot
 * on: with `rebootAfterMs` it reboots by itself, and the driver has to be bound anew afterwards.
 * @throws ImageUnusable before anything is sent, UpdateRefused when the chip takes a block not, UpdateIncomplete when it
 * turns fewer images on than it took, TpmError when it knows no such command.
 */
export async function updateFirmware(
  transmitter: Transmitter,
  file: Uint8Array,
  { sections = ['rw'], rebootAfterMs = 1000, onBlock }: UpdateOptions = {},
): Promise<UpdateDone> {
  const offer = await execute(transmitter, beginUpdate());
  if (offer.status !== 0) throw new UpdateRefused(0, offer.status);
  if (offer.protocol !== PROTOCOL)
    throw new ImageUnusable(`The chip speaks update protocol ${offer.protocol}, this client ${PROTOCOL}.`);
  const wanted = (['rw', 'ro'] as const).filter((kind) => sections.includes(kind));
  const brought = wanted.map((kind) => readSection(file, kind, offer.bases[kind]));
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
