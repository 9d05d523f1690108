import { expect, source, test } from '../../fixtures/index.ts';
import type { Line } from './script.ts';
import { DONE, line, PASSWORD, play } from './script.ts';

const OWNER = '40000001';
const INDEX = '01500020';
/** The first session of a policy that was begun. [TPM2 Part 2, 7.2] */
const SESSION = '03000000';

/** What the index holds: a number that is negative when it is read as signed, and one that is not. */
const NEGATIVE = '80000005';
const POSITIVE = '00000007';

/** Numbers beside which the ones of the index are put: the same, one less, one more, the ends, and the other sign. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  [NEGATIVE]: ['80000005', '80000004', '80000006', '00000005', '7fffffff', 'ffffffff', '00000000'],
  [POSITIVE]: ['00000007', '00000006', '00000008', '80000007', 'ffffffff', '00000003', '00000000'],
};

const unsigned = (text: string): number => Number.parseInt(text, 16);
const isNegative = (text: string): boolean => unsigned(text) >= 0x8000_0000;

/**
 * Above 0 when `a` is the greater one with signs. The reference library, from which TPMs are made, takes of two negative
 * numbers that for the greater whose bytes are the less. [TPM2 MathFunctions.c _math__Comp]
 */
function signed(a: string, b: string): number {
  if (isNegative(a) !== isNegative(b)) return isNegative(a) ? -1 : 1;
  return isNegative(a) ? unsigned(b) - unsigned(a) : unsigned(a) - unsigned(b);
}

/** Whether one number stands to another as an operation says. */
type Holds = (a: string, b: string) => boolean;

/** TPM_EO by its number: whether `a` stands to `b` as it says. [TPM2 Part 2, 6.8] */
const OPERATIONS: readonly (readonly [name: string, holds: Holds])[] = [
  ['equal', (a, b) => a === b],
  ['not equal', (a, b) => a !== b],
  ['signed greater', (a, b) => signed(a, b) > 0],
  ['unsigned greater', (a, b) => unsigned(a) > unsigned(b)],
  ['signed less', (a, b) => signed(a, b) < 0],
  ['unsigned less', (a, b) => unsigned(a) < unsigned(b)],
  ['signed greater or equal', (a, b) => signed(a, b) >= 0],
  ['unsigned greater or equal', (a, b) => unsigned(a) >= unsigned(b)],
  ['signed less or equal', (a, b) => signed(a, b) <= 0],
  ['unsigned less or equal', (a, b) => unsigned(a) <= unsigned(b)],
  ['all bits set', (a, b) => (unsigned(a) & unsigned(b)) >>> 0 === unsigned(b)],
  ['all bits clear', (a, b) => (unsigned(a) & unsigned(b)) === 0],
];

/** TPM_RC_POLICY: the comparison does not hold. [TPM2 Part 3, 23.9] */
const REFUSED = '126';

const compare = (at: number, beside: string, operation: number, answer: string): Line =>
  line(
    `compare the number at ${at} with ${beside}, ${OPERATIONS[operation]?.[0] ?? 'no operation'}`,
    0x149,
    {
      handles: OWNER + INDEX + SESSION,
      sessions: PASSWORD,
      parameters: `0004 ${beside} ${at.toString(16).padStart(4, '0')} ${operation.toString(16).padStart(4, '0')}`,
    },
    answer,
  );

const BEGIN: readonly Line[] = [
  line(
    'define an index of 8 bytes',
    0x12a,
    { handles: OWNER, sessions: PASSWORD, parameters: `0000 000e ${INDEX} 000b 00020002 0000 0008` },
    DONE,
  ),
  line(
    'write both numbers',
    0x137,
    { handles: OWNER + INDEX, sessions: PASSWORD, parameters: `0008 ${NEGATIVE} ${POSITIVE} 0000` },
    DONE,
  ),
  line(
    'begin a policy session',
    0x176,
    { handles: '40000007 40000007', parameters: `0010 ${'a5'.repeat(16)} 0000 01 0010 000b` },
    '000',
  ),
];

const END: readonly Line[] = [
  line('flush the session', 0x165, { parameters: SESSION }, '000'),
  line('undefine the index', 0x122, { handles: OWNER + INDEX, sessions: PASSWORD }, DONE),
];

function scriptOf(operation: number, holds: Holds): readonly Line[] {
  const lines = Object.entries(BESIDE).flatMap(([held, others]) =>
    others.map((beside) => {
      const at = held === NEGATIVE ? 0 : 4;
      return compare(at, beside, operation, holds(held, beside) ? DONE : REFUSED);
    }),
  );
  return [...BEGIN, ...lines, ...END];
}

test.describe('comparison', () => {
  test.use({ about: 'chip' });

  for (const [operation, [name, holds]] of OPERATIONS.entries())
    test(
      `PolicyNV, ${name}: numbers on both sides of each other and of zero compare as the library of TPMs does`,
      { annotation: source('TPM2 Part 2, 6.8', 'TPM2 Part 3, 23.9') },
      async ({ driver, rig, step }) => {
        const script = scriptOf(operation, holds);
        const { seen, expected } = await step(`1. send ${script.length} commands`, () =>
          play(driver, script, rig),
        );
        await step('2. compare each answer', () => {
          expect(seen).toEqual(expected);
        });
      },
    );
});
