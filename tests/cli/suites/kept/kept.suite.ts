import { test as base } from '../../../../fixtures/index.ts';
import { LabFailure } from '../../../../src/units/index.ts';

class StillOn extends LabFailure {
  readonly blames = 'rig';
}

const test = base.extend<object, { keeper: undefined }>({
  keeper: [
    async ({ rig }, use) => {
      Object.defineProperty(rig.board, 'close', {
        value: () => Promise.reject(new StillOn('Rig bench cannot be given back: its supply is still on.')),
      });
      await use(undefined);
    },
    { auto: true, scope: 'worker' },
  ],
});

test('a test on a board that is kept', async ({ driver }) => {
  await driver.random(4);
});
