import type { BoardRestriction, ImageHeader } from './header.ts';
import { isOlder } from './header.ts';
import { Section } from './section.ts';

/** Names of the simulated keys. [CHIP 10.3] */
const KEY_ID = { RO: 0xaa66150f, RW: 0xde88588d } as const;

/** [CHIP 5.3] */
const RO_SIZE = 0x3000;
export const RW_SIZE = 0x39000;

/** The RO image of the captured board, which every simulated chip comes with. [CHIP 4.5] */
const FACTORY_RO = { epoch: 0, major: 0, minor: 11, checksum: 0x4d655eab, imageSize: RO_SIZE };
const NO_RESTRICTION: BoardRestriction = { type: 0, mask: 0, flags: 0 };

type Version = Pick<ImageHeader, 'epoch' | 'major' | 'minor'>;

interface Running {
  readonly section: Section;
  /** The header as it was when the chip booted. */
  readonly header: ImageHeader;
}

/** The four sections, and which two of them run: the newest whole image of each kind. [CHIP 5.3] */
export class Flash {
  readonly #ro: readonly [Section, Section] = [
    new Section('RO_A', 0x00000, RO_SIZE, KEY_ID.RO),
    new Section('RO_B', 0x40000, RO_SIZE, KEY_ID.RO),
  ];
  readonly #rw: readonly [Section, Section] = [
    new Section('RW_A', 0x04000, RW_SIZE, KEY_ID.RW),
    new Section('RW_B', 0x44000, RW_SIZE, KEY_ID.RW),
  ];
  #runningRo: Running;
  #runningRw: Running;

  /** The chip comes with its images in the B sections; the A sections are erased. */
  constructor(version: Version, boards: BoardRestriction = NO_RESTRICTION) {
    const { epoch, major, minor } = version;
    const ro = { ...FACTORY_RO, keyId: KEY_ID.RO, boards: NO_RESTRICTION };
    const rw = { epoch, major, minor, keyId: KEY_ID.RW, checksum: 0, imageSize: RW_SIZE, boards };
    this.#ro[1].install(ro);
    this.#rw[1].install(rw);
    this.#runningRo = { section: this.#ro[1], header: ro };
    this.#runningRw = { section: this.#rw[1], header: rw };
  }

  get ro(): Running {
    return this.#runningRo;
  }

  get rw(): Running {
    return this.#runningRw;
  }

  /** Only these can be written. */
  get inactiveRo(): Section {
    return otherOf(this.#ro, this.#runningRo);
  }

  get inactiveRw(): Section {
    return otherOf(this.#rw, this.#runningRw);
  }

  /** The chip starts: the newest images that may run do. */
  boot(): void {
    this.#runningRo = newest(this.#ro, this.#runningRo);
    this.#runningRw = newest(this.#rw, this.#runningRw);
  }
}

const otherOf = ([a, b]: readonly [Section, Section], { section }: Running): Section =>
  section === a ? b : a;

/** The A section where both are of one version. */
function newest([a, b]: readonly [Section, Section], before: Running): Running {
  const inA = a.image;
  const inB = b.image;
  if (inA !== undefined && (inB === undefined || !isOlder(inA, inB))) return { section: a, header: inA };
  return inB === undefined ? before : { section: b, header: inB };
}
