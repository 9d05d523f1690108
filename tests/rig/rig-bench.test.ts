import { expect, test } from '@playwright/test';
import { run, Workplace } from '../cli/h1-hil.ts';

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

test('the supply is switched, and told', async () => {
  const { code, stdout } = await run(['rig', 'power', place.rig]);
  expect([code, stdout]).toEqual([0, 'The supply was off and is on again.\n']);
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

test('a rig that cannot do it is a failure of the lab', async () => {
  const rig = place.write(
    'bare.yaml',
    'description: Bare\nboard:\n  kind: sim\n  has: { power: false, reset: false }\n',
  );
  expect((await run(['rig', 'power', rig])).code).toBe(3);
  expect((await run(['rig', 'reset', rig])).code).toBe(3);
});
