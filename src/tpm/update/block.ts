import { createHash } from 'node:crypto';
import type { TpmReader } from '../../wire/index.ts';
import { TpmWriter } from '../../wire/index.ts';
import type { TpmCommand } from '../commands/command.ts';
import { vendorCommand } from '../commands/vendor.ts';
import type { ImageVersion } from './image.ts';

/** The most data one block has; all but the last of an image have as much. [CHIP 5.3] */
export const BLOCK_SIZE = 1024;

/** What the chip answers to the beginning of an update. [CHIP 5.3] */
export interface UpdateOffer {
  readonly status: number;
  readonly protocol: number;
  /** Where in flash the sections are that do not run, and that can be written. */
  readonly bases: { readonly ro: number; readonly rw: number };
  /** What runs. */
  readonly running: { readonly ro: ImageVersion; readonly rw: ImageVersion };
  readonly keyIds: { readonly ro: number; readonly rw: number };
}

/** Begins an update. [CHIP 5.3] */
export const beginUpdate = (): TpmCommand<UpdateOffer> =>
  vendorCommand(
    'FW_UPGRADE',
    (from) => ({
      status: from.u32(),
      protocol: from.u32(),
      bases: { ro: from.u32(), rw: from.u32() },
      running: { ro: readVersion(from), rw: readVersion(from) },
      keyIds: { ro: from.u32(), rw: from.u32() },
    }),
    { payload: new Uint8Array(8) },
  );

/** Brings one block of an image; answers with its status, 0 when it is in flash. [CHIP 5.3] */
export const updateBlock = (base: number, data: Uint8Array): TpmCommand<number> => {
  const body = new TpmWriter().u32(base).bytes(data).done();
  const digest = createHash('sha1').update(body).digest().subarray(0, 4);
  return updatePdu(new TpmWriter().bytes(digest).bytes(body).done());
};

/** A block as it stands, right or wrong: digest, base, data. */
export const updatePdu = (payload: Uint8Array): TpmCommand<number> =>
  vendorCommand('FW_UPGRADE', (from) => from.u8(), { payload });

/** In this order, other than everywhere else. [CHIP 5.3] */
function readVersion(from: TpmReader): ImageVersion {
  const minor = from.u32();
  const major = from.u32();
  return { epoch: from.u32(), major, minor };
}
