import { commandName, showResponseCode, VENDOR_CODES, vendorName } from '../trace/index.ts';

const HEADER = 10;
/** Maximum size of a response in bytes. [CHIP 5.1] */
const LONGEST = 2048;
const SESSIONS = 0x8002;
const NO_SESSIONS = 0x8001;
const PASSWORD = 0x40000009;
const STARTUP = 0x144;

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
const number = (bytes: Uint8Array, { from, to }: Span): number =>
  bytes.subarray(from, to).reduce((value, byte) => value * 256 + byte, 0);

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Why no model can know a value. The reason decides how the value is checked instead. */
export type Unknowable =
  /** The chip drew it. It must not come twice, and its bytes must not all be equal. */
  | 'random value'
  /** It is made with a secret of the chip. Only the shape of the response is checked. */
  | 'secret of the chip'
  /** A clock of the chip. It must be close to the twin's and must not go back. */
  | 'clock'
  /** It depends on what the chip has stored before the trace began. Only the shape of the response is checked. */
  | 'memory from before';

interface Part extends Span {
  readonly why: Unknowable;
  /** The unit of a clock, in nanoseconds. */
  readonly unitNs?: number;
  /** The clock begins again at each TPM reset, and not only when the chip starts over. */
  readonly isOfReset?: true;
}

type PartsOf = (response: Uint8Array, command: Uint8Array) => readonly Part[];

const MS = 1e6;
const S = 1e9;
const clock = (from: number, to: number, unitNs: number): Part => ({ from, to, why: 'clock', unitNs });

/** Index of the first parameter: in a response with sessions a size of four bytes stands before it. [TPM2 Part 1, 18] */
const parametersOf = (response: Uint8Array): number => (u16(response, 0) === SESSIONS ? HEADER + 4 : HEADER);

const randomOf: PartsOf = (response) => {
  const from = parametersOf(response) + 2;
  return [{ from, to: from + u16(response, from - 2), why: 'random value' }];
};

/** TPMS_TIME_INFO: `time` begins again at each TPM reset, `clock` does not. [CHIP 5.5] [TPM2 Part 2, 10.11.6] */
const timesOf: PartsOf = (response) => {
  const from = parametersOf(response);
  return [{ ...clock(from, from + 8, MS), isOfReset: true }, clock(from + 8, from + 16, MS)];
};

/** The ticket of a hash is a MAC with a secret of the chip. [TPM2 Part 2, 10.7.6] */
const ticketOf: PartsOf = (response) => {
  const from = parametersOf(response);
  const ticket = from + 2 + u16(response, from) + 6;
  return [{ from: ticket + 2, to: ticket + 2 + u16(response, ticket), why: 'secret of the chip' }];
};

/** The rest of a response from this byte on, whose length is known all the same. */
const secretFrom =
  (skipped: (response: Uint8Array) => number): PartsOf =>
  (response) => [{ from: skipped(response), to: response.length, why: 'secret of the chip' }];

/** What StartAuthSession answers: a handle, then a nonce. [TPM2 Part 3, 11.1] */
const nonceOf: PartsOf = (response) => [{ from: HEADER + 6, to: response.length, why: 'random value' }];

/** Commands with a successful response that has parts no model can know. [TPM2 Part 3] */
const PARTS: ReadonlyMap<number, PartsOf> = new Map<number, PartsOf>([
  [0x17b, randomOf],
  [0x181, timesOf],
  [0x17d, ticketOf],
  [0x13e, ticketOf],
  [0x176, nonceOf],
  // Sequence number, handle and hierarchy of a context, and the size of its blob.
  [0x162, secretFrom(() => HEADER + 18)],
  // A ticket of a hierarchy: its tag, its hierarchy and its size.
  [0x177, secretFrom(() => HEADER + 8)],
  // Padding and secret scalars are drawn, and what is attested has clocks in it that are hidden by a secret.
  ...[0x148, 0x14c, 0x14d, 0x158, 0x15d, 0x163, 0x168, 0x174, 0x184, 0x18e].map((code): [number, PartsOf] => [
    code,
    secretFrom(parametersOf),
  ]),
]);

/** The same for vendor commands, by their subcommand. [CHIP 5.2] */
const VENDOR_PARTS: ReadonlyMap<number, PartsOf> = new Map<number, PartsOf>([
  [47, (response, command) => (command.length === 12 && response.length === 16 ? [clock(12, 16, S)] : [])],
  [70, () => [clock(12, 20, 1e3)]],
  [73, () => [clock(28, 32, S), clock(32, 36, S)]],
]);

/** Commands with a response that depends as a whole on keys, nonces or proofs of the chip. [TPM2 Part 3] */
const OF_SECRETS: ReadonlySet<number> = new Set([
  0x120, 0x124, 0x125, 0x131, 0x133, 0x147, 0x14a, 0x14b, 0x150, 0x151, 0x152, 0x153, 0x156, 0x157, 0x15e,
  0x160, 0x161, 0x164, 0x16a, 0x172, 0x18b, 0x18d, 0x191, 0x192, 0x193,
]);

/**
 * The same, but only while the chip has made no key and nothing that such a key or a proof stands for: with keys that the host
 * gave it, and with policies, the response is known but for the parts above. [TPM2 Part 3]
 */
const OF_OWN_KEYS: ReadonlySet<number> = new Set([
  0x140, 0x148, 0x149, 0x14c, 0x14d, 0x14f, 0x154, 0x155, 0x158, 0x159, 0x15b, 0x15d, 0x162, 0x163, 0x165,
  0x167, 0x168, 0x16b, 0x16c, 0x16d, 0x16e, 0x16f, 0x170, 0x171, 0x173, 0x174, 0x175, 0x176, 0x177, 0x178,
  0x17f, 0x180, 0x183, 0x184, 0x187, 0x188, 0x189, 0x18a, 0x18c, 0x18e, 0x18f, 0x190,
]);

/**
 * Commands with a response that depends on what was stored before: indices, authorizations, counters, properties.
 * [TPM2 Part 3]
 */
const OF_MEMORY: ReadonlySet<number> = new Set([
  0x11f, 0x121, 0x122, 0x126, 0x127, 0x128, 0x129, 0x12a, 0x12b, 0x132, 0x134, 0x135, 0x136, 0x137, 0x138,
  0x139, 0x13a, 0x14e, 0x169, 0x17a, 0x181,
]);
/** The same for vendor commands, by their subcommand. [CHIP 5.2] */
const OF_VENDOR_MEMORY: ReadonlySet<number> = new Set([
  4, 18, 23, 25, 26, 28, 35, 40, 41, 47, 68, 69, 70, 73,
]);

/** One of two clocks may have started earlier than the other by this much. [CHIP 6] */
const CLOCK_DIFFERENCE_NS = 30 * MS;
/** One of two clocks may be faster than the other by this share. [CHIP 8] */
const CLOCK_DRIFT = 0.02;
/** Number of random bytes from which on two equal values are no coincidence. */
const LEAST_RANDOM = 8;

/** What the twin knows of the TPM library under test. */
export interface Knowledge {
  /** The chip was blank, and the twin has seen every command since. */
  readonly isFresh: boolean;
  /** The library under test is not the twin's, but another one, such as swtpm. */
  readonly isForeign: boolean;
  /** Keys, nonces and proofs are known as long as the chip draws what the twin draws. */
  readonly sharedChance: SharedChance;
}

/** Whether the chip under test draws the values that its twin draws. `perhaps`: the first value that it draws shows it. */
export type SharedChance = 'yes' | 'perhaps' | 'no';

/** How a response of the chip compares with a healthy one. */
export interface Comparison {
  /**
   * The response with which the twin goes on: the bytes that the host has read, then the rest of the healthy
   * response. One that no model can know is as long as it says.
   */
  readonly response: Uint8Array;
  /** What differs, and the index of the byte in the response. */
  readonly difference?: { readonly at: number; readonly says: string };
  /** Why parts of the response could not be compared. Those parts are checked in another way. */
  readonly unknowable: readonly Unknowable[];
  /** Nothing was compared, since the host read no byte of the response. */
  readonly isLeftOut?: true;
}

interface Both {
  readonly healthy: Uint8Array;
  readonly observed: Uint8Array;
}

/** The name of a command for people: `TPM2_PCR_Read`, or the name of a vendor command. */
export function nameOf(command: Uint8Array): string {
  if (command.length < HEADER) return 'a command without a code';
  const code = u32(command, 6);
  return VENDOR_CODES.includes(code) ? vendorName(u16(command, 10)) : commandName(code);
}

/** Compares responses of the TPM with healthy ones. What no model can know is checked in another way. */
export class TpmAnswers {
  /** The TPM got something that the twin's library did not get, so the two may have stored different things. */
  #isClouded = false;
  #isStarted: boolean;
  /** A command succeeded whose outcome only the chip knows, such as a key of its own. */
  #hasSecrets = false;
  #sharedChance: SharedChance;
  readonly #random = new Set<string>();
  readonly #clocks = new Map<string, { readonly last: number; readonly isOfReset: boolean }>();

  constructor(private readonly knowledge: Knowledge) {
    this.#isStarted = knowledge.isFresh;
    this.#sharedChance = knowledge.isFresh && !knowledge.isForeign ? knowledge.sharedChance : 'no';
  }

  /** To be called when the chip starts over. Its clocks may begin again. */
  restart(): void {
    this.#clocks.clear();
  }

  /** To be called when the TPM is reset. Some of its clocks begin again. */
  reset(): void {
    for (const [name, { isOfReset }] of this.#clocks) if (isOfReset) this.#clocks.delete(name);
  }

  /** To be called when nobody knows any more which commands the TPM got. */
  cloud(): void {
    this.#isClouded = true;
    this.#isStarted = false;
  }

  /** Compares one response. `observed` is the part of it that the host has read, possibly none. */
  compare(command: Uint8Array, healthy: Uint8Array, observed: Uint8Array): Comparison {
    if (observed.length === 0) return { response: healthy, unknowable: [], isLeftOut: true };
    this.#noteStart(command, observed);
    if (this.#knowsSecrets) return this.#compareKnown(command, { healthy, observed });
    const whole = this.#whyWhole(command);
    if (whole !== undefined) {
      if (u32(observed, 6) !== u32(healthy, 6)) this.#isClouded = true;
      if (u32(observed, 6) === 0) this.#hasSecrets = true;
      const difference = shapeOf(observed);
      const response = mergedAsStated(healthy, observed);
      return { response, unknowable: [whole], ...(difference && { difference }) };
    }
    const parts = u32(healthy, 6) === 0 ? this.#partsOf(command, healthy) : [];
    this.#noteChance(parts, { healthy, observed });
    return {
      response: merged(healthy, observed),
      ...this.#compareParts(command, parts, { healthy, observed }),
    };
  }

  /** Both chips draw the same values, so only clocks are unknown, and what is made with them. */
  #compareKnown(command: Uint8Array, both: Both): Comparison {
    const { healthy, observed } = both;
    const response = merged(healthy, observed);
    const attested = clocksAttested(command, both);
    const clocks = this.#partsOf(command, healthy).filter(({ why }) => why === 'clock');
    const parts = u32(healthy, 6) === 0 ? (attested ?? clocks) : [];
    const found = this.#compareParts(command, parts, both);
    // Where the answer of a session is encrypted, nobody sees whether the clock in it is another one.
    if (found.difference === undefined || attested === undefined || !usesSecretSession(command))
      return { response, ...found };
    return { response, unknowable: ['secret of the chip'] };
  }

  #compareParts(command: Uint8Array, parts: readonly Part[], both: Both): Omit<Comparison, 'response'> {
    const difference = this.#firstDifference(both, parts) ?? this.#check(command, parts, both);
    return { unknowable: parts.map(({ why }) => why), ...(difference && { difference }) };
  }

  /** The first value that the chip draws tells whether it draws what the twin draws. */
  #noteChance(parts: readonly Part[], { healthy, observed }: Both): void {
    if (this.#sharedChance !== 'perhaps') return;
    const drawn = parts.find(
      ({ why, from, to }) => why === 'random value' && to - from >= LEAST_RANDOM && to <= observed.length,
    );
    if (drawn === undefined) return;
    const { from, to } = drawn;
    const isSame = observed.subarray(from, to).every((byte, at) => byte === healthy[from + at]);
    this.#sharedChance = isSame ? 'yes' : 'no';
  }

  /** The twin has seen all that the chip has, and draws what it draws. */
  get #knowsSecrets(): boolean {
    return this.#sharedChance === 'yes' && this.#isFresh;
  }

  /** After TPM2_Startup(CLEAR) the volatile state of the TPM is known again. */
  #noteStart(command: Uint8Array, observed: Uint8Array): void {
    if (u32(command, 6) === STARTUP && command[11] === 0 && u32(observed, 6) === 0) {
      this.#isStarted = true;
    }
  }

  #whyWhole(command: Uint8Array): Unknowable | undefined {
    const code = u32(command, 6);
    const isVendor = VENDOR_CODES.includes(code);
    if (isVendor)
      return !this.#isFresh && OF_VENDOR_MEMORY.has(u16(command, 10)) ? 'memory from before' : undefined;
    if (this.knowledge.isForeign) return 'memory from before';
    if (OF_SECRETS.has(code) || usesSecretSession(command)) return 'secret of the chip';
    if ((this.#hasSecrets || !this.#isFresh) && OF_OWN_KEYS.has(code)) return 'secret of the chip';
    if (!this.#isStarted) return 'memory from before';
    return !this.#isFresh && OF_MEMORY.has(code) ? 'memory from before' : undefined;
  }

  get #isFresh(): boolean {
    return this.knowledge.isFresh && !this.#isClouded;
  }

  #partsOf(command: Uint8Array, healthy: Uint8Array): readonly Part[] {
    const code = u32(command, 6);
    const partsOf = VENDOR_CODES.includes(code) ? VENDOR_PARTS.get(u16(command, 10)) : PARTS.get(code);
    return partsOf?.(healthy, command) ?? [];
  }

  #firstDifference({ healthy, observed }: Both, parts: readonly Part[]): Comparison['difference'] {
    const isKnown = (at: number): boolean => !parts.some(({ from, to }) => at >= from && at < to);
    const length = Math.min(healthy.length, observed.length);
    for (let at = 0; at < length; at++)
      if (healthy[at] !== observed[at] && isKnown(at)) return { at, says: fieldSays(at, healthy, observed) };
    return undefined;
  }

  #check(command: Uint8Array, parts: readonly Part[], { healthy, observed }: Both): Comparison['difference'] {
    for (const part of parts) {
      if (part.to > observed.length) continue;
      const says =
        part.why === 'random value'
          ? this.#checkRandom(observed.slice(part.from, part.to))
          : part.why === 'clock'
            ? this.#checkClock(nameOf(command), part, { healthy, observed })
            : undefined;
      if (says !== undefined) return { at: part.from, says };
    }
    return undefined;
  }

  #checkRandom(bytes: Uint8Array): string | undefined {
    if (bytes.length < LEAST_RANDOM) return undefined;
    if (bytes.every((byte) => byte === bytes[0]))
      return `${bytes.length} random bytes are all ${hex(bytes[0]!)}`;
    const text = Buffer.from(bytes.subarray(0, LEAST_RANDOM)).toString('hex');
    const isOld = this.#random.has(text);
    this.#random.add(text);
    return isOld ? `the random bytes that begin with ${text} came before` : undefined;
  }

  #checkClock(name: string, part: Part, { healthy, observed }: Both): string | undefined {
    const unit = part.unitNs ?? MS;
    const seen = number(observed, part);
    const expected = number(healthy, part);
    const key = `${name} ${part.from}`;
    const before = this.#clocks.get(key)?.last ?? -Infinity;
    this.#clocks.set(key, { last: seen, isOfReset: part.isOfReset === true });
    if (seen < before) return `a clock went back from ${before} to ${seen}`;
    const allowed =
      CLOCK_DIFFERENCE_NS / unit + 1 + CLOCK_DRIFT * expected * (this.knowledge.isFresh ? 0 : 1);
    return Math.abs(seen - expected) > allowed
      ? `a clock says ${seen}, a healthy chip ${expected}, give or take ${Math.ceil(allowed)}`
      : undefined;
  }
}

/** Commands that attest something, with the clock at that moment. [TPM2 Part 2, 10.12.8] */
const ATTESTING: ReadonlySet<number> = new Set([0x148, 0x14a, 0x14c, 0x14d, 0x158, 0x184]);
const GET_TIME = 0x14c;
/** Sizes in TPMS_ATTEST: magic number and tag; TPMS_CLOCK_INFO and the firmware's version. */
const ATTEST_HEAD = 6;
const CLOCK_INFO_AND_VERSION = 25;

/**
 * The clocks in what a command attests; undefined for any other command. Where one of them is not the twin's, the signature
 * is unknown as well, and the code of a session, which come after it.
 */
function clocksAttested(command: Uint8Array, { healthy, observed }: Both): readonly Part[] | undefined {
  const code = u32(command, 6);
  if (!ATTESTING.has(code)) return undefined;
  const data = parametersOf(healthy) + 2;
  const signer = data + ATTEST_HEAD;
  const qualifying = signer + 2 + u16(healthy, signer);
  const at = qualifying + 2 + u16(healthy, qualifying);
  const time = at + CLOCK_INFO_AND_VERSION;
  const clocks = [clock(at, at + 8, MS)];
  if (code === GET_TIME)
    clocks.push({ ...clock(time, time + 8, MS), isOfReset: true }, clock(time + 8, time + 16, MS));
  const isSame = clocks.every(({ from, to }) =>
    observed.subarray(from, to).every((byte, i) => byte === healthy[from + i]),
  );
  if (isSame) return clocks;
  return [...clocks, { from: data + u16(healthy, data - 2), to: healthy.length, why: 'secret of the chip' }];
}

const statedSize = (observed: Uint8Array): number => (observed.length >= HEADER ? u32(observed, 2) : 0);

/** The bytes that were read, then the rest of the healthy response. A host may read beyond its end. */
function merged(healthy: Uint8Array, observed: Uint8Array): Uint8Array {
  const length = Math.max(healthy.length, Math.min(statedSize(observed), observed.length));
  return filled(healthy, observed, Math.min(length, LONGEST));
}

/** The same of a response whose length no model can know: as long as it says, where that makes sense. */
function mergedAsStated(healthy: Uint8Array, observed: Uint8Array): Uint8Array {
  const stated = statedSize(observed);
  return filled(healthy, observed, stated >= HEADER && stated <= LONGEST ? stated : healthy.length);
}

function filled(healthy: Uint8Array, observed: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(healthy.subarray(0, length));
  bytes.set(observed.subarray(0, length));
  return bytes;
}

/** Whether the first session of the command is something else than a password. [TPM2 Part 1, 18] */
function usesSecretSession(command: Uint8Array): boolean {
  if (u16(command, 0) !== SESSIONS) return false;
  for (let at = HEADER; at + 4 <= Math.min(command.length, HEADER + 12 + 4); at += 4) {
    const size = u32(command, at);
    if (size >= 9 && size <= command.length - at - 4) return u32(command, at + 4) !== PASSWORD;
  }
  return false;
}

function shapeOf(observed: Uint8Array): Comparison['difference'] {
  const tag = u16(observed, 0);
  if (observed.length >= 2 && tag !== SESSIONS && tag !== NO_SESSIONS && tag !== 0xc4)
    return { at: 0, says: `the answer's tag is 0x${tag.toString(16)}; 0x8001 or 0x8002 is allowed` };
  return undefined;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Tells which field of the header, or which byte of the parameters, differs. [TPM2 Part 1, 18] */
function fieldSays(at: number, healthy: Uint8Array, observed: Uint8Array): string {
  if (at < 2)
    return `the tag is 0x${u16(observed, 0).toString(16)}, of a healthy chip 0x${u16(healthy, 0).toString(16)}`;
  if (at < 6) return `the size field says ${u32(observed, 2)}, of a healthy chip ${u32(healthy, 2)}`;
  if (at < HEADER)
    return `the response code is ${showResponseCode(u32(observed, 6))}, of a healthy chip ${showResponseCode(u32(healthy, 6))}`;
  const some = (bytes: Uint8Array): string => Array.from(bytes.subarray(at, at + 8), hex).join(' ');
  return `byte ${at} of the answer and on are ${some(observed)}, of a healthy chip ${some(healthy)}`;
}
