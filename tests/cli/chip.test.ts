import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { ChipSession } from '../../src/chip-protocol/session.ts';
import { hertz } from '../../src/units/index.ts';
import type { Ended } from './h1-hil.ts';
import { run, start } from './h1-hil.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const folders: string[] = [];

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-chip-'));
  folders.push(folder);
  return folder;
}

test.afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs a program to its end with this input. */
const pipe = (program: string, args: readonly string[], input: string, env = process.env): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
    child.stdin.on('error', () => undefined).end(input);
  });

/** Runs the command line to its end with these lines as input. */
const converse = (args: readonly string[], lines: readonly string[], env = process.env): Promise<Ended> =>
  pipe(
    process.execPath,
    [join(ROOT, 'src/cli/start.js'), ...args],
    lines.map((line) => `${line}\n`).join(''),
    env,
  );

const serve = (args: readonly string[], lines: readonly string[]): Promise<Ended> =>
  converse(['chip', 'serve', ...args], lines);

const BOOT = ['power on', 'reset deassert', 'advance 100ms'];

const session = () =>
  new ChipSession({ seed: 1, sck: hertz(1_000_000), engine: 'built-in', timing: { waitBytes: 0 } });

/** What the chip answers to one frame, and time for it to handle the frame. */
function frame(chip: ChipSession, bytes: string): string | undefined {
  const answer = chip.answer(`frame ${bytes}`).at(-1);
  chip.answer('advance 300us');
  return answer;
}

test('serve is what chip does when nothing else is said', async () => {
  const { code, stdout, stderr } = await converse(
    ['chip', '--wait-bytes', '0'],
    [...BOOT, 'frame 83 d4 0f 00*6'],
  );
  expect(stdout.split('\n').filter((line) => line.startsWith('ok ff'))).toEqual([
    'ok ff ff ff ff 01 e0 1a 28 00',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('frames over stdin are answered byte for byte', async () => {
  const frames: readonly (readonly [string, string])[] = [
    // [CHIP 10.4] S1, S5, S7, S43
    ['83 d4 0f 00*6', 'ff ff ff ff 01 e0 1a 28 00'],
    ['83 d4 0f 00*6', '00 00 00 00 01 e0 1a 28 00'],
    ['80 d4 0f 00 00 00', '00 00 00 00 01 e0'],
    ['84d40f00*7', '00 00 00 00 01 e0 1a 28 00 00'],
    ['83 d4 00 18 00*5', '00 00 00 00 01 80 3f 00 04'],
    ['81 d4 0f 90 00*9', '00 00 00 00 01 42 32 00 00 00 00 00 00'],
    ['81 d4 0f 90 00 00 00', '00 00 00 00 01 2d 43'],
  ];
  const { code, stdout, stderr } = await serve(
    ['--wait-bytes', '0'],
    [...BOOT, ...frames.flatMap(([mosi]) => [`frame ${mosi}`, 'advance 300us'])],
  );
  const answers = stdout.split('\n').filter((line) => /^ok ([0-9a-f]{2} )+/.test(line));
  expect(answers).toEqual(frames.map(([, miso]) => `ok ${miso}`));
  expect(stdout.match(/^pulse asserted \d+$/gm)).toHaveLength(frames.length);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('over-long writes shift the payload', () => {
  const chip = session();
  BOOT.forEach((line) => chip.answer(line));
  frame(chip, '83 d4 0f 00*6');
  // [CHIP 10.4] S41
  expect(frame(chip, '00 d4 00 00 00 02 00')).toBe('ok 00 00 00 00 01 01 01');
  expect(frame(chip, '80 d4 00 00 00 00')).toBe('ok 00 00 00 00 01 80');
  expect(frame(chip, '00 d4 00 00 00 02 02')).toBe('ok 00 00 00 00 01 01 01');
  expect(frame(chip, '80 d4 00 00 00 00')).toBe('ok 00 00 00 00 01 a0');
});

test('CS without a clock is followed by no pulse, a frame by one', () => {
  const chip = session();
  BOOT.forEach((line) => chip.answer(line));
  // [CHIP 3]
  expect([...chip.answer('cs'), ...chip.answer('advance 1ms')]).toEqual([
    'ok',
    expect.stringMatching(/^ok \d+$/),
  ]);
  chip.answer('frame 80 d4 00 00 00 00');
  expect(chip.answer('advance 1ms')).toEqual([
    expect.stringMatching(/^pulse asserted \d+$/),
    expect.stringMatching(/^pulse deasserted \d+$/),
    expect.stringMatching(/^ok \d+$/),
  ]);
});

test('a driver in Python brings the chip up over the socket, which is gone afterwards', async () => {
  const folder = makeFolder();
  const socket = join(folder, 'h1.sock');
  const server = start(['chip', 'serve', '--socket', socket]);
  await server.says('Listening at');
  const driver = await pipe('python3', [join(ROOT, 'tests/cli/chip-driver.py'), socket], '');
  expect(driver.stderr).toBe('');
  // [CHIP 4.1, 4.3, 10.4] identity; dataAvail with ten bytes; success; idle after the last byte
  expect(driver.stdout.trimEnd().split('\n')).toEqual([
    'DID_VID e0 1a 28 00',
    'STS d0 0a 00 04',
    'Startup 80 01 00 00 00 0a 00 00 00 00',
    'STS 80 3f 00 04',
    'pulses True',
  ]);
  expect((await server.ended).code).toBe(0);
  expect(existsSync(socket)).toBe(false);
});

test('a server that no client came to ends with SIGTERM and removes its socket', async () => {
  const folder = makeFolder();
  const socket = join(folder, 'h1.sock');
  const server = start(['chip', 'serve', '--socket', socket]);
  await server.says('Listening at');
  server.process.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(existsSync(socket)).toBe(false);
});

test('a client that vanishes ends the server', async () => {
  const folder = makeFolder();
  const socket = join(folder, 'h1.sock');
  const server = start(['chip', 'serve', '--socket', socket]);
  await server.says('Listening at');
  const client = connect(socket, () => {
    client.write('select\n');
    client.destroy();
  });
  expect((await server.ended).code).toBe(0);
});

for (const { line, says } of [
  { line: 'fram 00', says: /^error there is no "fram": frame, select, / },
  { line: 'frame', says: /^error there is no byte to clock$/ },
  { line: 'frame 0', says: /^error "0" is no byte: write two hexadecimal digits/ },
  { line: 'frame 00*0', says: /^error "00\*0" is no byte/ },
  { line: 'frame 00*65537', says: /^error one line carries at most 65536 bytes$/ },
  { line: 'clock 00', says: /^error CS is not asserted: select first$/ },
  { line: 'deselect', says: /^error CS is not asserted: select first$/ },
  { line: 'advance', says: /^error "" is no time: write a number and ns, us, ms or s/ },
  { line: 'advance -1ms', says: /^error "-1ms" is no time/ },
  { line: 'advance 86401s', says: /^error one step is at most 86400s$/ },
  { line: 'power', says: /^error write on or off after it$/ },
  { line: 'reset low', says: /^error write assert or deassert after it$/ },
] as const)
  test(`the line "${line}" is answered with its error, and the chip goes on`, () => {
    const chip = session();
    BOOT.forEach((each) => chip.answer(each));
    expect(chip.answer(line)).toEqual([expect.stringMatching(says)]);
    expect(frame(chip, '83 d4 0f 00*6')).toBe('ok ff ff ff ff 01 e0 1a 28 00');
  });

test('a hundred days are the end of the clock', () => {
  const chip = session();
  for (let day = 0; day < 100; day++) expect(chip.answer('advance 86400s').at(-1)).toMatch(/^ok \d+$/);
  for (const line of ['advance 1ns', 'cs 1s', 'frame 00', 'await 1s'])
    expect(chip.answer(line), line).toEqual(['error the clock goes on to 100 days at most']);
});

test('comments and empty lines have no answer', () => {
  expect(['', '   ', '# frame 00'].flatMap((line) => session().answer(line))).toEqual([]);
});

test('no sequence of lines is met with anything but one ok or error a line', () => {
  const known = fc.constantFrom(
    ...[
      'select',
      'deselect',
      'clock 83 d4 0f 00',
      'clock 00*5',
      'frame 83d40f00*6',
      'frame 00*70',
      'cs',
      'cs 2s',
    ],
    ...[
      'power on',
      'power off',
      'reset assert',
      'reset deassert',
      'advance 1us',
      'advance 300us',
      'advance 6s',
    ],
    ...['ready', 'time', 'counters', 'about', 'power maybe', 'advance', 'frame 8'],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(known, fc.string({ unit: 'binary' })), { maxLength: 60 }), (lines) => {
      const chip = session();
      for (const line of lines) {
        const answer = chip.answer(line.replaceAll(/[\r\n]/g, ' '));
        for (const event of answer.slice(0, -1)) expect(event).toMatch(/^pulse (de)?asserted \d+$/);
        if (answer.length > 0) expect(answer.at(-1)).toMatch(/^(ok|error)/);
      }
    }),
  );
});

test('chip serve opens an unknown version with a word, and about says what it behaves like', async () => {
  const args = ['chip', 'serve', '--firmware', '0.5.301', '--unknown-version', 'allow'];
  const { stdout, stderr, code } = await pipe(join(ROOT, 'h1-hil'), args, 'about\n');
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toBe('ok simulated H1, Cr50 0.5.301 (unknown version, behaves like 0.5.280)\n');
});

for (const { args, says } of [
  { args: ['--seed', 'x'], says: /A seed is a whole number/ },
  { args: ['--sck', '3000000'], says: /--sck takes a whole number from 1 to 2000000/ },
  { args: ['--wait-bytes', '-1'], says: /--wait-bytes takes a whole number/ },
  { args: ['--engine', 'real'], says: /Allowed choices are built-in, swtpm/ },
  { args: ['--firmware', 'new'], says: /new/ },
  { args: ['--firmware', '0.5.301', '--unknown-version', 'no'], says: /Allowed choices are allow/ },
  { args: ['--firmware', '0.5.301'], says: /nearest known: 0\.5\.280.*--unknown-version allow/ },
  { args: ['--socket', '/nowhere/h1.sock'], says: /Nobody can listen at \/nowhere\/h1\.sock/ },
])
  test(`chip serve ${args.join(' ')} is met with one sentence and exit code 2`, async () => {
    const { code, stderr } = await run(['chip', 'serve', ...args]);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });

test('an swtpm that is missing is met with one sentence and exit code 2, by chip, tpm and rig check', async () => {
  const env = { ...process.env, PATH: '/nowhere' };
  const main = join(ROOT, 'src/cli/start.js');
  for (const args of [
    ['chip', 'serve', '--engine', 'swtpm'],
    ['tpm', '--rig', 'sim-swtpm'],
    ['rig', 'check', 'sim-swtpm'],
  ]) {
    const { code, stdout, stderr } = await pipe(process.execPath, [main, ...args], '', env);
    expect(stderr).toMatch(
      /^h1-hil: The rig's TPM engine is swtpm, and there is no program swtpm on the PATH\..*\n$/,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  }
});
