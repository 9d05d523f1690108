import type { Pair } from './run.ts';

/** Why the chip's library answers unlike the witness, which is a later revision of the same reference. */
export interface Stated {
  readonly reason: string;
  readonly source: string;
  readonly covers: (pair: Pair) => boolean;
}

/** A response code without the number of a parameter, handle or session. [TPM2 Part 2, 6.6.3] */
export const baseOf = (code: number): number => ((code & 0x80) !== 0 && code < 0x1000 ? code & 0xbf : code);

const both =
  (ours: readonly number[], theirs: readonly number[]) =>
  ({ ours: a, theirs: b }: Pair): boolean =>
    ours.includes(baseOf(a.code)) && theirs.includes(baseOf(b.code));
const of =
  (codes: readonly number[], covers: (pair: Pair) => boolean) =>
  (pair: Pair): boolean =>
    codes.includes(pair.one.code) && covers(pair);
const isDone = ({ ours, theirs }: Pair): boolean => ours.code === 0 && theirs.code === 0;
/** How much longer the witness' response is, where both succeed. */
const longer = ({ ours, theirs }: Pair): number => theirs.length - ours.length;

const CREATES = [0x131, 0x153];
const PUBLICS = [...CREATES, 0x156, 0x157, 0x167, 0x18a];
const SIGNATURES = [0x160, 0x177];
const TICKETS = [0x131, 0x13e, 0x151, 0x153, 0x160, 0x177, 0x17d];
const PRIVATES = [0x150, 0x153, 0x156];
const RETRY = 0x922;
const [ATTRIBUTES, HASH, VALUE, KEY_SIZE, MODE, TYPE, KDF, SCHEME, SIZE] = [
  0x82, 0x83, 0x84, 0x87, 0x89, 0x8a, 0x8c, 0x92, 0x95,
];
const [SYMMETRIC, TAG, SELECTOR, INSUFFICIENT, SIGNATURE, KEY, TICKET, RESERVED, BINDING, CURVE] = [
  0x96, 0x97, 0x98, 0x9a, 0x9b, 0x9c, 0xa0, 0xa1, 0xa5, 0xa6,
];
const [ECC_POINT, NV_RANGE, AUTH_CONTEXT, FAILURE, HIERARCHY] = [0xa7, 0x146, 0x145, 0x101, 0x85];
/** What unmarshalling and the first checks of a template may say. */
const OF_TEMPLATES = [
  0,
  ATTRIBUTES,
  HASH,
  VALUE,
  KEY_SIZE,
  MODE,
  TYPE,
  KDF,
  SCHEME,
  SIZE,
  SYMMETRIC,
  SELECTOR,
  INSUFFICIENT,
  KEY,
  RESERVED,
  BINDING,
  CURVE,
  ECC_POINT,
  0x81,
  0x8d,
];

/** The kinds, each with its source; a pair that none covers is a mistake of ours. */
export const STATED: readonly Stated[] = [
  {
    reason:
      'tickets have 32 bytes here and 64 there: a proof is as long as the digest that protects contexts',
    source: '[TPM2 Implementation.h PROOF_SIZE]',
    covers: of(TICKETS, (pair) => isDone(pair) && longer(pair) === 32),
  },
  {
    reason: 'a private area is not padded to the size of its name, and only storage keys have a seed',
    source: '[TPM2 Object_spt.c SensitiveToPrivate] [TPM2 CryptUtil.c CryptCreateObject]',
    covers: of(PRIVATES, (pair) => isDone(pair) && longer(pair) > 0 && longer(pair) <= 160),
  },
  {
    reason: 'a context is as large as the structure that it keeps',
    source: '[TPM2 Global.h OBJECT, SESSION]',
    covers: of([0x162], isDone),
  },
  {
    reason: 'commands without parameters do not look at what stands in their place',
    source: '[CHIP 5.5]',
    covers: ({ one, theirs }) =>
      ['one byte behind', 'four bytes behind', 'tag of no sessions, with sessions'].includes(one.kind) &&
      baseOf(theirs.code) === SIZE,
  },
  {
    reason: 'the first failure of an authorization is counted at once',
    source: '[TPM2 SessionProcess.c CheckLockedOut]',
    covers: ({ theirs }) => theirs.code === RETRY,
  },
  {
    reason: 'ReadClock takes no sessions, and says so before it reads them',
    source: '[TPM2 SessionProcess.c ParseSessionBuffer]',
    covers: of([0x181], ({ ours }) => ours.code === AUTH_CONTEXT),
  },
  {
    reason: 'no primary key takes data, and no ECC key a curve but P-256',
    source: '[TPM2 CreatePrimary.c] [EC ecc.c]',
    covers: of(CREATES, both([ATTRIBUTES, VALUE], [0])),
  },
  {
    reason: 'templates of revision 1.16: other algorithms, sizes and attributes, and another order of checks',
    source: '[TPM2 tpm_generated.c] [TPM2 Object_spt.c SchemeChecks]',
    covers: of(
      PUBLICS,
      (pair) => pair.one.kind === 'a wrong parameter' && both(OF_TEMPLATES, OF_TEMPLATES)(pair),
    ),
  },
  {
    reason: 'a storage key that stays under its parent is of its kind',
    source: '[TPM2 Object_spt.c EqualCryptSet]',
    covers: of([0x153], ({ ours }) => [0x81, HASH, TYPE].includes(baseOf(ours.code))),
  },
  {
    reason: 'LoadExternal compares neither the size of the secret part nor policies and attributes',
    source: '[TPM2 LoadExternal.c] [TPM2 tpm_generated.c TPM2B_SENSITIVE_Unmarshal]',
    covers: of([0x167], both(OF_TEMPLATES, OF_TEMPLATES)),
  },
  {
    reason: 'a duplicate is sized before its parent is compared, and its integrity comes first',
    source: '[TPM2 Import.c]',
    covers: of([0x156, 0x157], both([...OF_TEMPLATES, 0x9f], [...OF_TEMPLATES, 0x9f])),
  },
  {
    reason: 'RSA that cannot be undone is a bad value',
    source: '[TPM2 CryptUtil.c TranslateCryptErrors]',
    covers: both([0, VALUE, SIZE], [FAILURE]),
  },
  {
    reason: 'OAEP and PSS go with SHA-1 and SHA-256 alone',
    source: '[EC rsa.c]',
    covers: of([0x15d, 0x174, 0x159, 0x158], both([VALUE], [0, SCHEME])),
  },
  {
    reason: 'a scheme of another kind of key fails when it signs',
    source: '[TPM2 CryptUtil.c CryptSign]',
    covers: of([0x148, 0x14a, 0x14c, 0x14d, 0x158, 0x15d, 0x184], both([VALUE], [SCHEME])),
  },
  {
    reason: 'a signature of another kind of key is compared in vain, and none at all can be read',
    source: '[TPM2 CryptUtil.c CryptVerifySignature]',
    covers: of(SIGNATURES, both([SIGNATURE, VALUE, SIZE, HASH], [SCHEME, SIGNATURE, HASH])),
  },
  {
    reason: 'RSASSA may sign a digest without its name',
    source: '[EC rsa.c SUPPORT_PADDING_ONLY_RSASSA]',
    covers: of([0x15d, 0x148, 0x14a, 0x14c, 0x14d, 0x158, 0x184], both([0, SIZE, SCHEME], [HASH])),
  },
  {
    reason: 'the tag of a ticket is any tag, and only its digest is compared',
    source: '[TPM2 tpm_generated.c TPMT_TK_HASHCHECK_Unmarshal]',
    covers: both([0, VALUE, TICKET], [TAG]),
  },
  {
    reason: 'points and numbers are those of the curves here, which are shorter',
    source: '[TPM2 Implementation.h MAX_ECC_KEY_BYTES, MAX_RSA_KEY_BYTES]',
    covers: of(
      [0x147, 0x154, 0x159, 0x160, 0x174, 0x176, 0x177, 0x18b],
      both([SIZE, CURVE], [0, VALUE, SIGNATURE, SCHEME, ECC_POINT, KEY, INSUFFICIENT, SYMMETRIC]),
    ),
  },
  {
    reason: 'only decryption keys make a shared secret, and the key is to blame',
    source: '[TPM2 ECDH_KeyGen.c] [TPM2 ECDH_ZGen.c]',
    covers: of([0x154, 0x163], both([KEY], [0, ATTRIBUTES])),
  },
  {
    reason: 'an HMAC takes a hash, never a cipher',
    source: '[TPM2 HMAC.c]',
    covers: of([0x155, 0x15b], both([HASH, TYPE], [SYMMETRIC, VALUE])),
  },
  {
    reason: 'nothing is left to test',
    source: '[TPM2 IncrementalSelfTest.c]',
    covers: of([0x142], (pair) => isDone(pair) || both([0], [VALUE])(pair)),
  },
  {
    reason: 'an NV index is defined in the order of revision 1.16, and its limits are codes of their own',
    source: '[TPM2 NV_DefineSpace.c] [TPM2 NV_Read.c]',
    covers: (pair) =>
      of([0x12a], both([ATTRIBUTES, SIZE, RESERVED], [ATTRIBUTES, SIZE]))(pair) ||
      of([0x137, 0x14e, 0x184], both([NV_RANGE, VALUE], [VALUE, NV_RANGE]))(pair) ||
      of([0x149, 0x16d], both([SIZE, 0x8d], [VALUE]))(pair),
  },
  {
    reason: 'who may write a locked index is asked before its lock',
    source: '[TPM2 NV_spt.c NvWriteAccessChecks]',
    covers: of([0x138], both([0x149], [0])),
  },
  {
    reason: 'an authorization is at most as long as the digest that protects contexts',
    source: '[TPM2 HierarchyChangeAuth.c]',
    covers: of([0x129], both([SIZE], [0])),
  },
  {
    reason: 'PolicyCommandCode knows the commands of the release alone',
    source: '[CHIP 5.5]',
    covers: of([0x16c], both([0, 0x143], [0, 0xa4])),
  },
  {
    reason: 'the curves and algorithms that the chip has, and no command is audited or asks for presence',
    source: '[CHIP 5.5]',
    covers: (pair) => of([0x178], both([0, CURVE], [0]))(pair) || of([0x17a], isDone)(pair),
  },
  {
    reason: 'time stands still here while the witness computes',
    source: '[TPM2 Policy_spt.c PolicyParameterChecks]',
    covers: (pair) =>
      of([0x151, 0x160, 0x172], both([0, SIGNATURE, TICKET], [0xa3]))(pair) ||
      of([0x128], both([0], [VALUE]))(pair),
  },
  {
    reason: 'NV_Certify of no bytes certifies no bytes, and a digest of TPM_ALG_NULL may be extended',
    source: '[TPM2 NV_Certify.c] [TPM2 tpm_generated.c TPMT_HA_Unmarshal]',
    covers: (pair) => of([0x184], isDone)(pair) || of([0x182], both([SIZE, 0], [HASH]))(pair),
  },
  {
    reason: 'what a session decrypts is chance: the nonces differ',
    source: '[TPM2 Part 1, 21]',
    covers: ({ one }) => one.what.includes('decrypts'),
  },
  {
    reason: 'a context is of the slot that it was saved in',
    source: '[TPM2 ContextLoad.c]',
    covers: of([0x161], both([0x9f, SIZE, HIERARCHY], [0x9f, SIZE, INSUFFICIENT, HIERARCHY])),
  },
];
