import { spawn } from 'node:child_process';
import type { Channel, ChannelEnd } from './channel.ts';

/** Maximum number of characters kept of what the program says on its standard error. */
const MAX_SAID = 4096;
/** The exit status of a shell that does not find a program, or may not run it. */
const NOT_THERE: readonly (number | null)[] = [126, 127];

/** A connection through the standard streams of a program, such as ssh. */
export function programChannel(command: readonly string[]): Channel {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let isOver = false;
  const channel: Channel = {
    send: (bytes) => {
      if (child.stdin.writable) child.stdin.write(bytes);
    },
    cut: () => child.kill('SIGKILL'),
    onBytes: () => undefined,
    onEnd: () => undefined,
  };
  const over = (end: ChannelEnd): void => {
    if (isOver) return;
    isOver = true;
    channel.onEnd(end);
  };
  // Whatever is wrong with a stream, the end of the program tells it.
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (bytes: Buffer) => {
    channel.onBytes(bytes);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_SAID);
  });
  child.once('error', (failure) => {
    over({ why: `${program} cannot be run: ${failure.message}`, isForGood: true, status: null });
  });
  child.once('close', (status, signal) => {
    const last = said.trim().split('\n').at(-1) ?? '';
    over({
      why: `${program} ended with ${signal ?? `status ${String(status)}`}${last === '' ? '' : `: ${last}`}`,
      isForGood: NOT_THERE.includes(status),
      status,
    });
  });
  return channel;
}
