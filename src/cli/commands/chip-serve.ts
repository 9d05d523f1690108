import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { EngineName } from '../../boards/sim/index.ts';
import { ENGINES } from '../../boards/sim/index.ts';
import { BadFirmwareVersion, UnknownFirmwareVersion } from '../../sim/index.ts';
import { hertz, LabFailure, UsageError } from '../../units/index.ts';
import { ChipSession } from '../../chip-protocol/index.ts';
import { linesOf, TOO_LONG } from '../lines.ts';
import { hasGone, listenAt } from '../local-socket.ts';
import { checkedSeed } from '../run-request.ts';

interface ServeOptions {
  readonly firmware?: string;
  readonly unknownVersion?: 'allow';
  readonly seed: string;
  readonly engine: EngineName;
  readonly sck: string;
  readonly waitBytes?: string;
  readonly socket?: string;
}

/** `h1-hil chip serve`: the simulated chip behind lines of text, for drivers in other languages. */
export function addChipServe(chip: Command): void {
  chip
    .command('serve', { isDefault: true })
    .description('the chip on stdin and stdout, or on a Unix socket, for a driver in any language')
    .option('--firmware <version>', 'Cr50 RW version whose behaviour the chip has', '0.5.4')
    .addOption(
      new Option(
        '--unknown-version <allow>',
        'opens a version that no source tells of; it then behaves like the last known one before it',
      ).choices(['allow']),
    )
    .option('-s, --seed <number>', 'seed of what is drawn, 0 to 4294967295', '1')
    .addOption(
      new Option('--engine <name>', 'TPM library inside the chip').choices(ENGINES).default('built-in'),
    )
    .option('--sck <hz>', 'clock rate of the bus, which decides how long a byte takes', '1000000')
    .option(
      '--wait-bytes <count>',
      'wait bytes of every frame; without it they are drawn from the measured ones',
    )
    .option('--socket <path>', 'serve one client on this Unix socket; the file is removed afterwards')
    .addHelpText(
      'after',
      `
One line in, one answer out: "ok ..." or "error" and the reason; edges of INT_AP_L that the line caused stand before it.
Time is virtual and moves by these lines alone. docs/chip-protocol.md has all of it.

  frame 83 d4 0f 00*6   one CS assertion; answers MISO        advance 300us   lets time pass
  select, clock 83 .., deselect   the same in steps           power on|off    the supply
  cs 1us                CS without clocks: a wake pulse       reset assert|deassert   TPM_RST_L
  ready, time, counters, about

The chip begins without power and in reset.

Examples:
  printf '%s\\n' 'power on' 'reset deassert' 'advance 100ms' 'frame 83 d4 0f 00*9' | h1-hil chip serve
  h1-hil chip serve --firmware 0.3.22 --seed 7 --wait-bytes 0
  h1-hil chip serve --firmware 0.5.301 --unknown-version allow
  h1-hil chip serve --engine swtpm --socket /tmp/h1.sock

Exit codes: 0 the input ended, 2 usage.`,
    )
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const session = open(options);
  try {
    if (options.socket === undefined) await converse(session, process.stdin, process.stdout);
    else await serveOne(session, options.socket);
  } finally {
    session.close();
  }
}

/** Opens the chip. When this machine lacks something for it, the user has to mend that. */
function open({ firmware, unknownVersion, seed, engine, sck, waitBytes }: ServeOptions): ChipSession {
  try {
    return new ChipSession({
      seed: checkedSeed(seed),
      sck: hertz(count('--sck', sck, 1, 2_000_000)),
      engine,
      ...(firmware !== undefined && { firmware }),
      ...(unknownVersion && { unknownVersion }),
      ...(waitBytes !== undefined && { timing: { waitBytes: count('--wait-bytes', waitBytes, 0, 65_536) } }),
    });
  } catch (cause) {
    if (
      cause instanceof LabFailure ||
      cause instanceof BadFirmwareVersion ||
      cause instanceof UnknownFirmwareVersion
    )
      throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function count(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option} takes a whole number from ${least} to ${most}, and "${text}" is not one.`);
}

/** Maximum length of a line: the largest frame with three characters for each byte, and its command. */
const MAX_CHARACTERS = 256 * 1024;
const TOO_LONG_ANSWER = `error one line has at most ${MAX_CHARACTERS} characters`;

/** Answers each line, until the input ends or the reader has gone. */
async function converse(session: ChipSession, input: Readable, output: Writable): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    output.once('close', resolve);
    output.once('error', () => {
      resolve();
    });
  });
  try {
    for await (const line of linesOf(input, MAX_CHARACTERS)) {
      const answer = line === TOO_LONG ? [TOO_LONG_ANSWER] : session.answer(line);
      if (answer.length === 0) continue;
      if (!output.writable) return;
      if (!output.write(`${answer.join('\n')}\n`)) await Promise.race([once(output, 'drain'), gone]);
    }
  } catch (failure) {
    if (!hasGone(failure)) throw failure;
  }
}

/** Serves one client. A signal ends the wait for it. */
async function serveOne(session: ChipSession, path: string): Promise<void> {
  let greet: (client: Socket | undefined) => void = () => undefined;
  const client = new Promise<Socket | undefined>((resolve) => {
    greet = resolve;
  });
  const server = await listenAt(path, greet);
  const stop = (): void => {
    greet(undefined);
    void client.then((socket) => socket?.destroy());
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stderr.write(`h1-hil chip: Listening at ${path}\n`);
  try {
    const socket = await client;
    server.close();
    if (socket === undefined) return;
    socket.on('error', () => socket.destroy());
    await converse(session, socket, socket);
    socket.end();
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    server.close();
  }
}
