import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { LabFailure } from '../../units/index.ts';
import { printable } from '../../units/index.ts';
import type { Channel, ChannelEnd, Dial } from './channel.ts';
import { AgentUnruly, DeviceGone, RequestStuck, SessionLost } from './errors.ts';
import type { Answer } from './messages.ts';
import { AnswerReader, messageOf, OP, TOKEN_SIZE, VERSION } from './messages.ts';

/** Limits of a session, in ms of this host's time. */
export interface SessionLimits {
  /** For the device to come back after its connection ended, or to be reached at all. */
  readonly back: number;
  /** For one request, while the device answers. */
  readonly request: number;
  /** Without a word, after which a connection is taken for dead. */
  readonly silence: number;
}

/** How long a session waits where its rig file says nothing. */
export const USUAL_LIMITS: SessionLimits = { back: 90_000, request: 120_000, silence: 8_000 };

/** A connection is made and greeted within this many times the silence. */
const GREETING = 4;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 3_000;
/** Requests without an answer; the agent keeps up to 256. */
const MAX_WAITING = 200;
const ACKNOWLEDGE_EVERY = 32;
/** One request has an answer of this error when its agent was killed while it ran. */
const EOWNERDEAD = -130;

/** A session with the agent of one device. */
export interface SessionOptions {
  /** Name of the device, for messages. */
  readonly host: string;
  readonly dial: Dial;
  readonly limits?: Partial<SessionLimits>;
  /** What instruments see of a device that is gone, each a sentence. */
  readonly witness?: () => Promise<readonly string[]>;
  /** 16 bytes; random unless a test needs to know them. */
  readonly token?: Uint8Array;
}

/** Where the clocks of the device stand, in ns, and when it was asked and answered, in ns of this host's. */
export interface ClockReading {
  readonly askedNs: number;
  readonly answeredNs: number;
  readonly boottimeNs: number;
  readonly monotonicNs: number;
  readonly realtimeNs: number;
}

/** How one request is made. */
export interface RequestOptions {
  /** As a person reads it in a failure. */
  readonly what: string;
  readonly limitMs?: number;
  /** The device sleeps meanwhile, for so long. */
  readonly asleepMs?: number;
  /** Told when the device goes to sleep for this request. */
  readonly onAsleep?: () => void;
}

interface Waiting extends RequestOptions {
  readonly bytes: Buffer;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failure: LabFailure) => void;
  readonly late: NodeJS.Timeout;
}

const hostNs = (): number => performance.now() * 1e6;

/**
 * Requests to the agent of a device, each run there once, over connections that come and go: what has no answer when
 * a connection ends is sent again on the next one, and the agent answers from its journal what it has run.
 */
export class AgentSession {
  readonly #limits: SessionLimits;
  readonly #token: Uint8Array;
  #last = 0;
  #channel: Channel | undefined;
  #isGreeted = false;
  #reader = new AnswerReader();
  readonly #waiting = new Map<number, Waiting>();
  readonly #pings = new Map<number, (reading: ClockReading) => void>();
  #nonce = 0;
  #bootId: string | undefined;
  #heardAt = hostNs();
  #quietUntil = 0;
  #lastEnd = '';
  #failure: LabFailure | undefined;
  /** Present while the session is being closed. */
  #tellGone: (() => void) | undefined;
  #cuts = 0;
  readonly #keeper: NodeJS.Timeout;
  readonly #opened: Promise<void>;
  #tellOpened: { resolve: () => void; reject: (failure: LabFailure) => void } | undefined;

  constructor(private readonly options: SessionOptions) {
    this.#limits = { ...USUAL_LIMITS, ...options.limits };
    this.#token = options.token ?? randomBytes(TOKEN_SIZE);
    this.#opened = new Promise((resolve, reject) => {
      this.#tellOpened = { resolve, reject };
    });
    this.#opened.catch(() => undefined);
    this.#keeper = setInterval(() => {
      this.#keepAlive();
    }, this.#limits.silence / 4);
    this.#dial();
  }

  /** Resolves when the agent has answered for the first time. @throws DeviceGone, SessionLost */
  get opened(): Promise<void> {
    return this.#opened;
  }

  get host(): string {
    return this.options.host;
  }

  /** How often a connection has ended. */
  get cuts(): number {
    return this.#cuts;
  }

  /** The device's identity of its present boot. */
  get bootId(): string {
    return this.#bootId ?? '';
  }

  /** @throws DeviceGone, SessionLost, RequestStuck, AgentUnruly */
  call(op: number, numbers: readonly number[], bytes: Uint8Array, how: RequestOptions): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(new RequestStuck(this.options.host, this.#underWay()[0]!, this.#limits.request));
    const number = ++this.#last;
    const message = messageOf(number, op, numbers, bytes);
    return new Promise((resolve, reject) => {
      const limitMs = (how.limitMs ?? this.#limits.request) + (how.asleepMs ?? 0);
      const late = setTimeout(() => {
        this.#waiting.delete(number);
        reject(new RequestStuck(this.options.host, how.what, limitMs));
      }, limitMs + this.#limits.back);
      this.#waiting.set(number, { ...how, bytes: message, resolve, reject, late });
      if (this.#isGreeted) this.#channel?.send(message);
    });
  }

  /** Asks for the clocks. Nothing is asked again: undefined when the connection ends first, or says nothing. */
  async ping(): Promise<ClockReading | undefined> {
    if (!this.#isGreeted) return undefined;
    const nonce = (this.#nonce = (this.#nonce + 1) | 0);
    const ended = new AbortController();
    const answered = new Promise<ClockReading>((resolve) => this.#pings.set(nonce, resolve));
    this.#pinged.set(nonce, hostNs());
    this.#channel?.send(messageOf(0, OP.ping, [nonce]));
    const late = pause(this.#limits.silence, undefined, { signal: ended.signal }).catch(() => undefined);
    try {
      return await Promise.race([answered, late]);
    } finally {
      ended.abort();
      this.#pings.delete(nonce);
      this.#pinged.delete(nonce);
    }
  }
  readonly #pinged = new Map<number, number>();

  /** Resolves when there is a connection. @throws DeviceGone, SessionLost */
  async connected(): Promise<void> {
    while (!this.#isGreeted) {
      if (this.#failure !== undefined) throw this.#failure;
      await pause(FIRST_PAUSE_MS / 4);
    }
  }

  /** Ends the present connection, as a network may at any moment. */
  cut(): void {
    this.#channel?.cut();
  }

  /** Lets the agent remove its folder and end; one that cannot be told within `back` does so by itself later. */
  async close(): Promise<void> {
    clearInterval(this.#keeper);
    if (this.#failure === undefined) {
      const given = new AbortController();
      const gone = new Promise<void>((resolve) => {
        this.#tellGone = resolve;
      });
      if (this.#isGreeted) this.#sayBye();
      const late = pause(this.#limits.back, undefined, { signal: given.signal }).catch(() => undefined);
      await Promise.race([gone, late]);
      given.abort();
    }
    this.#fail(new DeviceGone(this.options.host, 'was let go', []));
  }

  #sayBye(): void {
    this.#channel?.send(messageOf(0, OP.bye, []));
  }

  #dial(): void {
    const channel = this.options.dial();
    this.#dialledAt = hostNs();
    this.#reader = new AnswerReader();
    this.#channel = channel;
    channel.onBytes = (bytes) => {
      if (this.#channel === channel) this.#take(bytes);
    };
    channel.onEnd = (end) => {
      if (this.#channel === channel) this.#ended(end);
    };
    channel.send(messageOf(0, OP.hello, [VERSION, this.#acknowledged()], this.#token));
  }

  /** Every answer up to this number has come. */
  #acknowledged(): number {
    let least = this.#last + 1;
    for (const number of this.#waiting.keys()) least = Math.min(least, number);
    return least - 1;
  }

  #take(bytes: Buffer): void {
    this.#heardAt = hostNs();
    const answers = this.#reader.take(bytes);
    if (typeof answers === 'string') {
      this.#fail(new AgentUnruly(this.options.host, answers));
      return;
    }
    for (const answer of answers) this.#heard(answer);
  }

  #heard(answer: Answer): void {
    const { number, result, body } = answer;
    if (number !== 0) {
      const waiting = this.#waiting.get(number);
      if (waiting === undefined) return;
      this.#waiting.delete(number);
      clearTimeout(waiting.late);
      this.#quietUntil = 0;
      if (result === EOWNERDEAD)
        waiting.reject(
          new SessionLost(this.options.host, 'its agent was killed and is back', [waiting.what]),
        );
      else waiting.resolve(answer);
      if (number % ACKNOWLEDGE_EVERY === 0)
        this.#channel?.send(messageOf(0, OP.acknowledge, [this.#acknowledged()]));
    } else if (result === OP.hello) this.#greeted(body);
    else if (result === OP.ping) this.#pong(body);
    else if (result === OP.asleep) this.#sleeps(body);
  }

  #greeted(body: Buffer): void {
    const { host } = this.options;
    if (body.length !== 48) {
      this.#fail(new AgentUnruly(host, `a greeting of ${body.length} bytes`));
      return;
    }
    const [version, error, last] = [body.readUInt32LE(0), body.readInt32LE(4), body.readUInt32LE(8)];
    const bootId = body.toString('latin1', 12);
    if (error !== 0) {
      this.#fail(
        new AgentUnruly(host, `the refusal ${error} (agent of protocol ${version}, ours is ${VERSION})`),
      );
      return;
    }
    if (this.#bootId !== undefined && this.#bootId !== bootId) {
      this.#fail(new SessionLost(host, 'it was started again', this.#underWay()));
      return;
    }
    if (last < this.#acknowledged()) {
      this.#fail(new SessionLost(host, 'its agent has lost its journal', this.#underWay()));
      return;
    }
    this.#bootId = bootId;
    this.#isGreeted = true;
    for (const number of [...this.#waiting.keys()].sort((a, b) => a - b))
      this.#channel?.send(this.#waiting.get(number)!.bytes);
    this.#tellOpened?.resolve();
    if (this.#tellGone !== undefined) this.#sayBye();
  }

  #pong(body: Buffer): void {
    if (body.length !== 28) return;
    const nonce = body.readInt32LE(0);
    const [boottimeNs, monotonicNs, realtimeNs] = [4, 12, 20].map((at) => Number(body.readBigUInt64LE(at)));
    this.#pings.get(nonce)?.({
      askedNs: this.#pinged.get(nonce) ?? 0,
      answeredNs: hostNs(),
      boottimeNs: boottimeNs!,
      monotonicNs: monotonicNs!,
      realtimeNs: realtimeNs!,
    });
  }

  #sleeps(body: Buffer): void {
    const waiting = body.length === 4 ? this.#waiting.get(body.readUInt32LE(0)) : undefined;
    if (waiting === undefined) return;
    this.#quietUntil = hostNs() + (waiting.asleepMs ?? 0) * 1e6;
    waiting.onAsleep?.();
  }

  #keepAlive(): void {
    if (this.#isGreeted && this.#waiting.size === 0) {
      this.#heardAt = hostNs();
      return;
    }
    const silentMs = (hostNs() - Math.max(this.#heardAt, this.#dialledAt, this.#quietUntil)) / 1e6;
    const { silence } = this.#limits;
    if (silentMs > (this.#isGreeted ? silence : GREETING * silence)) this.#channel?.cut();
    else if (this.#isGreeted) void this.ping();
  }

  #ended({ why, status, isForGood }: ChannelEnd): void {
    const { host } = this.options;
    this.#cuts++;
    this.#isGreeted = false;
    this.#channel = undefined;
    this.#lastEnd = why;
    if (this.#failure !== undefined) return;
    if (this.#tellGone !== undefined && (status === 0 || isForGood)) this.#tellGone();
    else if (!isForGood) void this.#comeBack();
    else if (this.#bootId === undefined)
      this.#fail(new DeviceGone(host, 'has no agent that runs', [`${why}.`]));
    else this.#fail(new SessionLost(host, `its agent is gone (${why})`, this.#underWay()));
  }

  #comingBack = false;
  /** When the present connection was begun. */
  #dialledAt = 0;

  /** Dials until there is a connection, or the limit has passed. */
  async #comeBack(): Promise<void> {
    if (this.#comingBack) return;
    this.#comingBack = true;
    const limitNs = Math.max(hostNs(), this.#quietUntil) + this.#limits.back * 1e6;
    for (
      let next = FIRST_PAUSE_MS;
      !this.#isGreeted && this.#mayDial();
      next = Math.min(2 * next, MAX_PAUSE_MS)
    ) {
      if (hostNs() > limitNs) {
        await this.#giveUp();
        break;
      }
      if (this.#channel === undefined) this.#dial();
      await pause(next);
    }
    this.#comingBack = false;
  }

  #mayDial(): boolean {
    return this.#failure === undefined;
  }

  async #giveUp(): Promise<void> {
    const { host, witness } = this.options;
    const seen = (await witness?.().catch(() => [])) ?? [];
    const heard =
      this.#bootId === undefined
        ? 'It has never answered.'
        : `It was last heard ${((hostNs() - this.#heardAt) / 1e9).toFixed(1)} s ago.`;
    const underWay = this.#underWay();
    this.#fail(
      new DeviceGone(
        host,
        this.#bootId === undefined
          ? `cannot be reached within ${this.#limits.back / 1000} s`
          : `has not come back within ${this.#limits.back / 1000} s`,
        [
          heard,
          ...(underWay.length === 0 ? [] : [`Under way was: ${underWay.join(', ')}.`]),
          ...(this.#lastEnd === '' ? [] : [`The connection: ${printable(this.#lastEnd)}.`]),
          ...seen,
        ],
      ),
    );
  }

  #underWay(): string[] {
    return [...this.#waiting.values()].map(({ what }) => what);
  }

  #fail(failure: LabFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    clearInterval(this.#keeper);
    this.#isGreeted = false;
    for (const { reject, late } of this.#waiting.values()) {
      clearTimeout(late);
      reject(failure);
    }
    this.#waiting.clear();
    this.#tellOpened?.reject(failure);
    this.#channel?.cut();
  }
}
