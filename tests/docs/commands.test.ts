import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { DocumentedCommand } from './commands.ts';
import { commandsOf, comparable } from './commands.ts';
import { ROOT, textFiles } from './pages.ts';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs', 'examples/README.md'];

const BENCH = 'needs a bench with a board';
const LAB = 'needs a guest: tests of the virtual lab run it';
const WHOLE = 'runs for minutes: a stage of h1-hil test';
const HISTORY = 'asks a history of runs: tests/cli/history.test.ts does, in one of its own';

/** What is not run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  './h1-hil run': WHOLE,
  './h1-hil test': WHOLE,
  './h1-hil run irq-fallback --profile all': WHOLE,
  './h1-hil run --driver tests/fixtures/drivers/odd-numbers.ts': WHOLE,
  './h1-hil run sleep-wake --profile linux-6.1': WHOLE,
  './h1-hil run --grep "wake pulse" --seed 7': WHOLE,
  './h1-hil run --last-failed -x': 'tests/cli/choice.test.ts does, after a run of its own',
  './h1-hil morning': HISTORY,
  './h1-hil night examples/night.yaml': 'docs/nightly.md has it, and its walk runs it',
  './h1-hil verify evidence --key release.pub':
    'checks what was signed before: tests/evidence/tampering.test.ts does',
  './h1-hil compare latest~1 latest': HISTORY,
  './h1-hil run --against latest': HISTORY,
  './h1-hil history runs --last 5': HISTORY,
  './h1-hil reports list': HISTORY,
  './h1-hil run soak': WHOLE,
  './h1-hil run soak --for 8h': WHOLE,
  './h1-hil run --resume': 'tests/cli/soak.test.ts does, after a run of its own',
  './h1-hil run soak --below 0.001 --confidence 0.99': WHOLE,
  './h1-hil run known-bugs --seed 1 --report /tmp/known-bugs': WHOLE,
  './h1-hil bugs --write /tmp/known-bugs': 'changes a page of the project, from the run before it',
  './h1-hil irq-table': 'tests/cli/usage.test.ts and the irq-fallback suite do',
  './h1-hil irq-table --profile recommended coreboot --json': 'as without --json',
  './h1-hil score --sample 6': WHOLE,
  'tpm2_getrandom -T "cmd:./h1-hil tpm --rig sim" --hex 16':
    'tests/cli/tpm-tools.test.ts does, where tpm2-tools are',
  './h1-hil run --rig virtual-lab suspend-resume': LAB,
  'h1-hil run --rig virtual-lab suspend-resume': LAB,
  'h1-hil run --rig virtual-lab --seed 7 --report one': LAB,
  'h1-hil run --rig virtual-lab --seed 7 --report other': LAB,
  'h1-hil lab compare one other': LAB,
  './h1-hil lab compare one other': LAB,
  'h1-hil lab prepare 6.12':
    'fetches packages; tests/boards/virtual-lab/kernels.test.ts does, with stand-ins',
  'h1-hil run --rig virtual-lab-6.12 sleep-wake': LAB,
  'h1-hil lab differences --out docs/kernels.md': LAB,
  'h1-hil lab differences --no-laboratory --seed 1': LAB,
  './h1-hil explore -d linux-6.1 --keep-going':
    'runs for minutes: tests/cli/procedures.test.ts explores within a bound',
  'h1-hil repro run found.h1repro --rig my-bench.yaml --times 100 --json > before.json': BENCH,
  'h1-hil repro run found.h1repro --rig my-bench.yaml --times 100 --json > after.json': BENCH,
  'h1-hil repro compare before.json after.json': 'tests/cli/procedures.test.ts does',
  './h1-hil run --driver my-driver.ts':
    "a driver of the reader's own; tests/fixtures/datasheets.test.ts has some",
  'h1-hil run --rig my-emulator.yaml': "an emulator of the reader's own; tests/boards/program has some",
  'h1-hil run --twin strict': WHOLE,
  'h1-hil run --twin tell': WHOLE,
  'h1-hil run --twin off': WHOLE,
  './h1-hil parity': LAB,
  'h1-hil parity': LAB,
  './h1-hil doctor ./my-bench.yaml': BENCH,
  './h1-hil rig monitor ./my-bench.yaml': BENCH,
  './h1-hil run --rig examples/my-rig.yaml sleep-wake --profile recommended': WHOLE,
  './h1-hil reports prune --keep 30d': 'removes reports of this tree',
  'systemctl --user enable --now h1-hil-night.timer':
    'needs the systemd of a host; tests/docs/nightly.test.ts verifies the units',
  'systemctl --user enable h1-hil-continue.service': 'as the timer',
  'loginctl enable-linger': 'as the timer',
  'h1-hil decode boot.sal --export frame.svg --from 474.8 --to 475': "a window of the reader's own capture",
};

/** What ends with another code than 0: a rule is broken, nothing was judged, the host is no bench, a failure is still there. */
const EXITS: Readonly<Record<string, number>> = {
  './h1-hil decode examples/breach.vcd --rules': 1,
  './h1-hil decode examples/breach.vcd --rules pulse-width': 1,
  './h1-hil decode examples/miso-open.vcd --rules pulse-width': 4,
  'h1-hil decode boot.sr --rules': 1,
  './h1-hil doctor raspberry-pi': 3,
  './h1-hil repro run examples/procedures/glitch.json': 1,
  './h1-hil repro run examples/procedures/glitch.json --bundle glitch.h1repro; ./h1-hil repro run glitch.h1repro --times 20': 1,
};

/** Pages whose commands are typed one after the other into one tree: each needs what those before it wrote. */
const WALKS = ['docs/field-report.md', 'docs/history.md', 'docs/nightly.md'];
/** Commands of these pages that end with another code than 0, since what they look at fails. */
const WALK_EXITS: Readonly<Record<string, number>> = {
  './h1-hil decode examples/breach.vcd --rules': 1,
  './h1-hil run bring-up/identity --rig examples/wide-pulse.yaml --profile recommended --seed 1 --report field': 1,
  './h1-hil repro run field/failed/*finds-a-tpm*.h1repro': 1,
  './h1-hil repro run short.json --times 20 --json > before.json': 1,
  './h1-hil repro run short.json --bundle short.h1repro': 1,
};

/** What a page shows of another machine than this. */
const OF_ANOTHER_MACHINE = new Set(['./h1-hil doctor ./my-bench.yaml', './h1-hil doctor raspberry-pi']);

/** The reader's own captures; the format goes by the contents. */
const CAPTURES = {
  'boot.sal': 'examples/healthy.vcd',
  'boot.vcd': 'examples/healthy.vcd',
  'boot.sr': 'tests/trace/captures/small-boot.sr',
};

const commands = [...textFiles(...PAGES)].flatMap(({ path, text }) => commandsOf(path, text));
const once = new Map<string, DocumentedCommand>();
for (const one of commands.filter(({ page }) => !WALKS.includes(page)))
  if (one.prints !== undefined || !once.has(one.command)) once.set(one.command, one);

/** Folders into which commands of the pages write. */
const WRITTEN = ['suites', 'examples'];

/** A tree as a clone has it, whose new files are its own. */
function freshTree(): string {
  const tree = mkdtempSync(join(tmpdir(), 'h1-hil-docs-'));
  for (const name of readdirSync(ROOT))
    if (WRITTEN.includes(name)) cpSync(join(ROOT, name), join(tree, name), { recursive: true });
    else symlinkSync(join(ROOT, name), join(tree, name));
  for (const [name, from] of Object.entries(CAPTURES)) copyFileSync(join(ROOT, from), join(tree, name));
  return tree;
}

/** Types a command into a shell that has h1-hil in its path and is no terminal. */
async function type(command: string, tree: string): Promise<{ code: number | null; output: string }> {
  const report =
    /h1-hil run /.test(command) && !command.includes('--report ') ? ` --report ${join(tree, 'report')}` : '';
  const child = spawn('sh', ['-c', command + report], {
    cwd: tree,
    env: { ...process.env, PATH: `${ROOT}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

for (const { command, page, line, prints } of once.values()) {
  if (command in NOT_RUN) continue;
  test(`${page}: ${command}`, async () => {
    test.setTimeout(300_000);
    const tree = freshTree();
    const { code, output } = await type(command, tree);
    rmSync(tree, { recursive: true });
    expect(code, `${page}:${line}\n${output}`).toBe(EXITS[command] ?? 0);
    if (prints === undefined || OF_ANOTHER_MACHINE.has(command)) return;
    const shown = prints.map(comparable).filter((text) => text !== '');
    const seen = output
      .split('\n')
      .map(comparable)
      .filter((text) => text !== '');
    expect(seen, `${page}:${line}`).toEqual(shown);
  });
}

for (const page of WALKS)
  test(`every command of ${page}, in its order`, async () => {
    test.setTimeout(300_000);
    const walk = commands.filter((one) => one.page === page && !(one.command in NOT_RUN));
    const tree = freshTree();
    const ends: Record<string, number | null> = {};
    let said = '';
    for (const { command } of walk) {
      const { code, output } = await type(command, tree);
      ends[command] = code;
      if (code !== (WALK_EXITS[command] ?? 0)) said += `${command}\n${output}\n`;
    }
    rmSync(tree, { recursive: true });
    expect(ends, said).toEqual(
      Object.fromEntries(walk.map(({ command }) => [command, WALK_EXITS[command] ?? 0])),
    );
    expect(walk.length).toBeGreaterThan(4);
  });

test('what is not run here, or differs, stands on a page', () => {
  const gone = [...Object.keys(NOT_RUN), ...Object.keys(EXITS), ...OF_ANOTHER_MACHINE].filter(
    (command) => !commands.some((one) => one.command === command),
  );
  expect(gone).toEqual([]);
  expect(once.size).toBeGreaterThan(30);
});

test('the commands of a page are found in all three forms, and what one prints', () => {
  const page =
    '```sh\n./h1-hil run   # all\n```\n\n    h1-hil rules         every rule\n\n```console\n$ ./h1-hil rig list\nsim\n```\n';
  expect(commandsOf('a.md', page).map(({ command, prints }) => [command, prints])).toEqual([
    ['./h1-hil run', undefined],
    ['h1-hil rules', undefined],
    ['./h1-hil rig list', ['sim']],
  ]);
});
