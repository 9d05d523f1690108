import type { DeviceLog } from '../log/driver-log.ts';
import type { ProbeRules } from '../profile.ts';
import type { TisCore } from '../tis/tis-core.ts';
import { ERRNO, DriverError } from '../errors.ts';
import { ResponseMalformed, TPM_PT, TPM_ST } from '../../wire/index.ts';
import type { ChipAccess } from './chip-access.ts';
import { TpmRefused } from './chip-errors.ts';
import type { CommandAttributes, StartupType } from '../../tpm/index.ts';
import { getCommands, selfTest, startup, TPM_RC } from '../../tpm/index.ts';
import { codeOf, tagOf } from './header-fields.ts';
import type { PcrBank } from './pcr-banks.ts';
import { readBanks } from './pcr-banks.ts';
import { getProperty, TOTAL_COMMANDS } from './properties.ts';
import type { Work } from '../work.ts';

/** TPM_CC_FIRST. [DRIVER 3.5] */
const FIRST_COMMAND = 0x11f;

/** Whether a TPM 2.0 answers: the tag of any answer tells. A failure counts as a TPM 1.2. [DRIVER 3.4] */
export function* probeTpm2(chip: ChipAccess): Work<boolean> {
  try {
    return tagOf((yield* chip.command(TOTAL_COMMANDS)).response) === TPM_ST.NO_SESSIONS;
  } catch (error) {
    if (error instanceof DriverError) return false;
    throw error;
  }
}

/** What the driver learns of a TPM when it registers it. */
export interface Inventory {
  /** Each command it implements; empty in field failure mode. */
  readonly commands: readonly CommandAttributes[];
  readonly banks: readonly PcrBank[];
}

const NOTHING: Inventory = { commands: [], banks: [] };

/** Tests the TPM, starts it up when nobody did, and reads its commands and PCR banks. [DRIVER 3.5] */
export function* startUp(
  chip: ChipAccess,
  core: TisCore,
  probe: ProbeRules,
  log: DeviceLog,
): Work<Inventory> {
  if (!chip.isTpm2) return yield* startUp12(chip, log);
  core.useStartedTimeouts();
  yield* testAndStart(chip, log);
  let commands: Inventory['commands'];
  try {
    commands = yield* readCommands(chip);
  } catch (error) {
    if (!probe.survivesFieldFailure || !(error instanceof DriverError)) throw error;
    log.info('TPM in field failure mode, requires firmware upgrade');
    return NOTHING;
  }
  return { commands, banks: yield* readBanks(chip) };
}

/** Starts the TPM up by hand. */
export function* startManually(chip: ChipAccess, type: StartupType, log: DeviceLog): Work<number> {
  log.info('starting up the TPM manually');
  const { code } = yield* chip.command(startup(type), { what: 'attempting to start the TPM' });
  return code;
}

function* testAndStart(chip: ChipAccess, log: DeviceLog): Work<void> {
  let code = yield* doSelfTest(chip);
  if (code === TPM_RC.INITIALIZE) {
    code = yield* startManually(chip, 'clear', log);
    if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it was started up');
    code = yield* doSelfTest(chip);
  }
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it had to test itself');
}

/** The quick test; when that fails, once the full one. */
function* doSelfTest(chip: ChipAccess): Work<number> {
  let code = 0;
  for (const which of ['rest', 'full'] as const) {
    code = (yield* chip.command(selfTest(which), { what: 'attempting the self test' })).code;
    if (code === TPM_RC.TESTING) code = 0;
    if (code === 0 || code === TPM_RC.INITIALIZE) return code;
  }
  return code;
}

function* readCommands(chip: ChipAccess): Work<Inventory['commands']> {
  const count = yield* getProperty(chip, TPM_PT.TOTAL_COMMANDS);
  const { code, answer } = yield* chip.command(getCommands(FIRST_COMMAND, count), { body: 9 + 4 * count });
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it was asked for its commands');
  const { items } = answer();
  if (items.length !== count)
    throw new ResponseMalformed(
      `The response lists ${items.length} commands of the ${count} that the TPM says it has.`,
    );
  return items;
}

/** GetCapability of a TPM 1.2 for its TIS timeouts: the first command of a 1.2 start-up. */
const GET_TIMEOUTS_12 = Uint8Array.from([
  ...[0x00, 0xc1, 0x00, 0x00, 0x00, 0x16, 0x00, 0x00, 0x00, 0x65],
  ...[0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x01, 0x15],
]);

/** The start-up of a TPM 1.2 begins with its timeouts, and no H1 gets further. */
function* startUp12(chip: ChipAccess, log: DeviceLog): Work<Inventory> {
  const what = 'attempting to determine the timeouts';
  let code: number;
  try {
    code = codeOf(yield* chip.transmit(GET_TIMEOUTS_12));
  } catch (error) {
    if (error instanceof DriverError) log.error(`A TPM error (${error.errno}) occurred ${what}`);
    throw error;
  }
  throw new TpmRefused(ERRNO.ENODEV, code, 'it was started up as a TPM 1.2');
}
