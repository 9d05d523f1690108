import { execFileSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { run } from './h1-hil.ts';

test.describe.configure({ timeout: 60_000 });

/** What bash offers after the words that were typed; the last word is the one being typed. */
function offered(script: string, ...typed: string[]): string[] {
  const shown = execFileSync(
    'bash',
    [
      '-c',
      `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _h1_hil; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...typed,
    ],
    { encoding: 'utf8' },
  );
  return shown.split('\n').filter((word) => word !== '');
}

test('bash completes commands, suites, options, rigs, profiles, rules and modes', async () => {
  const { stdout: script, code } = await run(['completion', 'bash']);
  expect(code).toBe(0);
  for (const [typed, words] of [
    [['h1-hil', 'par'], ['parity']],
    [['h1-hil', 'rig', 'sh'], ['show']],
    [['h1-hil', 'run', 'sleep'], ['sleep-wake']],
    [['h1-hil', 'run', 'sleep-wake', '--repeat'], ['--repeat-each']],
    [['h1-hil', 'run', '--rig', 'sim-no'], ['sim-no-irq']],
    [['h1-hil', 'run', '-p', 'linux-6.12'], ['linux-6.12']],
    [['h1-hil', 'run', '--twin', 's'], ['strict']],
    [['h1-hil', 'decode', 'a.vcd', '--rules', 'pulse-w'], ['pulse-width']],
    [['h1-hil', 'doctor', 'raspberry-pi-n'], ['raspberry-pi-nano']],
    [['./h1-hil', 'repro', 'mini'], ['minimise']],
    [['h1-hil', 'run', 'no-such'], []],
  ] as const)
    expect(offered(script, ...typed), typed.join(' ')).toEqual(words);
});

test('zsh reads the same script, and another shell is refused with the two there are', async () => {
  const bash = await run(['completion', 'bash']);
  const zsh = await run(['completion', 'zsh']);
  expect(zsh.stdout).toBe(`autoload -U bashcompinit && bashcompinit\n${bash.stdout}`);
  const { code, stderr } = await run(['completion', 'fish']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh');
});
