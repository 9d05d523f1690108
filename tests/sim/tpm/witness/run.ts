import type { Case } from './cases.ts';
import { hex } from './fields.ts';
import type { Answer } from './side.ts';
import type { Side } from './side.ts';
import { flush, furnish, furnishNv, load, startSession } from './world.ts';

/** Both answers to one case. */
export interface Pair {
  readonly one: Case;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** What a success of these changes for the cases that follow. */
const CHANGES_NV: ReadonlySet<number> = new Set([
  0x11f, 0x122, 0x12a, 0x134, 0x135, 0x136, 0x137, 0x138, 0x13b, 0x14f,
]);
/** What nothing takes back. */
const CHANGES_ALL: ReadonlySet<number> = new Set([0x126, 0x128, 0x129]);
/** Commands that take back what a success of another one has done; whatever they answer. */
const UNDO: Readonly<Record<number, readonly string[]>> = {
  0x120: [
    '8002 00000023 00000120 40000001 81000010 00000009 40000009 0000 00 0000 81000010',
    '8002 00000023 00000120 4000000c 81800010 00000009 40000009 0000 00 0000 81800010',
  ],
  0x121: ['40000001', '4000000b', '4000000d'].map(
    (which) => `8002 00000020 00000121 4000000c 00000009 40000009 0000 00 0000 ${which} 01`,
  ),
  0x127: ['8002 0000001c 00000127 4000000c 00000009 40000009 0000 00 0000 00'],
  0x12b: [
    '8002 00000037 0000012b 4000000c 00000009 40000009 0000 00 0000 00000004 000403ffffff 000b03ffffff 000c03ffffff 000d03ffffff',
  ],
  0x12e: ['40000001', '4000000a', '4000000b', '4000000c'].map(
    (which) => `8002 0000001f 0000012e ${which} 00000009 40000009 0000 00 0000 0000 0010`,
  ),
  0x13a: ['8002 00000027 0000013a 4000000a 00000009 40000009 0000 00 0000 00000020 00000100 00000000'],
};
const LOCK_RESET = '8002 0000001b 00000139 4000000a 00000009 40000009 0000 00 0000';
const LOCKOUT = 0x921;

/** Runs the cases on both sides, which find the same things before each. `renew` makes both as from the factory. */
export function* runAll(
  cases: readonly Case[],
  sides: readonly [Side, Side],
  renew: () => void,
): Generator<Pair> {
  const fresh = (): void => {
    renew();
    sides.forEach(furnish);
  };
  fresh();
  for (const one of cases) {
    const [ours, theirs] = sides.map((side) => {
      for (const name of one.loads) load(side, name);
      for (const kind of one.sessions) startSession(side, kind);
      const answer = side.send(one.bytes(side.made));
      clean(side);
      return answer;
    }) as [Answer, Answer];
    yield { one, ours, theirs };
    const isDone = ours.code === 0 || theirs.code === 0;
    const hasFailed = [ours.code, theirs.code].some((code) => (code & 0xbf) === 0x8e || code === LOCKOUT);
    if (hasFailed && sides.some((side) => side.send(hex(LOCK_RESET)).code !== 0)) fresh();
    if (!isDone) continue;
    for (const undo of UNDO[one.code] ?? []) for (const side of sides) side.send(hex(undo));
    const isPlatformOff =
      one.code === 0x121 && sides.some((side) => side.send(hex(UNDO[0x127]![0]!)).code !== 0);
    if (isPlatformOff || CHANGES_ALL.has(one.code)) fresh();
    else if (CHANGES_NV.has(one.code)) sides.forEach(furnishNv);
  }
}

function clean(side: Side): void {
  for (let slot = 0; slot < 3; slot++)
    for (const type of [0x80, 0x02, 0x03]) flush(side, type * 0x1000000 + slot);
}
