/** What the built-in TPM, or any TPM behind the library's front, does unlike the chip's library. */
export interface Difference {
  /** Commands by their names in [TPM2 Part 3], or `all`. */
  readonly where: string;
  readonly chip: string;
  readonly here: string;
}

/** Of the built-in TPM. docs/simulated-chip.md has the table. */
export const DIFFERENCES: readonly Difference[] = [
  {
    where: 'Commit',
    chip: 'the first half of an anonymous signature',
    here: 'handles, sessions and parameters are checked, then every key is refused: none has such a scheme',
  },
  {
    where: 'SelfTest, IncrementalSelfTest, GetTestResult',
    chip: 'tests of the algorithms that were not tested yet',
    here: 'nothing is left to test, and all passed',
  },
  {
    where: 'GetRandom, CreatePrimary, Create, StartAuthSession',
    chip: 'hardware noise, and seeds of its own',
    here: "drawn from the run's seed: a run is repeatable, and no key is secret",
  },
  {
    where: 'CreatePrimary, Create',
    chip: "primes and scalars by the library's key derivation",
    here: 'keys of the right type and size by another derivation: the same seed gives other keys',
  },
  {
    where: 'DictionaryAttackParameters',
    chip: 'failures heal while time passes',
    here: 'failures heal by DictionaryAttackLockReset and Clear alone',
  },
  {
    where: 'GetCapability',
    chip: "the firmware's build in TPM_PT_FIRMWARE_VERSION, free NV space and persistent slots as measured",
    here: 'firmware version 0; free space and slots are estimates',
  },
  {
    where: 'NV_Read, NV_ReadPublic, NV_Certify',
    chip: 'endorsement certificates from the factory (0x01c00000, 0x01c00001), and a U2F certificate in index 0x013fff02',
    here: 'no endorsement certificates, and zeros for the one of U2F: they are of one chip each',
  },
  {
    where: 'all',
    chip: 'RC_ constants of its own TPM headers',
    here: 'those of the newest public header where no vector tells; GetCapability is known to be 0',
  },
  {
    where: 'all',
    chip: 'the smaller command set from a release of its own',
    here: 'the smaller command set from 0.{5,6}.100 on: between 0.5.4 and 0.5.280 no source tells',
  },
];

/** Of swtpm behind the front of the chip's library, beside those that it shares with the built-in TPM. */
export const SWTPM_DIFFERENCES: readonly Difference[] = [
  {
    where: 'all',
    chip: 'what actions and HMAC sessions refuse has the codes of its library',
    here: "swtpm's codes, with numbers only for the commands whose actions name their parameters; what unmarshalling refuses is the chip's",
  },
  {
    where: 'Hash, SequenceComplete, CreatePrimary, Create',
    chip: 'tickets as long as their proof',
    here: 'tickets of 64 bytes, and objects of revision 1.59',
  },
  {
    where: 'ContextSave, ECC_Parameters',
    chip: 'contexts of 1606 and 382 bytes; small numbers of BN_P256 in one byte',
    here: "swtpm's sizes",
  },
  {
    where: 'RSA_Encrypt, RSA_Decrypt, Sign, VerifySignature, MakeCredential, Duplicate, Import',
    chip: 'OAEP and PSS with SHA-1 and SHA-256 alone',
    here: "swtpm's: with every hash",
  },
  {
    where: 'GetCapability',
    chip: 'its own handles, and values of properties that change',
    here: "swtpm's; algorithms, commands, curves, PCR properties, fixed properties and which others there are, are the chip's",
  },
  {
    where: 'NV_Read, NV_ReadPublic, NV_Certify',
    chip: 'board ID, serial number, U2F certificate and device ID as indexes 0x013fff00 to 0x013fff03',
    here: 'no index until one is defined',
  },
  {
    where: 'ReadClock, GetTime',
    chip: 'time of the simulated clock',
    here: 'time of the host',
  },
];
