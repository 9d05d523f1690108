import { digestOf, expect, hexBytes, source, test, TPM_ALG } from '../../fixtures/index.ts';
import type { Line } from './script.ts';
import { DONE, line, PASSWORD, passwordOf, play } from './script.ts';

const OWNER = '40000001';
const LOCKOUT = '4000000a';
const PLATFORM = '4000000c';
const PW = passwordOf('7077');
const WRONG = passwordOf('7078');

/** TPMA_NV. [TPM2 Part 2, 13.4] */
const NV = {
  owner: '00020002',
  bits: '00020022',
  extend: '00020042',
  counter: '00020012',
  whole: '00021002',
  /** It can be locked for writing and for reading until the next reset. */
  lockable: '80024002',
  /** With a password of its own, and without protection against guessing. */
  password: '02040004',
  guarded: '00040004',
};

const define = (index: string, attributes: string, size = '0008', answer = DONE): Line =>
  line(
    `define ${index} with attributes ${attributes} and ${size} bytes`,
    0x12a,
    { handles: OWNER, sessions: PASSWORD, parameters: `0000 000e ${index} 000b ${attributes} 0000 ${size}` },
    answer,
  );
const defineWithPassword = (index: string, attributes: string): Line =>
  line(
    `define ${index} with a password`,
    0x12a,
    {
      handles: OWNER,
      sessions: PASSWORD,
      parameters: `0002 7077 000e ${index} 000b ${attributes} 0000 0008`,
    },
    DONE,
  );
const undefine = (index: string, answer = DONE): Line =>
  line(`undefine ${index}`, 0x122, { handles: OWNER + index, sessions: PASSWORD }, answer);
const read = (index: string, bytes: string, answer: string): Line =>
  line(
    `read ${bytes.slice(0, 4)} bytes of ${index} from ${bytes.slice(5)}`,
    0x14e,
    { handles: OWNER + index, sessions: PASSWORD, parameters: bytes },
    answer,
  );
const write = (index: string, bytes: string, answer = DONE): Line =>
  line(
    `write into ${index}`,
    0x137,
    { handles: OWNER + index, sessions: PASSWORD, parameters: bytes },
    answer,
  );
const change = (does: string, code: number, index: string, parameters = '', answer = DONE): Line =>
  line(
    `${does} ${index}`,
    code,
    { handles: OWNER + index, sessions: PASSWORD, ...(parameters !== '' && { parameters }) },
    answer,
  );

/** What a read of these bytes answers. [TPM2 Part 1, 18.10] */
function holds(bytes: string): string {
  const length = bytes.replaceAll(' ', '').length / 2;
  return `000 ${(length + 2).toString(16).padStart(8, '0')} ${length.toString(16).padStart(4, '0')} ${bytes} 0000 01 0000`;
}

const bare = (text: string): string => text.replaceAll(' ', '');
const sha256 = (...parts: readonly string[]): string =>
  bare(digestOf(TPM_ALG.SHA256, ...parts.map((part) => hexBytes(part.replace(/..(?=.)/g, '$& ')))));
const EXTENDED = sha256('00'.repeat(32), '616263');

const [BITS, EXTEND, LOCK, WHOLE, OWN, GUARDED, COUNT] = [
  '01500010',
  '01500011',
  '01500012',
  '01500013',
  '01500014',
  '01500015',
  '01500016',
];

const BIT_FIELD: readonly Line[] = [
  define(BITS, NV.bits),
  read(BITS, '0008 0000', '14a'),
  change('NV_SetBits of', 0x135, BITS, '000000000000000f'),
  change('NV_SetBits of', 0x135, BITS, '80000000000000f0'),
  read(BITS, '0008 0000', holds('80000000000000ff')),
  read(BITS, '0004 0004', holds('000000ff')),
  read(BITS, '0005 0004', '146'),
  read(BITS, '0000 0008', holds('')),
  write(BITS, '0008 0000000000000000 0000', '082'),
  undefine(BITS),
  undefine(BITS, '28b'),
];

const INDICES: readonly Line[] = [
  define(EXTEND, NV.extend, '0020'),
  change('NV_Extend of', 0x136, EXTEND, '0003 616263'),
  read(EXTEND, '0020 0000', holds(EXTENDED)),
  change('NV_Extend of', 0x136, EXTEND, '0001 00'),
  read(EXTEND, '0020 0000', holds(sha256(EXTENDED, '00'))),
  undefine(EXTEND),
  define(LOCK, NV.lockable),
  write(LOCK, '0008 1122334455667788 0000'),
  write(LOCK, '0001 99 0007'),
  write(LOCK, '0002 9999 0007', '146'),
  change('NV_WriteLock of', 0x138, LOCK),
  write(LOCK, '0001 00 0000', '148'),
  read(LOCK, '0008 0000', holds('1122334455667799')),
  change('NV_ReadLock of', 0x14f, LOCK),
  read(LOCK, '0008 0000', '148'),
  line('NV_ReadPublic', 0x169, { handles: LOCK }, '000'),
  undefine(LOCK),
  define(WHOLE, NV.whole),
  write(WHOLE, '0004 11223344 0000', '146'),
  write(WHOLE, '0008 1122334455667788 0000'),
  change('NV_WriteLock of', 0x138, WHOLE, '', '082'),
  change('NV_Increment of', 0x134, WHOLE, '', '082'),
  undefine(WHOLE),
  define(COUNT, NV.counter),
  change('NV_Increment of', 0x134, COUNT),
  read(COUNT, '0008 0000', '000'),
  undefine(COUNT),
  define('01500017', '00000002', '0008', '082'),
  define('01500017', NV.counter, '0007', '095'),
  define('01500017', '00020012', '0009', '095'),
  define('01500017', NV.owner, '0801', '095'),
];

/** A command of the index itself. */
const ofIndex = (does: string, index: string, sessions: string, answer: string): Line =>
  line(does, 0x14e, { handles: index + index, sessions, parameters: '0001 0000' }, answer);
const failedTries = (count: string): Line =>
  line(
    'ask for TPM_PT_LOCKOUT_COUNTER',
    0x17a,
    { parameters: '00000006 0000020e 00000001' },
    `000 01 00000006 00000001 0000020e ${count}`,
  );

const PASSWORDS: readonly Line[] = [
  defineWithPassword(OWN, NV.password),
  ofIndex('read with a wrong password', OWN, WRONG, '9a2'),
  ofIndex('read before it was written', OWN, PW, '14a'),
  line(
    'write with the password',
    0x137,
    { handles: OWN + OWN, sessions: PW, parameters: '0002 aabb 0000' },
    DONE,
  ),
  ofIndex('read with the password', OWN, PW, holds('aa')),
  read(OWN, '0001 0000', '149'),
  failedTries('00000000'),
  defineWithPassword(GUARDED, NV.guarded),
  ofIndex('guess the password', GUARDED, WRONG, '98e'),
  failedTries('00000001'),
  line(
    'allow two tries',
    0x13a,
    { handles: LOCKOUT, sessions: PASSWORD, parameters: '00000002 000003e8 000003e8' },
    DONE,
  ),
  ofIndex('guess again', GUARDED, WRONG, '98e'),
  ofIndex('use the right password while locked out', GUARDED, PW, '921'),
  line('DictionaryAttackLockReset', 0x139, { handles: LOCKOUT, sessions: PASSWORD }, DONE),
  failedTries('00000000'),
  ofIndex('use the right password', GUARDED, PW, '14a'),
  undefine(OWN),
  undefine(GUARDED),
  line(
    'give the owner a password',
    0x129,
    { handles: OWNER, sessions: PASSWORD, parameters: '0002 7077' },
    DONE,
  ),
  define('01500018', NV.owner, '0008', '9a2'),
  line('take it back', 0x129, { handles: OWNER, sessions: PW, parameters: '0000' }, DONE),
  define('01500018', NV.owner),
  line('turn the owner off', 0x121, { handles: OWNER, sessions: PASSWORD, parameters: `${OWNER} 00` }, DONE),
  define('01500019', NV.owner, '0008', '185'),
  line(
    'turn the owner on as the owner',
    0x121,
    { handles: PLATFORM, sessions: PASSWORD, parameters: `${OWNER} 01` },
    DONE,
  ),
  line('Clear', 0x126, { handles: LOCKOUT, sessions: PASSWORD }, DONE),
  read('01500018', '0001 0000', '28b'),
];

const CLEARING: readonly Line[] = [
  define('01500018', NV.owner),
  line('ClearControl: no Clear', 0x127, { handles: LOCKOUT, sessions: PASSWORD, parameters: '01' }, DONE),
  line('Clear', 0x126, { handles: LOCKOUT, sessions: PASSWORD }, '120'),
  line('ClearControl by lockout', 0x127, { handles: LOCKOUT, sessions: PASSWORD, parameters: '00' }, '08e'),
  line('ClearControl by platform', 0x127, { handles: PLATFORM, sessions: PASSWORD, parameters: '00' }, DONE),
  line('Clear', 0x126, { handles: LOCKOUT, sessions: PASSWORD }, DONE),
  read('01500018', '0001 0000', '28b'),
];

/** The storage template with P-256 and AES-128. [TPM2 Part 2, 12.2.4] */
const STORAGE = '0023 000b 00030472 0000 0006 0080 0043 0010 0003 0010 0000 0000';
/** A sealed object with the password `pw` and the bytes `secret`. [TPM2 Part 1, 27.6] */
const SEALED = '000c 0002 7077 0006 736563726574 000e 0008 000b 00000452 0000 0010 0000 0000 00000000';
const PRIMARY = '80000000';
const CHILD = '80000001';

const u16 = (hexText: string, at: number): number => Number.parseInt(hexText.slice(at, at + 4), 16);
/** Private and public part, from the answer of Create behind the size of its parameters. [TPM2 Part 3, 12.1] */
function madeBy(create: string): string {
  const begin = 8;
  const privateEnd = begin + 4 + 2 * u16(create, begin);
  return create.slice(begin, privateEnd + 4 + 2 * u16(create, privateEnd));
}

const OBJECTS: readonly Line[] = [
  line(
    'CreatePrimary of a storage key',
    0x131,
    {
      handles: OWNER,
      sessions: PASSWORD,
      parameters: `0004 0000 0000 001a ${STORAGE} 0000 00000000`,
    },
    '000',
  ),
  line(
    'Create of a sealed object',
    0x153,
    { handles: PRIMARY, sessions: PASSWORD, parameters: SEALED },
    '000',
  ),
  line('Load', 0x157, { handles: PRIMARY, sessions: PASSWORD, parameters: madeBy }, '000'),
  line('Unseal', 0x15e, { handles: CHILD, sessions: PW }, holds('736563726574')),
  line('Unseal with a wrong password', 0x15e, { handles: CHILD, sessions: WRONG }, '9a2'),
  line('Unseal without one', 0x15e, { handles: CHILD, sessions: PASSWORD }, '9a2'),
  line('ReadPublic', 0x173, { handles: CHILD }, '000'),
  line(
    'EvictControl of the storage key',
    0x120,
    { handles: OWNER + PRIMARY, sessions: PASSWORD, parameters: '81000001' },
    DONE,
  ),
  line('ReadPublic of the persistent key', 0x173, { handles: '81000001' }, '000'),
  line('flush the storage key', 0x165, { parameters: PRIMARY }, '000'),
  line('ReadPublic of what was flushed', 0x173, { handles: PRIMARY }, '910'),
  line(
    'Create below the persistent key',
    0x153,
    { handles: '81000001', sessions: PASSWORD, parameters: SEALED },
    '000',
  ),
  line('Load below it', 0x157, { handles: '81000001', sessions: PASSWORD, parameters: madeBy }, '000'),
  line(
    'EvictControl of the persistent key',
    0x120,
    { handles: `${OWNER} 81000001`, sessions: PASSWORD, parameters: '81000001' },
    DONE,
  ),
  line('ReadPublic of nothing', 0x173, { handles: '81000001' }, '18b'),
];

test.describe('store', () => {
  // Each write wears the flash of a real chip, and Clear forgets its owner.
  test.use({ about: 'chip', needs: ['virtual-time'] });

  for (const [claim, script, standard] of [
    ['an index holds what was written by the rules of its kind, and refuses what they forbid', INDICES, '31'],
    ['bits that were set stay set, and nothing else is', BIT_FIELD, '31.10'],
    [
      'Clear removes what the owner has, unless ClearControl forbids it, which the platform alone takes back',
      CLEARING,
      '24.6',
    ],
    ['passwords open what they protect, and a guess is counted until the TPM is locked', PASSWORDS, '24'],
    [
      'a sealed object gives back its bytes to its password alone, and a persistent key takes its place',
      OBJECTS,
      '12',
    ],
  ] as const)
    test(
      claim,
      { annotation: source('CHIP 5.5', `TPM2 Part 3, ${standard}`) },
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
