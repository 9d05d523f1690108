import type { HostDriver } from '../../fixtures/index.ts';
import { execute, hex, hexBytes, lacksAbility, tpm } from '../../fixtures/index.ts';

/** The empty password, as the only session of a command. [TPM2 Part 1, 19.4] */
export const PASSWORD = '00000009 40000009 0000 00 0000';

/** The one session with this password, in hexadecimal. */
export function passwordOf(text: string): string {
  const length = text.length / 2;
  return `${word(9 + length)} 40000009 0000 00 ${length.toString(16).padStart(4, '0')} ${text}`;
}

/** What a command of one session answers that has no parameters. [TPM2 Part 1, 18.10] */
export const DONE = '000 00000000 0000 01 0000';

/** The parts of a command behind its header, in hexadecimal, blanks allowed. */
export interface Body {
  readonly handles?: string;
  readonly sessions?: string;
  /** They may be made of what the command before answered behind its header. */
  readonly parameters?: string | ((before: string) => string);
}

/** One command of a script: what it does, its code, what it carries, and what the TPM has to answer. */
export interface Line {
  readonly does: string;
  readonly code: number;
  readonly body: Body;
  /**
   * The response code in hexadecimal, and the bytes behind the header, as far as they are known. Where TPMs differ:
   * all codes that are right, as in `084/101`.
   */
  readonly answer: string;
}

/** One line of a script. */
export const line = (does: string, code: number, body: Body, answer: string): Line => ({
  does,
  code,
  body,
  answer,
});

const bare = (text: string): string => text.replaceAll(' ', '');
const word = (value: number): string => value.toString(16).padStart(8, '0');

/** Lays a command out: tag and size follow from its parts. [TPM2 Part 1, 18] */
export function bytesOf({ code, body }: Line, before: string): Uint8Array {
  const { handles = '', sessions = '', parameters = '' } = body;
  const last = typeof parameters === 'string' ? parameters : parameters(before);
  const content = bare(handles + sessions + last);
  const tag = sessions === '' ? '8001' : '8002';
  const text = tag + word(10 + content.length / 2) + word(code) + content;
  return Uint8Array.from(hexBytes(text.replace(/..(?=.)/g, '$& ')));
}

const FORMAT_ONE = 0x80;
const OF_PARAMETER = 0x40;

/**
 * The response code without the number of a parameter, which only some commands of the chip name. Numbers of handles and
 * sessions stay. [CHIP 5.5] [TPM2 Part 2, 6.6.3]
 */
export function plainCode(code: number): string {
  const isNumbered = (code & FORMAT_ONE) !== 0 && (code & OF_PARAMETER) !== 0;
  return (isNumbered ? code & 0xbf : code).toString(16).padStart(3, '0');
}

/** Response code and the bytes behind the header: `000`, or `000 000400112233`. */
export async function answerTo(driver: HostDriver, bytes: Uint8Array): Promise<string> {
  const answer = bare(hex(await driver.transmit(bytes)));
  return `${plainCode(Number.parseInt(answer.slice(12, 20), 16))} ${answer.slice(20)}`;
}

/** What a script expects and what was seen, both as one sentence a command, so that a difference reads by itself. */
export interface Played {
  readonly expected: readonly string[];
  readonly seen: readonly string[];
}

/**
 * Which of these commands the firmware has, for a test of many that needs none. [CHIP 5.5]
 *
 * @throws an error that blames the chip, when its list leaves out a command that its version has
 */
export async function hasCommands(
  driver: HostDriver,
  codes: readonly number[],
  rig: Parameters<typeof lacksAbility>[1],
): Promise<(code: number) => boolean> {
  const { items } = await execute(driver, tpm.getCommands(0));
  const known = new Set(items.map(({ code }) => code));
  if (rig.abilities.has('command') && !codes.every((code) => known.has(code))) lacksAbility('command', rig);
  return (code) => known.has(code);
}

/**
 * Skips the test on a firmware that does not have each of these commands. [CHIP 5.5]
 *
 * @throws an error that blames the chip, when its list leaves out a command that its version has
 */
export async function needsCommands(
  driver: HostDriver,
  codes: readonly number[],
  rig: Parameters<typeof lacksAbility>[1],
): Promise<void> {
  const has = await hasCommands(driver, codes, rig);
  if (!codes.every(has)) lacksAbility('command', rig);
}

/**
 * Sends the commands of a script. Skips the test on a firmware that does not have each of them: an answer depends on the commands
 * before. [CHIP 5.5]
 *
 * @throws an error that blames the chip, when its list leaves out a command that its version has
 */
export async function play(
  driver: HostDriver,
  script: readonly Line[],
  rig: Parameters<typeof lacksAbility>[1],
): Promise<Played> {
  await needsCommands(
    driver,
    script.map(({ code }) => code),
    rig,
  );
  const expected: string[] = [];
  const seen: string[] = [];
  let before = '';
  for (const command of script) {
    const answer = await answerTo(driver, bytesOf(command, before));
    before = answer.slice(answer.indexOf(' ') + 1);
    const [codes = '', ...bytes] = command.answer.split(' ');
    const code = codes.split('/').find((one) => answer.startsWith(`${one} `)) ?? codes;
    const isKnown = bytes.length > 0;
    expected.push(`${command.does}: ${code} ${bytes.join('')}`);
    seen.push(`${command.does}: ${isKnown ? answer : `${answer.split(' ')[0]} `}`);
  }
  return { expected, seen };
}
