import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { printable } from '../../units/index.ts';
import { AgentUnusable } from './errors.ts';

const SOURCES = fileURLToPath(new URL('../../../rigs/remote/agent/', import.meta.url));
const FILES = ['Makefile', 'protocol.h', 'main.c', 'session.c', 'calls.c'] as const;
const BUILD_LIMIT_MS = 60_000;

/** Which Debian package has the compiler for a processor, by what `uname -m` says there. */
const COMPILERS: Readonly<Record<string, readonly [compiler: string, packages: string]>> = {
  x86_64: ['x86_64-linux-gnu-gcc', 'gcc libc6-dev'],
  aarch64: ['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross'],
  armv7l: ['arm-linux-gnueabihf-gcc', 'gcc-arm-linux-gnueabihf libc6-dev-armhf-cross'],
};

/** Processors that an agent can be built for, as `uname -m` names them. */
export const PROCESSORS: readonly string[] = Object.keys(COMPILERS);

/**
 * The file of the agent for a processor, built when this host does not have it yet.
 * @throws AgentUnusable where there is no compiler for it
 */
export async function agentImage(processor: string): Promise<string> {
  const found = COMPILERS[processor === 'armv8l' ? 'armv7l' : processor];
  if (found === undefined)
    throw new AgentUnusable(
      `There is no agent for a processor ${printable(processor)}: there are ${PROCESSORS.join(', ')}.`,
    );
  const [compiler, packages] = found;
  const sources = createHash('sha256');
  for (const file of FILES) sources.update(readFileSync(join(SOURCES, file)));
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'h1-hil', 'agent', sources.digest('hex').slice(0, 16));
  const image = join(folder, compiler.split('-')[0]!);
  if (existsSync(image)) return image;
  mkdirSync(folder, { recursive: true });
  await build(compiler, packages, image);
  return image;
}

/** Another process may build the same at the same time; either's is whole. */
async function build(compiler: string, packages: string, image: string): Promise<void> {
  const made = `${image}.${process.pid}`;
  try {
    await promisify(execFile)('make', ['-s', '-C', SOURCES, `CC=${compiler}`, `OUT=${made}`], {
      timeout: BUILD_LIMIT_MS,
    });
    renameSync(made, image);
  } catch (cause) {
    rmSync(made, { force: true });
    const said = (cause as { readonly stderr?: string }).stderr ?? '';
    throw new AgentUnusable(
      `The agent for this device is built by ${compiler}, which failed here: ${printable(said.trim().split('\n')[0] ?? '')} Install it: sudo apt install make ${packages}.`,
      { cause },
    );
  }
}
