import { HilError } from '../../units/index.ts';

/** Why the chip refused a block, by status. [CHIP 5.3] */
const REASONS: Readonly<Record<number, string>> = {
  1: 'bad address',
  2: 'erase failure',
  3: 'digest does not match',
  4: 'write failure',
  5: 'verify failure',
  6: 'general error',
  7: 'no memory',
  8: 'rollback to an older version',
  9: 'rate limit: 60 s have to pass',
  10: 'block overlaps a header without bringing it whole',
  11: 'header truncated or image too small',
  12: 'image is for another board ID',
  13: 'image is for other board flags',
  14: 'image is for another device',
};

/** The file is no image this chip could take. Nothing was sent to it. */
export class ImageUnusable extends HilError {
  readonly blames = 'test';
}

/** The chip refused to begin, or a block; the section it was for may be erased already. */
export class UpdateRefused extends HilError {
  readonly blames = 'chip';

  constructor(
    readonly base: number,
    /** As the chip gave it. [CHIP 5.3] */
    readonly status: number,
  ) {
    const reason = REASONS[status] ?? 'no reason that is documented';
    super(
      `The chip refused the firmware block at 0x${base.toString(16).padStart(5, '0')} with status ${status}: ${reason}.`,
    );
  }
}

/** The blocks went in, but the chip turned on fewer images than were brought. */
export class UpdateIncomplete extends HilError {
  readonly blames = 'chip';

  constructor(
    readonly brought: number,
    readonly turnedOn: number,
  ) {
    super(`${brought} images were brought to the chip, and TURN_UPDATE_ON turned on ${turnedOn} of them.`);
  }
}
