import { expect, RULE, test, us } from '../../../../fixtures/index.ts';

test.use({ needs: ['faults', 'ready-line'] });

test('a rule that the chip does not keep', async ({ ownDriver, faults, wires }) => {
  await faults.set({ kind: 'ready-width', width: us(2), hostNeeds: us(1), frames: { from: 3, count: 1 } });
  await ownDriver.random(8);
  expect(wires).toKeep(RULE.PULSE_WIDTH);
});
