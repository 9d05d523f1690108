import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { printable } from '../../units/index.ts';
import { agentImage } from './agent-image.ts';
import type { Dial } from './channel.ts';
import { AgentUnusable, DeviceGone } from './errors.ts';
import { programChannel } from './program-channel.ts';

/** How a device is reached by the system's ssh. */
export interface SshTarget {
  /** A name or address, or what `~/.ssh/config` calls it. */
  readonly host: string;
  /** Another file than `~/.ssh/config`. */
  readonly config?: string | undefined;
  /** More options, as behind `-o`. */
  readonly options?: readonly string[] | undefined;
  /** Runs the agent by `sudo -n`, for a user who is not root. */
  readonly sudo?: boolean | undefined;
}

/** What a device said of itself when the agent was copied to it. */
export interface Installed {
  /** As `uname -m` names it. */
  readonly processor: string;
  readonly folder: string;
}

const CONNECT_S = 10;
const COMMAND_LIMIT_MS = 60_000;
const MAX_SAID = 1 << 14;
/** The exit status of ssh when the connection failed, and not the command. */
const SSH_FAILED = 255;

/** Finds a folder where programs may run, and says what processor there is. A login shell may print first. */
const LOOK = `umask 077
for place in /run /tmp /usr/local/tmp /usr/local /var/tmp; do
  folder=$(mktemp -d "$place/h1-hil-XXXXXXXX" 2>/dev/null) || continue
  printf '#!/bin/sh\\nexit 0\\n' > "$folder/agent" && chmod 700 "$folder/agent"
  if "$folder/agent" 2>/dev/null; then echo "h1-hil: $(uname -m) $(id -u) $folder"; exit 0; fi
  rm -rf "$folder"
done
echo "h1-hil: $(uname -m) $(id -u) none"`;

const LOOKED = /^h1-hil: (\S+) (\d+) (\S+)$/m;

/** The arguments of ssh before the command. */
export function sshCommand({ host, config, options = [] }: SshTarget): string[] {
  return [
    ...['ssh', '-T', '-o', 'BatchMode=yes', '-o', `ConnectTimeout=${CONNECT_S}`],
    ...(config === undefined ? [] : ['-F', config]),
    ...options.flatMap((option) => ['-o', option]),
    ...['--', host],
  ];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const asRoot = ({ sudo }: SshTarget, command: string): string =>
  `${sudo === true ? 'sudo -n ' : ''}sh -c ${quoted(command)}`;

/**
 * Copies the agent to the device, into a new folder. `built`: a file of it; without one it is built for the device's
 * processor.
 * @throws DeviceGone, AgentUnusable with what to do
 */
export async function installAgent(target: SshTarget, built?: string): Promise<Installed> {
  const { host } = target;
  const [, processor, user, folder] = LOOKED.exec(await runThere(target, LOOK)) ?? [];
  if (processor === undefined || user === undefined || folder === undefined)
    throw new AgentUnusable(
      `Device ${host} did not say what it is. See that this works: ssh ${host} sh -c 'uname -m'.`,
    );
  if (folder === 'none')
    throw new AgentUnusable(
      `Device ${host} lets no program run in /run, /tmp, /usr/local or /var/tmp. Give this user a folder there that is not mounted noexec.`,
    );
  if (user !== '0')
    throw new AgentUnusable(
      `The user of ${host} has the number ${user}: only root may bind a driver, read the kernel log and suspend. Log in as root, or say sudo: true in the rig file.`,
    );
  const image = built ?? (await agentImage(processor));
  await runThere(
    target,
    `cat > ${folder}/agent.new && chmod 700 ${folder}/agent.new && mv ${folder}/agent.new ${folder}/agent && ${folder}/agent version`,
    image,
  );
  return { processor, folder };
}

/** Connects to the agent in its folder. */
export const dialAgent =
  (target: SshTarget, folder: string): Dial =>
  () =>
    programChannel([...sshCommand(target), asRoot(target, `exec ${folder}/agent attach ${folder}`)]);

/** Runs a command of a shell there, with a file as its input. @throws DeviceGone, AgentUnusable */
function runThere(target: SshTarget, command: string, input?: string): Promise<string> {
  const { host } = target;
  const [, ...args] = [...sshCommand(target), asRoot(target, command)];
  const program = 'ssh';
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const said = { out: '', error: '' };
    const late = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    child.stdin.on('error', () => undefined);
    if (input === undefined) child.stdin.end();
    else createReadStream(input).pipe(child.stdin);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out = (said.out + text).slice(-MAX_SAID);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.error = (said.error + text).slice(-MAX_SAID);
    });
    child.once('error', (cause) => {
      clearTimeout(late);
      reject(
        new AgentUnusable(
          `Device ${host} cannot be reached: ${program} cannot be run (${cause.message}). Install openssh-client.`,
        ),
      );
    });
    child.once('close', (status, signal) => {
      clearTimeout(late);
      const last = printable(said.error.trim().split('\n').at(-1) ?? '');
      if (status === 0) resolve(said.out);
      else if (status === SSH_FAILED || signal !== null)
        reject(
          new DeviceGone(
            host,
            `cannot be reached by ssh (${signal ?? `status ${String(status)}`})`,
            [
              last === '' ? '' : `It says: ${last}.`,
              `See that this works without a question: ssh ${host} true.`,
            ].filter((part) => part !== ''),
          ),
        );
      else
        reject(
          new AgentUnusable(
            `The agent cannot be put on device ${host}: status ${String(status)}${last === '' ? '' : `, ${last}`}.${target.sudo === true ? ' With sudo: true that user needs sudo without a password.' : ''}`,
          ),
        );
    });
  });
}
