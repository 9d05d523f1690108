import { TPM_CC } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command, nothing } from './command.ts';

/** TPM_SU. [TPM2 Part 2, 6.10] */
export type StartupType = 'clear' | 'state';
const TPM_SU: Readonly<Record<StartupType, number>> = { clear: 0, state: 1 };

/** [TPM2 Part 3, 9.3] */
export const startup = (type: StartupType): TpmCommand<void> =>
  command({
    name: 'Startup',
    code: TPM_CC.Startup,
    parameters: (to) => to.u16(TPM_SU[type]),
    decode: nothing,
  });

/** [TPM2 Part 3, 9.4] */
export const shutdown = (type: StartupType): TpmCommand<void> =>
  command({
    name: 'Shutdown',
    code: TPM_CC.Shutdown,
    parameters: (to) => to.u16(TPM_SU[type]),
    decode: nothing,
  });

/** [TPM2 Part 3, 10.2] */
export const selfTest = (which: 'full' | 'rest'): TpmCommand<void> =>
  command({
    name: 'SelfTest',
    code: TPM_CC.SelfTest,
    parameters: (to) => to.u8(which === 'full' ? 1 : 0),
    decode: nothing,
  });

/** [TPM2 Part 3, 10.4] */
export const getTestResult = (): TpmCommand<{ readonly data: Uint8Array; readonly result: number }> =>
  command({
    name: 'GetTestResult',
    code: TPM_CC.GetTestResult,
    decode: (from) => ({ data: from.sized(), result: from.u32() }),
  });
