import { locality, TPM_FW_VER } from '../../wire/index.ts';
import { DriverError } from '../errors.ts';
import type { Phy } from '../phy/phy.ts';
import type { VersionRules } from '../profile.ts';
import type { Work } from '../work.ts';

/** The content of a buffer that no read has filled. [BUGS L-04] */
const LEFT_ON_THE_STACK = 0xaa;

/**
 * The text of the firmware version: a write rewinds it, and reads follow until a zero byte or the profile's limit.
 * [DRIVER 1.9] [CHIP 4.5]
 */
export function* readFirmwareVersion(phy: Phy, which: number, rules: VersionRules): Work<string> {
  const register = locality(TPM_FW_VER, which);
  const attempt = (access: Work<void>): Work<void> => (rules.ignoresErrors ? forgive(access) : access);
  const chunk = new Uint8Array(rules.chunk).fill(LEFT_ON_THE_STACK);
  yield* attempt(phy.write(register, Uint8Array.of(0)));
  let text = '';
  while (text.length < rules.limit) {
    yield* attempt(phy.read(register, chunk));
    for (const byte of chunk) {
      if (byte === 0 || text.length === rules.limit) return text;
      text += String.fromCharCode(byte);
    }
  }
  return text;
}

function* forgive(access: Work<void>): Work<void> {
  try {
    yield* access;
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
  }
}
