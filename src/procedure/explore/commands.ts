import type { Act } from '../schema.ts';

type Command = Extract<Act, { act: 'command' }>;

/** Response codes. [TPM2 Part 2, 6.6] */
const SUCCESS = 0;
const COMMAND_CODE = 0x143;

const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, '0');

/** TPM2_GetRandom. The TPM gives `count` bytes, up to the size of its largest digest. [TPM2 Part 3, 16.1] */
export const getRandom = (count: number): Command => ({
  act: 'command',
  bytes: `80010000000c0000017b${hex(count, 2)}`,
  answer: { code: SUCCESS, size: 12 + count },
});

/**
 * A command with a code that no TPM has, and `size` bytes. It tests the way of a command through the FIFO.
 * [TPM2 Part 2, 6.5.2]
 */
export const unknownCommand = (size: number, fill: number): Command => ({
  act: 'command',
  bytes: `8001${hex(size, 4)}000001ff${hex(fill, 1).repeat(size - 10)}`,
  answer: { code: COMMAND_CODE, size: 10 },
});

/** TPM2_PCR_Extend of PCR 16 with a SHA-256 digest of equal bytes. [TPM2 Part 3, 22.2] */
export const extend = (fill: number): Command => ({
  act: 'command',
  bytes: `80020000004100000182000000100000000940000009000000000000000001000b${hex(fill, 1).repeat(32)}`,
  answer: { code: SUCCESS, size: 19 },
});

/** Commands without a parameter that is drawn. [TPM2 Part 3, 10.2, 22.4 and 30.2] */
export const PLAIN_COMMANDS: readonly Command[] = [
  // GetCapability(commands, 256 of them) and PCR_Read(16, SHA-256)
  { act: 'command', bytes: '8001000000160000017a000000020000011f00000100', answer: { code: SUCCESS } },
  {
    act: 'command',
    bytes: '8001000000140000017e00000001000b03000001',
    answer: { code: SUCCESS, size: 62 },
  },
  // SelfTest(full)
  { act: 'command', bytes: '80010000000b0000014301', answer: { code: SUCCESS, size: 10 } },
];
