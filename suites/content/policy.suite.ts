import { digestOf, expect, HASHES, hexBytes, source, test } from '../../fixtures/index.ts';
import type { Line } from './script.ts';
import { hasCommands, line, PASSWORD, play } from './script.ts';

/** The first session of a policy that was begun. [TPM2 Part 2, 7.2] */
const SESSION = '03000000';
const OWNER = '40000001';

const bare = (text: string): string => text.replaceAll(' ', '');
const bytes = (text: string): Uint8Array =>
  text === '' ? new Uint8Array() : hexBytes(bare(text).replace(/..(?=.)/g, '$& '));
const sized = (text: string): string =>
  `${(bare(text).length / 2).toString(16).padStart(4, '0')} ${bare(text)}`;

/** The digest of a policy, computed on this host beside the TPM. [TPM2 Part 1, 19.7] */
class Policy {
  #digest: string;

  constructor(
    private readonly algorithm: number,
    private readonly size: number,
  ) {
    this.#digest = this.zeros;
  }

  get zeros(): string {
    return '00'.repeat(this.size);
  }

  /** A digest in which every byte is the same. */
  filled = (byte: string): string => byte.repeat(this.size);

  hash = (...parts: readonly string[]): string => bare(digestOf(this.algorithm, ...parts.map(bytes)));

  extend(...parts: readonly string[]): void {
    this.#digest = this.hash(this.#digest, ...parts);
  }

  restart(): void {
    this.#digest = this.zeros;
  }

  get digest(): string {
    return this.#digest;
  }
}

/** One step of a policy: its command, and what it adds to the digest. */
interface Step {
  readonly does: string;
  readonly code: number;
  readonly parameters: string;
  readonly adds: (policy: Policy) => void;
}

const COUNTER_TIMER = { operand: '0008 0000000000000000', offset: '0008', operation: '0003' };
/** SHA-1 and SHA-256, PCRs 0 and 16. [TPM2 Part 2, 10.6.2] */
const SELECTION = '00000002 0004 03 010001 000b 03 010001';

/** The name of a key: SHA-256 and a digest. [TPM2 Part 1, 16] */
const SIGNER = `000b${'c3'.repeat(32)}`;

/** A step whose command code and parts are hashed behind the digest. */
const extending = (
  does: string,
  code: number,
  parameters: string,
  parts: readonly string[] = parameters === '' ? [] : [parameters],
): Step => ({
  does,
  code,
  parameters,
  adds: (policy) => {
    policy.extend(code.toString(16).padStart(8, '0'), ...parts);
  },
});

/** The same, behind a digest of zeros. */
const beginning = (step: Step): Step => ({
  ...step,
  adds: (policy) => {
    policy.restart();
    step.adds(policy);
  },
});

/** What each command adds to the digest of a trial session. [TPM2 Part 3, 23] */
function stepsOf(policy: Policy): readonly Step[] {
  const { operand, offset, operation } = COUNTER_TIMER;
  const branches = ['11', '22', '33'].map(policy.filled);
  const compared = policy.hash(operand.slice(5), offset, operation);
  return [
    extending('PolicyAuthValue', 0x16b, ''),
    {
      does: 'PolicyPassword, which counts as PolicyAuthValue',
      code: 0x18c,
      parameters: '',
      adds: () => {
        policy.extend('0000016b');
      },
    },
    extending('PolicyLocality', 0x16f, '03'),
    extending('PolicyNvWritten', 0x18f, '01'),
    extending('PolicyCounterTimer', 0x16d, `${operand} ${offset} ${operation}`, [compared]),
    extending('PolicyPCR with a digest of the caller', 0x17f, `${sized(policy.filled('5a'))} ${SELECTION}`, [
      SELECTION,
      policy.filled('5a'),
    ]),
    beginning(
      extending('PolicyOR of three branches', 0x171, `00000003 ${branches.map(sized).join(' ')}`, branches),
    ),
    extending('PolicyCommandCode of NV_Read', 0x16c, '0000014e'),
    extending('PolicyCpHash', 0x16e, sized(policy.filled('77')), [policy.filled('77')]),
  ];
}

/** Steps that cannot stand behind those in one session. [TPM2 Part 3, 23.14] [TPM2 Part 3, 23.15] */
const othersOf = (policy: Policy): readonly Step[] => [
  extending('PolicyNameHash', 0x170, sized(policy.filled('66')), [policy.filled('66')]),
  {
    does: 'PolicyAuthorize, which begins afresh with the name of its key',
    code: 0x16a,
    parameters: `${sized(policy.filled('00'))} 0002 abcd 0022 ${SIGNER} 8022 40000007 0000`,
    adds: () => {
      policy.restart();
      policy.extend('0000016a', SIGNER);
      policy.extend('abcd');
    },
  },
  extending('PolicyCommandCode of Certify', 0x16c, '00000148'),
];

const getDigest = (policy: Policy): Line =>
  line('PolicyGetDigest', 0x189, { handles: SESSION }, `000 ${sized(policy.digest)}`);

type Has = (code: number) => boolean;

/** Every step that the firmware has, each with the digest behind it. */
const withDigests = (policy: Policy, steps: readonly Step[], has: Has): readonly Line[] =>
  steps.flatMap(({ does, code, parameters, adds }) => {
    if (!has(code)) return [];
    adds(policy);
    return [
      line(does, code, { handles: SESSION, ...(parameters !== '' && { parameters }) }, '000'),
      getDigest(policy),
    ];
  });

const begin = (type: 'trial' | 'policy', hash: number): Line =>
  line(
    `StartAuthSession of a ${type} session`,
    0x176,
    {
      handles: '40000007 40000007',
      parameters: `0010 ${'a5'.repeat(16)} 0000 ${type === 'trial' ? '03' : '01'} 0010 ${hash.toString(16).padStart(4, '0')}`,
    },
    '000',
  );

function restart(policy: Policy): readonly Line[] {
  policy.restart();
  return [line('PolicyRestart', 0x180, { handles: SESSION }, '000'), getDigest(policy)];
}

/** PolicySecret with the owner: its name is its handle. [TPM2 Part 3, 23.4] */
function secret(policy: Policy): readonly Line[] {
  policy.extend('00000151', OWNER);
  policy.extend('abcd');
  return [
    line(
      'PolicySecret with the owner',
      0x151,
      {
        handles: `${OWNER} ${SESSION}`,
        sessions: PASSWORD,
        parameters: '0000 0000 0002 abcd 00000000',
      },
      '000',
    ),
    getDigest(policy),
  ];
}

/** What a policy session, unlike a trial one, refuses. [TPM2 Part 3, 23] */
const refused = (policy: Policy, has: Has): readonly Line[] => [
  line(
    'PolicyPCR with a digest that the PCRs do not have',
    0x17f,
    { handles: SESSION, parameters: `${sized(policy.filled('5a'))} ${SELECTION}` },
    '084',
  ),
  line(
    'PolicyOR without the branch of this session',
    0x171,
    {
      handles: SESSION,
      parameters: `00000002 ${sized(policy.filled('11'))} ${sized(policy.filled('22'))}`,
    },
    '084',
  ),
  line(
    'PolicyOR of one branch',
    0x171,
    { handles: SESSION, parameters: `00000001 ${sized(policy.filled('00'))}` },
    '095',
  ),
  ...[
    line('PolicyLocality of none', 0x16f, { handles: SESSION, parameters: '00' }, '08d'),
    line('PolicyNvWritten of neither Yes nor No', 0x18f, { handles: SESSION, parameters: '02' }, '084'),
  ].filter(({ code }) => has(code)),
  getDigest(policy),
];

function scriptOf(hash: number, size: number, has: Has = () => true): readonly Line[] {
  const policy = new Policy(hash, size);
  return [
    begin('trial', hash),
    getDigest(policy),
    ...withDigests(policy, stepsOf(policy), has),
    line('PolicyCommandCode of another command', 0x16c, { handles: SESSION, parameters: '0000014f' }, '084'),
    ...restart(policy),
    ...withDigests(policy, othersOf(policy), has),
    ...secret(policy),
    line('FlushContext of the session', 0x165, { parameters: SESSION }, '000'),
    begin('policy', hash),
    ...restart(policy),
    ...refused(policy, has),
    line('FlushContext of the session', 0x165, { parameters: SESSION }, '000'),
    line('PolicyGetDigest of no session', 0x189, { handles: SESSION }, '910'),
  ];
}

const SIZES: Readonly<Record<string, number>> = {
  'SHA-1': 20,
  'SHA-256': 32,
  'SHA-384': 48,
  'SHA-512': 64,
};

test.describe('policy', () => {
  test.use({ about: 'chip' });

  for (const [name, hash] of HASHES)
    test(
      `each step of a policy extends the ${name} digest of its session by what the standard says, and by nothing when it is refused`,
      { annotation: source('CHIP 5.5', 'TPM2 Part 3, 23') },
      async ({ driver, rig, step }) => {
        const size = SIZES[name]!;
        const codes = scriptOf(hash, size).map(({ code }) => code);
        const script = scriptOf(hash, size, await hasCommands(driver, codes, rig));
        const { seen, expected } = await step(`1. send ${script.length} commands`, () =>
          play(driver, script, rig),
        );
        await step('2. compare each digest with the one that this host computes', () => {
          expect(seen).toEqual(expected);
        });
      },
    );
});
