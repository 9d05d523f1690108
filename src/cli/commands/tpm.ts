import { once } from 'node:events';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { loadRig } from '../../rig/index.ts';
import { PROFILES } from '../../driver/index.ts';
import { didYouMean, HilError, printableLines, UsageError } from '../../units/index.ts';
import { connectTo, hasGone, listenAt } from '../local-socket.ts';
import { checkedSeed } from '../run-request.ts';
import { commandsOf } from '../tpm-commands.ts';
import { TpmSession } from '../tpm-session.ts';

interface TpmOptions {
  readonly rig: string;
  readonly profile: string;
  readonly seed: string;
  readonly state?: string;
  readonly listen?: string;
  readonly connect?: string;
  readonly log?: true;
}

/** `h1-hil tpm`: gives TPM commands to a driver on the board of a rig, and prints the responses. */
export function addTpm(program: Command): void {
  program
    .command('tpm')
    .description(
      'TPM commands on stdin, responses on stdout, through a driver profile and the board of a rig',
    )
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .option('-p, --profile <name>', 'driver profile', 'recommended')
    .option('-s, --seed <number>', 'seed of a simulated board, 0 to 4294967295', '1')
    .option(
      '--state <folder>',
      'folder in which the engine swtpm keeps what is non-volatile; forgotten without',
    )
    .option('--listen <socket>', 'serve on a Unix socket instead, until SIGTERM or SIGINT')
    .option('--connect <socket>', 'hand stdin and stdout on to a h1-hil tpm --listen')
    .option('--log', "the driver's log on stderr")
    .addHelpText(
      'after',
      `
Raw commands and responses, one after the other, as in the PC Client specifications: what tpm2-tss calls a cmd TCTI.
When the input ends, the TPM is shut down and the board is closed.

Each process powers the chip up from cold. A TPM without power forgets loaded objects, sessions and saved contexts;
its non-volatile memory is kept in --state. For a sequence of tools that share contexts, keep one chip up with --listen.

Examples:
  tpm2_getrandom -T "cmd:h1-hil tpm --rig sim" --hex 16
  tpm2_nvdefine -T "cmd:h1-hil tpm --rig sim-swtpm --state ./nv" -s 8 0x1500001
  h1-hil tpm --rig sim-swtpm --listen /tmp/tpm.sock &
  tpm2_createprimary -T "cmd:h1-hil tpm --connect /tmp/tpm.sock" -c primary.ctx
  tpm2_flushcontext  -T "cmd:h1-hil tpm --connect /tmp/tpm.sock" -t     three objects fit, and nobody swaps them

Exit codes: 0 the input ended, 1 the driver gave up, 2 usage or no TPM command, 3 lab failure.`,
    )
    .action(async (options: TpmOptions) => {
      if (options.connect !== undefined) await handOn(options.connect);
      else await serve(options);
    });
}

async function handOn(path: string): Promise<void> {
  const socket = await connectTo(path);
  void stopSignal();
  await Promise.all([
    pipeline(untilEnd(process.stdin), socket),
    pipeline(socket, process.stdout, { end: false }),
  ]);
}

async function serve(options: TpmOptions): Promise<void> {
  const profile = PROFILES.get(options.profile);
  if (profile === undefined)
    throw new UsageError(
      `There is no profile ${options.profile}${didYouMean(options.profile, PROFILES.keys())} Known profiles: ${[...PROFILES.keys()].join(', ')}.`,
    );
  const rig = loadRig(options.rig);
  if (options.state !== undefined && (rig.board.kind !== 'sim' || rig.board.engine !== 'swtpm'))
    throw new UsageError(
      `--state is for a simulated board with the engine swtpm, and rig ${rig.name} has none. Use --rig sim-swtpm.`,
    );
  const stop = stopSignal();
  const session = await TpmSession.open({
    rig,
    profile,
    seed: checkedSeed(options.seed),
    state: options.state,
    onLog: options.log === true ? tell : () => undefined,
  });
  try {
    if (options.listen === undefined) await serveStdin(session);
    else await serveSocket(session, options.listen, stop);
  } finally {
    process.stdin.destroy();
    await session.close();
  }
}

async function serveStdin(session: TpmSession): Promise<void> {
  for await (const command of commandsOf(untilEnd(process.stdin)))
    process.stdout.write(await session.transmit(command));
}

/** Serves the clients of a socket. A client whose command fails loses its connection; the others stay. */
async function serveSocket(session: TpmSession, path: string, stop: Promise<void>): Promise<void> {
  const clients = new Set<Socket>();
  const server = await listenAt(path, (client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    void serveClient(session, client).finally(() => clients.delete(client));
  });
  tell(`Listening at ${path}`);
  await stop;
  for (const client of clients) client.destroy();
  server.close();
  await once(server, 'close');
}

async function serveClient(session: TpmSession, client: Socket): Promise<void> {
  try {
    for await (const command of commandsOf(untilEnd(client)))
      if (!client.destroyed) await written(client, await session.transmit(command));
    client.end();
  } catch (failure) {
    client.destroy();
    if (!(failure instanceof HilError)) throw failure;
    tell(failure.message);
  }
}

/**
 * Sends a response, and waits until the client has taken it or has gone. Until then nothing more is read from this
 * client.
 */
async function written(client: Socket, answer: Uint8Array): Promise<void> {
  if (client.write(answer) || client.destroyed) return;
  await new Promise<void>((resolve) => {
    for (const event of ['drain', 'close'] as const)
      client.once(event, () => {
        resolve();
      });
  });
}

/** Ends when the stream ends, breaks off or is destroyed. */
async function* untilEnd(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* input;
  } catch (failure) {
    if (!hasGone(failure)) throw failure;
  }
}

/** Resolves at SIGINT, and at SIGTERM, with which tpm2-tss ends its command. It closes stdin before. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        process.stdin.destroy();
        resolve();
      });
  });

const tell = (line: string): void => {
  process.stderr.write(`h1-hil tpm: ${printableLines(line)}\n`);
};
