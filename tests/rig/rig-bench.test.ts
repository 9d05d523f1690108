import { expect, test } from '@playwright/test';
import { run, start, Workplace } from '../cli/h1-hil.ts';
import { skippedWithoutSerialPort } from '../programs.ts';

const skipped = skippedWithoutSerialPort();

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

test('the supply is switched, and told', async () => {
  const { code, stdout } = await run(['rig', 'power', place.rig]);
  expect([code, stdout]).toEqual([0, 'The supply went off and on; the rig is left safe.\n']);
});

test('a pulse of the width that was asked for is told', async () => {
  const { code, stdout } = await run(['rig', 'reset', place.rig, '--ms', '5']);
  expect([code, stdout]).toEqual([0, 'TPM_RST_L was asserted for 5 ms.\n']);
});

test('a width that is no number is refused before the rig is touched', async () => {
  const { code, stderr } = await run(['rig', 'reset', place.rig, '--ms', 'long']);
  expect(code).toBe(2);
  expect(stderr).toContain('--ms long is no width');
});

const CONTROLLED = 'description: Controlled\nboard:\n  kind: sim\n  controller: { kind: emulated }\n';

test('a line is pulsed by the rig controller, and told as JSON', async () => {
  test.skip(skipped !== undefined, skipped);
  const rig = place.write('controlled.yaml', CONTROLLED);
  const { code, stdout } = await run(['rig', 'pulse', rig, 'TPM_RST_L', '--us', '250', '--json']);
  expect(JSON.parse(stdout)).toEqual({ rig, did: 'TPM_RST_L was asserted for 250 us.' });
  expect(code).toBe(0);
});

for (const { args, said, code } of [
  { args: ['MISO', '--us', '250'], said: 'MISO cannot be pulsed', code: 2 },
  { args: ['CS_L', '--us', '3'], said: '--us 3 is no width', code: 2 },
  { args: ['CS_L', '--us', '250'], said: 'has no rig controller', code: 3 },
])
  test(`rig pulse ${args.join(' ')} on a rig without a controller is met with "${said}"`, async () => {
    const ended = await run(['rig', 'pulse', place.rig, ...args]);
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(code);
  });

test('the monitor shows pulses and console on the clock of the board, and ends by itself', async () => {
  test.skip(skipped !== undefined, skipped);
  const rig = place.write('controlled.yaml', `${CONTROLLED}  console: simulated\n`);
  const { code, stdout } = await run(['rig', 'monitor', rig, '--reset', '--for', '0.5', '--json']);
  const sights = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { source: string; text: string; atNs: number });
  expect(sights.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['[simulated H1: TPM_RST_L deasserted]', 'TPM_RST_L was pulsed']),
  );
  expect(Math.max(...sights.map(({ atNs }) => atNs))).toBeLessThan(1e9);
  expect(code).toBe(0);
});

test('the monitor ends with 0 at Ctrl-C and leaves nothing behind', async () => {
  test.skip(skipped !== undefined, skipped);
  const rig = place.write('controlled.yaml', CONTROLLED);
  const monitor = start(['rig', 'monitor', rig]);
  await monitor.says('out of reset');
  monitor.process.kill('SIGINT');
  expect((await monitor.ended).code).toBe(0);
});

test('rig show says what a rig has', async () => {
  const { stdout } = await run(['rig', 'show', 'raspberry-pi-nano']);
  expect(stdout).toContain('Bus         /dev/spidev0.0 at 1 MHz\n');
  expect(stdout).toMatch(/^Controller {2}\/dev\/serial\/by-id\/\S+: supply, TPM_RST_L/m);
  expect(stdout).toContain('Console     none\n');
});

test('a rig that cannot do it is a failure of the lab', async () => {
  const rig = place.write(
    'bare.yaml',
    'description: Bare\nboard:\n  kind: sim\n  has: { power: false, reset: false }\n',
  );
  expect((await run(['rig', 'power', rig])).code).toBe(3);
  expect((await run(['rig', 'reset', rig])).code).toBe(3);
});
