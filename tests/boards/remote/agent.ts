import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base } from '@playwright/test';

/** Sources of the agent. */
export const AGENT = fileURLToPath(new URL('../../../rigs/remote/agent/', import.meta.url));
export const HERE = fileURLToPath(new URL('.', import.meta.url));

/** A folder of a worker with the agent, built for this machine; without a C compiler its tests are skipped. */
export const agentTest = base.extend<{ folder: string }, { program: string }>({
  program: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'h1-hil-agent-'));
      needsCompiler();
      execFileSync('make', ['-s', '-C', AGENT, `OUT=${folder}/agent`, 'CFLAGS=-DLEASE_S=2']);
      await use(join(folder, 'agent'));
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],

  /** Where one agent works. */
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-device-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
});

/** Skips the test where there is no C compiler with a static C library; not in CI. */
export function needsCompiler(): void {
  try {
    execFileSync('gcc', ['-x', 'c', '-static', '-o', '/dev/null', '-'], {
      input: 'int main(void) { return 0; }',
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  } catch (failure) {
    const { CI = '' } = process.env;
    if (CI !== '' && CI !== 'false') throw failure;
    base.skip(true, 'the agent is built by gcc with a static C library: sudo apt install gcc libc6-dev');
  }
}
