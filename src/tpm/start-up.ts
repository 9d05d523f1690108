import type { DeviceLog, ProbeRules, TisCore } from '../tis/index.ts';
import { ERRNO, StackError } from '../tis/index.ts';
import type { Chip } from './chip.ts';
import { RC } from './chip.ts';
import { ResponseMalformed, TpmRefused } from './chip-errors.ts';
import type { PcrBank } from './pcr-banks.ts';
import { readBanks } from './pcr-banks.ts';
import {
  CAPABILITY,
  getCapability,
  getTimeouts12,
  readU32,
  selfTest,
  startup,
  tagOf,
} from './kernel-commands.ts';
import type { StartupType } from './kernel-commands.ts';
import { getProperty, PROPERTY } from './properties.ts';

const NO_SESSIONS = 0x8001;
const FIRST_COMMAND = 0x11f;

/** Whether a TPM 2.0 answers: the tag of any answer tells. A failure counts as a TPM 1.2. [DRIVER 3.4] */
export async function probeTpm2(chip: Chip): Promise<boolean> {
  try {
    const { response } = await chip.command(
      getCapability(CAPABILITY.properties, PROPERTY.totalCommands, 1),
      0,
    );
    return tagOf(response) === NO_SESSIONS;
  } catch (error) {
    if (error instanceof StackError) return false;
    throw error;
  }
}

/** What the driver learns of a TPM when it registers it. */
export interface Inventory {
  /** Attribute word of each command it implements; empty in field failure mode. */
  readonly commands: readonly number[];
  readonly banks: readonly PcrBank[];
}

const NOTHING: Inventory = { commands: [], banks: [] };

/** Tests the TPM, starts it up when nobody did, and reads its commands and PCR banks. [DRIVER 3.5] */
export async function startUp(
  chip: Chip,
  core: TisCore,
  probe: ProbeRules,
  log: DeviceLog,
): Promise<Inventory> {
  if (!chip.isTpm2) return startUp12(chip, log);
  core.useStartedTimeouts();
  await testAndStart(chip, log);
  let commands: readonly number[];
  try {
    commands = await readCommands(chip);
  } catch (error) {
    if (!probe.survivesFieldFailure || !(error instanceof StackError)) throw error;
    log.info('TPM in field failure mode, requires firmware upgrade');
    return NOTHING;
  }
  return { commands, banks: await readBanks(chip) };
}

/** Starts the TPM up by hand. */
export async function startManually(chip: Chip, type: StartupType, log: DeviceLog): Promise<number> {
  log.info('starting up the TPM manually');
  const { code } = await chip.command(startup(type), 0, 'attempting to start the TPM');
  return code;
}

async function testAndStart(chip: Chip, log: DeviceLog): Promise<void> {
  let code = await doSelfTest(chip);
  if (code === RC.initialize) {
    code = await startManually(chip, 'clear', log);
    if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it was started up');
    code = await doSelfTest(chip);
  }
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it had to test itself');
}

/** The quick test; when that fails, once the full one. */
async function doSelfTest(chip: Chip): Promise<number> {
  let code = 0;
  for (const full of [false, true]) {
    code = (await chip.command(selfTest(full), 0, 'attempting the self test')).code;
    if (code === RC.testing) code = 0;
    if (code === 0 || code === RC.initialize) return code;
  }
  return code;
}

async function readCommands(chip: Chip): Promise<readonly number[]> {
  const count = await getProperty(chip, PROPERTY.totalCommands);
  const { code, response } = await chip.command(
    getCapability(CAPABILITY.commands, FIRST_COMMAND, count),
    9 + 4 * count,
  );
  if (code !== 0) throw new TpmRefused(ERRNO.ENODEV, code, 'it was asked for its commands');
  const listed = readU32(response, 15);
  if (listed !== count) throw new ResponseMalformed('with the command table', 4 * listed, 4 * count);
  return Array.from({ length: count }, (_, i) => readU32(response, 19 + 4 * i));
}

/** The start-up of a TPM 1.2 begins with its timeouts, and no H1 gets further. */
async function startUp12(chip: Chip, log: DeviceLog): Promise<Inventory> {
  const what = 'attempting to determine the timeouts';
  let code: number;
  try {
    ({ code } = await chip.command(getTimeouts12(), 0, what));
  } catch (error) {
    if (error instanceof StackError) log.error(`A TPM error (${error.errno}) occurred ${what}`);
    throw error;
  }
  throw new TpmRefused(ERRNO.ENODEV, code, 'it was started up as a TPM 1.2');
}
