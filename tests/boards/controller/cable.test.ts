import { expect, test } from '@playwright/test';
import { run, summaryOf, Workplace } from '../../cli/h1-hil.ts';
import { skippedWithoutSerialPort } from '../../programs.ts';

// The command line as it is, over the package serialport and a pseudo-terminal that closes, falls silent or garbles in
// the middle of each step. One answer may take 5 s on this rig; what hangs runs into the limit of the test.
test.describe.configure({ timeout: 90_000 });
const skipped = skippedWithoutSerialPort();
test.skip(skipped !== undefined, skipped);

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

const rig = (controller: string): string =>
  place.write(
    'bench.yaml',
    `description: A bench with a bad cable\nboard:\n  kind: sim\n  controller: { kind: emulated, ${controller} }\n`,
  );

/** The first use of the rig is the command line's own, which opens and closes it before any test. */
const BEFORE_ANY_TEST = [
  { step: 'open', at: 'line: "*IDN?"' },
  { step: 'look at the lease', at: 'line: "LEAS?"' },
  { step: 'lease', at: 'line: "LEAS:BEG"' },
  { step: 'close', at: 'line: "LEAS:END"' },
];

for (const { step, at } of BEFORE_ANY_TEST)
  test(`a cable that is pulled out at the step "${step}" of the first look ends the run with 3`, async () => {
    rig(`cable: { kind: unplugged, at: { ${at} } }`);
    const { code, stderr } = await run(place.suites('random'));
    expect(stderr).toMatch(/^h1-hil: The rig controller on \/dev\/pts\/\d+ is gone: .* Look at its cable/);
    expect(code).toBe(3);
  });

for (const { step, kind, at, said } of [
  { step: 'renewal', kind: 'unplugged', at: 'line: "*IDN?", nth: 2', said: 'is gone' },
  { step: 'reset', kind: 'unplugged', at: 'line: "OUTP:RES ASS"', said: 'is gone' },
  { step: 'power', kind: 'unplugged', at: 'line: "OUTP:POW ON"', said: 'is gone' },
  { step: 'release of reset', kind: 'unplugged', at: 'line: "OUTP:RES DEAS"', said: 'is gone' },
  { step: 'first frame', kind: 'unplugged', at: 'csFall: 1', said: 'is gone' },
  { step: 'test', kind: 'unplugged', at: 'csFall: 60', said: 'is gone' },
  { step: 'teardown', kind: 'unplugged', at: 'line: "LEAS:", nth: 3', said: 'is gone' },
  { step: 'power', kind: 'silent', at: 'line: "OUTP:POW ON"', said: 'did not answer OUTP:POW ON' },
  { step: 'power', kind: 'garbled', at: 'line: "OUTP:POW ON"', said: 'which cannot be read' },
])
  test(`a cable that is ${kind} at the step "${step}" gives no verdict and ends the run with 3`, async () => {
    rig(`cable: { kind: ${kind}, at: { ${at} } }`);
    const ended = await run([...place.suites('random'), '--json']);
    expect(ended.code).toBe(3);
    const { verdict, failures } = summaryOf(ended);
    expect(verdict).toBe('no verdict');
    expect(new Set(failures.map((failure) => failure.class))).toEqual(new Set(['rig']));
    expect(failures[0]!.message).toContain(said);
  });

test('a board that draws no current gives no verdict, with its own sentence', async () => {
  rig('leastCurrentMa: 5, drawsMa: 0');
  const ended = await run([...place.suites('random'), '--json']);
  expect(ended.code).toBe(3);
  expect(summaryOf(ended).failures[0]!.message).toContain('The board draws 0 mA with its supply on');
});

test('a port that vanished ends the run with 3 before any test', async () => {
  place.write(
    'bench.yaml',
    'description: A bench\nboard:\n  kind: linux\n  spi: { device: /dev/spidev99.7, sckHz: 1000000 }\n  controller: { port: /dev/ttyNONE }\n',
  );
  const { code, stderr } = await run(place.suites('random'));
  expect(stderr).toContain("The rig's serial port /dev/ttyNONE cannot be opened: it does not exist.");
  expect(code).toBe(3);
});
