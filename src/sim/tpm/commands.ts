import { ASSERTION_COMMANDS } from './assertion-commands.ts';
import { ATTEST_COMMANDS } from './attest-commands.ts';
import { capabilityCommands } from './capability-commands.ts';
import { CLOCK_COMMANDS } from './clock-commands.ts';
import type { Command } from './command.ts';
import { CONTEXT_COMMANDS } from './context-commands.ts';
import { CRYPTO_COMMANDS } from './crypto-commands.ts';
import { HASH_COMMANDS } from './hash-commands.ts';
import { HIERARCHY_COMMANDS } from './hierarchy-commands.ts';
import { NV_COMMANDS } from './nv-commands.ts';
import { OBJECT_COMMANDS } from './object-commands.ts';
import { PCR_COMMANDS } from './pcr-commands.ts';
import { POLICY_COMMANDS } from './policy-commands.ts';
import { RANDOM_COMMANDS } from './random-commands.ts';
import { SESSION_COMMANDS } from './session-commands.ts';
import { START_COMMANDS } from './start-commands.ts';
import { TRANSFER_COMMANDS } from './transfer-commands.ts';

/** Every command that some release has, in the order of the codes. */
export const COMMANDS: readonly Command[] = [
  ...START_COMMANDS,
  ...RANDOM_COMMANDS,
  ...CLOCK_COMMANDS,
  ...PCR_COMMANDS,
  ...HASH_COMMANDS,
  ...HIERARCHY_COMMANDS,
  ...NV_COMMANDS,
  ...SESSION_COMMANDS,
  ...POLICY_COMMANDS,
  ...ASSERTION_COMMANDS,
  ...OBJECT_COMMANDS,
  ...CRYPTO_COMMANDS,
  ...TRANSFER_COMMANDS,
  ...ATTEST_COMMANDS,
  ...CONTEXT_COMMANDS,
  ...capabilityCommands(() => COMMANDS),
].sort((a, b) => a.code - b.code);

/** The commands by their codes. */
export const BY_CODE: ReadonlyMap<number, Command> = new Map(
  COMMANDS.map((command) => [command.code, command]),
);
