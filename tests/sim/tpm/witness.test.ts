import { expect, test } from '@playwright/test';
import { SwtpmEngine } from '../../../src/boards/sim/swtpm/index.ts';
import { BuiltInTpm, DEFAULT_PROFILE, Random } from '../../../src/sim/index.ts';
import { BEGINNING } from '../../../src/units/index.ts';
import { skippedWithout } from '../../programs.ts';
import { IS_THOROUGH, someOf } from '../../thorough.ts';
import { CASES } from './witness/cases.ts';
import { runAll } from './witness/run.ts';
import { Side } from './witness/side.ts';
import { baseOf, STATED } from './witness/stated.ts';

/** Commands of which a success is taken back by making both TPMs anew, which takes seconds. */
const SLOW: ReadonlySet<number> = new Set([0x126, 0x128, 0x129]);
/** Share of the cases that have to agree, or to differ in a stated way. */
const LEAST = 0.99;

const missing = skippedWithout('swtpm', 'swtpm');

test('the built-in TPM answers as another TPM of the same reference, apart from what is stated [TPM2 Part 3]', () => {
  test.skip(missing !== undefined, missing);
  test.setTimeout(IS_THOROUGH ? 3_600_000 : 180_000);
  const cases = someOf(CASES, 1200).filter(({ code, kind }) => !SLOW.has(code) || kind !== 'right');
  const swtpm = new SwtpmEngine();
  const ours = new Renewed();
  const unstated: string[] = [];
  let same = 0;
  try {
    for (const pair of runAll(cases, [new Side(ours), new Side(swtpm)], () => {
      ours.renew();
      swtpm.renew();
    })) {
      const { one, ours: a, theirs: b } = pair;
      const agrees = baseOf(a.code) === baseOf(b.code) && (a.code !== 0 || a.length === b.length);
      if (agrees) same++;
      else if (!STATED.some(({ covers }) => covers(pair)))
        unstated.push(
          `${one.command}, ${one.what}: ${a.code.toString(16)} of ${a.length}, ${b.code.toString(16)} of ${b.length}`,
        );
    }
  } finally {
    swtpm.close();
  }
  expect(unstated.slice(0, 20)).toEqual([]);
  expect(same / cases.length).toBeGreaterThan(0.9);
  expect(1 - unstated.length / cases.length).toBeGreaterThanOrEqual(LEAST);
});

const made = (): BuiltInTpm =>
  new BuiltInTpm({ random: new Random(1), now: () => BEGINNING, profile: DEFAULT_PROFILE });

/** A built-in TPM that can be made anew, as from the factory. */
class Renewed {
  #tpm = made();

  renew(): void {
    this.#tpm = made();
  }

  execute(command: Uint8Array): Uint8Array {
    return this.#tpm.execute(command);
  }
}
