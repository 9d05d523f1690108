import { expect, source, test } from '../../fixtures/index.ts';
import { RARE } from './rare-commands.ts';
import { play } from './script.ts';

test.describe('commands that are rare', () => {
  test.use({ about: 'chip', needs: ['virtual-time'] });

  for (const [what, script] of Object.entries(RARE))
    test(
      `${what}: every command is answered as the library of TPMs does`,
      { annotation: source('TPM2 Part 3', 'CHIP 5.5') },
      async ({ driver, rig, step }) => {
        const { seen, expected } = await step(`1. send ${script.length} commands`, () =>
          play(driver, script, rig),
        );
        await step('2. compare each answer', () => {
          expect(seen).toEqual(expected);
        });
      },
    );
});
