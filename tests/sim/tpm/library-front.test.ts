import { expect, test } from '@playwright/test';
import type { LibraryProfile, TpmEngine } from '../../../src/sim/index.ts';
import { DEFAULT_PROFILE, LibraryFront } from '../../../src/sim/index.ts';
import { CORE_COMMANDS } from '../../../src/sim/tpm/library.ts';
import { COMMANDS } from '../../../src/sim/tpm/commands.ts';
import { TAKES_NO_PARAMETERS, unmarshallingRefusal } from '../../../src/sim/tpm/unmarshalling.ts';
import { command, PASSWORD, refusal, STARTUP_CLEAR, SUCCESS } from './library.ts';

/** A TPM of any make: success for Startup, then always the same refusal. */
class Refuser implements TpmEngine {
  asked = 0;
  constructor(private readonly code: number) {}

  execute(command: Uint8Array): Uint8Array {
    this.asked++;
    const isStartup = command[9] === 0x44;
    return Uint8Array.from(Buffer.from(isStartup ? SUCCESS : refusal(this.code), 'hex'));
  }

  reset(): void {
    this.asked = 0;
  }

  powerCycle(): void {
    this.asked = 0;
  }
}

function front(code: number, profile: LibraryProfile = DEFAULT_PROFILE) {
  const behind = new Refuser(code);
  const library = new LibraryFront(behind);
  library.powerCycle(profile);
  const send = (command: string): string =>
    Buffer.from(library.execute(Buffer.from(command.replaceAll(' ', ''), 'hex'))).toString('hex');
  send(STARTUP_CLEAR);
  behind.asked = 0;
  return { behind, send };
}

const PCR_READ = '8001 00000014 0000017e 00000001 000b 03 010000';
const NV_READ_PUBLIC = '8001 0000000e 00000169 01500003';
const NV_READ = '8002 00000023 0000014e 40000001 01500003 00000009 40000009 0000 00 0000 0008 0000';
const POLICY_PASSWORD = '8001 0000000e 0000018c 03000000';

for (const [command, behind, chip, what] of [
  [PCR_READ, 0x1da, 0x09a, 'parameter 1 insufficient'],
  [PCR_READ, 0x1d5, 0x095, 'parameter 1 of a bad size'],
  [PCR_READ, 0x1c3, 0x083, 'a bad hash'],
  [PCR_READ, 0x144, 0x095, 'a bad authorization size'],
  [PCR_READ, 0x100, 0x100, 'not started'],
  [NV_READ_PUBLIC, 0x18b, 0x18b, 'handle 1: the look-up of entities names it'],
  [NV_READ, 0x98e, 0x98e, 'session 1 with a bad authorization'],
] as const)
  test(`${what}: ${behind.toString(16)} behind is ${chip.toString(16)} in front [CHIP 5.5]`, () => {
    expect(front(behind).send(command)).toBe(refusal(chip));
  });

test('a command that the release has not never reaches what lies behind [CHIP 5.5]', () => {
  const { behind, send } = front(0, { ...DEFAULT_PROFILE, commands: CORE_COMMANDS });
  expect(send(POLICY_PASSWORD)).toBe(refusal(0x143));
  expect(behind.asked).toBe(0);
  const old = front(0);
  old.send(POLICY_PASSWORD);
  expect(old.behind.asked).toBe(1);
});

test('a second Startup is 0x100 before its type is looked at [CHIP 5.5]', () => {
  const { behind, send } = front(0);
  expect(send('8001 0000000c 00000144 0007')).toBe(refusal(0x100));
  expect(behind.asked).toBe(0);
});

test('GetCapability tells the commands of the release, whatever lies behind [CHIP 5.5]', () => {
  const query = '8001 00000016 0000017a 00000002 00000000 000000ff';
  const count = (profile?: LibraryProfile): number =>
    Number.parseInt(front(0x143, profile).send(query).slice(30, 38), 16);
  expect(count()).toBe(92);
  expect(count({ ...DEFAULT_PROFILE, commands: CORE_COMMANDS })).toBe(63);
});

/** A TPM that takes everything, and remembers what came last. */
class Taker implements TpmEngine {
  last = '';
  execute(command: Uint8Array): Uint8Array {
    this.last = Buffer.from(command).toString('hex');
    return Uint8Array.from(Buffer.from(SUCCESS, 'hex'));
  }
  reset(): void {
    this.last = '';
  }
  powerCycle(): void {
    this.last = '';
  }
}

function frontOfTaker() {
  const behind = new Taker();
  const library = new LibraryFront(behind);
  const send = (text: string): string =>
    Buffer.from(library.execute(Buffer.from(text.replaceAll(' ', ''), 'hex'))).toString('hex');
  send(STARTUP_CLEAR);
  behind.reset();
  return { behind, send };
}

test('what stands behind a command without parameters is cut off, as the chip does not look at it [CHIP 5.5]', () => {
  const { behind, send } = frontOfTaker();
  expect(send(command(0x13d, { handles: '00000010', sessions: PASSWORD, parameters: 'aabb' }))).toBe(SUCCESS);
  expect(behind.last).toBe(command(0x13d, { handles: '00000010', sessions: PASSWORD }));
});

test('what the chip cannot read never reaches a TPM that could [CHIP 5.5]', () => {
  const { behind, send } = frontOfTaker();
  // TestParms of RSA with 3072 bits, and ECC_Parameters of P-521.
  expect(send(command(0x18a, { parameters: '0001 0010 0010 0c00 00000000' }))).toBe(refusal(0x084));
  expect(send(command(0x178, { parameters: '0005' }))).toBe(refusal(0x0a6));
  expect(behind.last).toBe('');
});

test('handles and passwords are judged before parameters that cannot be read [TPM2 ExecCommand.c]', () => {
  const tooLong = command(0x129, { handles: '40000001', sessions: PASSWORD, parameters: '0041 00' });
  expect(front(0x9a2).send(tooLong)).toBe(refusal(0x9a2));
  expect(front(0x1da).send(tooLong)).toBe(refusal(0x095));
});

test('a handle that is not there is named before sessions that are not taken [TPM2 ExecCommand.c]', () => {
  const contextSave = command(0x162, { handles: '80000001', sessions: PASSWORD });
  expect(front(0x910).send(contextSave)).toBe(refusal(0x910));
});

test('an encrypted parameter is not looked at: only the TPM behind can read it [TPM2 Part 1, 21]', () => {
  const sessions = '00000009 02000000 0000 20 0000';
  const { behind, send } = frontOfTaker();
  const encrypted = command(0x17d, { sessions, parameters: 'ffff' });
  expect(send(encrypted)).toBe(SUCCESS);
  expect(behind.last).toBe(encrypted);
});

test('four sessions are 0xd95, and sessions where none are taken 0x145 [CHIP 5.5]', () => {
  expect(front(0xc95).send(PCR_READ)).toBe(refusal(0xd95));
  const { behind, send } = frontOfTaker();
  expect(send(command(0x181, { sessions: PASSWORD }))).toBe(refusal(0x145));
  expect(behind.last).toBe('');
});

test('every command but those without parameters refuses their lack, and none of those is run to find out', () => {
  const refused = COMMANDS.filter(({ code }) => !TAKES_NO_PARAMETERS.has(code)).map((each) => [
    each.name,
    unmarshallingRefusal(each, new Uint8Array(), DEFAULT_PROFILE),
  ]);
  expect(refused.filter(([, code]) => code !== 0x09a)).toEqual([]);
  expect(refused.length + TAKES_NO_PARAMETERS.size).toBe(COMMANDS.length);
});
