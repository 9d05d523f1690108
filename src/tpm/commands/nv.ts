import { TPM_ALG, TPM_CC, TPM_RH, TpmWriter } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command, EMPTY_PASSWORD, nothing } from './command.ts';

/** OWNERWRITE, OWNERREAD and NO_DA. [TPM2 Part 2, 13.4] */
const BY_OWNER = 0x02020002;

/** An ordinary index of the owner, with an empty password. [TPM2 Part 3, 31.3] */
export const nvDefine = (index: number, size: number): TpmCommand<void> =>
  command({
    name: 'NV_DefineSpace',
    code: TPM_CC.NV_DefineSpace,
    handles: [TPM_RH.OWNER],
    passwords: [EMPTY_PASSWORD],
    parameters: (to) => {
      const area = new TpmWriter()
        .u32(index)
        .u16(TPM_ALG.SHA256)
        .u32(BY_OWNER)
        .sized(EMPTY_PASSWORD)
        .u16(size);
      to.sized(EMPTY_PASSWORD).sized(area.done());
    },
    decode: nothing,
  });

/** [TPM2 Part 3, 31.4] */
export const nvUndefine = (index: number): TpmCommand<void> =>
  command({
    name: 'NV_UndefineSpace',
    code: TPM_CC.NV_UndefineSpace,
    handles: [TPM_RH.OWNER, index],
    passwords: [EMPTY_PASSWORD],
    decode: nothing,
  });

/** [TPM2 Part 3, 31.7] */
export const nvWrite = (index: number, data: Uint8Array, offset = 0): TpmCommand<void> =>
  command({
    name: 'NV_Write',
    code: TPM_CC.NV_Write,
    handles: [TPM_RH.OWNER, index],
    passwords: [EMPTY_PASSWORD],
    parameters: (to) => to.sized(data).u16(offset),
    decode: nothing,
  });

/** [TPM2 Part 3, 31.13] */
export const nvRead = (index: number, size: number, offset = 0): TpmCommand<Uint8Array> =>
  command({
    name: 'NV_Read',
    code: TPM_CC.NV_Read,
    handles: [TPM_RH.OWNER, index],
    passwords: [EMPTY_PASSWORD],
    parameters: (to) => to.u16(size).u16(offset),
    decode: (from) => from.sized(),
  });
