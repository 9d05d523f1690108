import { existsSync } from 'node:fs';
import type { Duration, LabFailure } from '../../units/index.ts';
import {
  ControllerGarbled,
  ControllerGone,
  ControllerHeld,
  ControllerRefused,
  ControllerSilent,
  ControllerUnfit,
  LeaseOver,
} from './errors.ts';
import type { ByteLink } from './link.ts';
import type { PulsedLine } from './pulse.ts';
import { pulseCommand } from './pulse.ts';

/** The level of the command tree that this host speaks. */
const PROTOCOL_LEVEL = 3;

/**
 * Maximum time for the first answer, in milliseconds: opening the port may reset the controller, whose boot loader
 * then runs first.
 */
const START_LIMIT_MS = 4000;

/** Limits of the exchanges with a controller, and the time between beats, which keep its watchdog quiet. */
export interface ControllerPacing {
  /** Maximum time for one answer, and for one attempt before the first answer. */
  readonly answerLimitMs: number;
  readonly tryLimitMs: number;
  /** How long the controller lets the host be silent before it makes the board safe. */
  readonly watchdogMs: number;
  /** Time between two beats. Without it the owner has to call `beat`. */
  readonly beatMs?: number;
  /** Runs around each exchange, for a board whose own clock must stand still meanwhile. */
  readonly around: <T>(exchange: () => Promise<T>) => Promise<T>;
}

const REAL_TIME: ControllerPacing = {
  answerLimitMs: 1000,
  tryLimitMs: 500,
  watchdogMs: 10_000,
  beatMs: 2000,
  around: (exchange) => exchange(),
};

/** Who begins a lease of a controller. */
export interface ControllerClaim {
  /** The same for all whose leases one service decides about; 16 characters at most. */
  readonly token: string;
  /** Throws when this process has lost the rig to another. It is asked before each lease is begun. */
  readonly check?: (() => Promise<void>) | undefined;
}

/** Error of the controller: the number of the lease is not the newest, or nobody holds it any more. */
const LEASE_OVER = '101,';
/** Error of the controller: another token has the lease. */
const PROTECTED = '-203,';
/** How often somebody else may begin a lease between the look at the newest number and the try to begin the next. */
const MAX_TRIES = 3;

const NO_ERROR = '0,"No error"';
const READABLE = /^[\x20-\x7e]*$/;

/** A device file vanishes when its cable is pulled; a network port tells nothing of the kind. */
const isThere = (port: string): boolean => !port.startsWith('/') || existsSync(port);

/**
 * Maximum length of an answer. The controller has 2 KiB of memory, and no answer is longer than some hundred
 * characters.
 */
const MAX_ANSWER = 16 * 1024;
/** Number of characters of a longer answer that a message shows. */
const SHOWN = 40;

/** Where the error stands at the end of an answer: a number, a comma, a text in quotes. Undefined when none is there. */
function errorPlace(answer: string): number | undefined {
  const quote = answer.endsWith('"') ? answer.lastIndexOf('"', answer.length - 2) : -1;
  let at = quote - 1;
  if (answer[at] !== ',') return undefined;
  while (at > 0 && /\d/.test(answer[at - 1]!)) at--;
  if (at === quote - 1) return undefined;
  return answer[at - 1] === '-' ? at - 1 : at;
}

interface Expected {
  readonly line: string;
  settle(answer: string | LabFailure): void;
}

/**
 * A rig controller, spoken to in SCPI. One line at a time, each with its answer or a failure within its limit. After a
 * failure of the link every later call fails at once with the same words: what the controller would answer is not known
 * any more, and its own watchdog makes the board safe.
 */
export class RigController {
  #expected: Expected | undefined;
  #text = '';
  #failure: LabFailure | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosing = false;
  #beat: NodeJS.Timeout | undefined;
  /** Who answered, and how many answers to earlier tries may still come: they are for no later question. */
  #identity = '';
  #lateAnswers = 0;
  /** The number of this process's lease, which is sent with every line; undefined before it has one. */
  #lease: number | undefined;

  private constructor(
    private readonly link: ByteLink,
    readonly port: string,
    private readonly claim: ControllerClaim,
    private readonly pacing: ControllerPacing,
  ) {
    const { stream } = link;
    stream.on('data', (bytes: Buffer) => {
      this.#heard(bytes.toString('latin1'));
    });
    stream.on('error', (cause) => {
      this.#fail(new ControllerGone(port, cause));
    });
    stream.on('close', () => {
      this.#fail(new ControllerGone(port));
    });
  }

  /**
   * Finds out who answers, and begins a lease, which makes the board safe and starts the watchdog.
   * @throws ControllerUnfit, ControllerHeld, LeaseOver, ControllerSilent, ControllerGone, and what the claim's check throws
   */
  static async start(
    link: ByteLink,
    port: string,
    claim: ControllerClaim,
    pacing = REAL_TIME,
  ): Promise<RigController> {
    const controller = new RigController(link, port, claim, pacing);
    try {
      await controller.takeOver();
      controller.#beginToBeat();
      return controller;
    } catch (failure) {
      await controller.#drop();
      throw failure;
    }
  }

  /** The number of the lease under which the controller is told things; undefined before the first. */
  get lease(): number | undefined {
    return this.#lease;
  }

  /**
   * Asks, and resolves with the answer.
   * @throws ControllerRefused, and the failures of the link, of which one is that the lease is over
   */
  async ask(question: string): Promise<string> {
    const under = this.#lease === undefined ? '' : `LEAS ${this.#lease};:`;
    const answer = await this.#exchange(`${under}${question};:SYST:ERR?`, this.pacing.answerLimitMs);
    const at = errorPlace(answer);
    if (at === undefined) throw this.#fail(new ControllerGarbled(this.port, question, answer));
    const error = answer.slice(at);
    if (error.startsWith(LEASE_OVER) && this.#lease !== undefined)
      throw this.#fail(new LeaseOver(this.port, this.#lease, question));
    if (error !== NO_ERROR) throw new ControllerRefused(question, error);
    return answer.slice(0, at).replace(/;$/, '');
  }

  /** Tells, and resolves when it is done. @throws ControllerRefused, and the failures of the link. */
  async tell(command: string): Promise<void> {
    const answer = await this.ask(command);
    if (answer !== '') throw this.#fail(new ControllerGarbled(this.port, command, answer));
  }

  /**
   * One pulse of a line, timed by the controller; resolves when it has begun.
   * @throws RangeError when the controller cannot make a pulse of this width, else as `tell`
   */
  pulse(line: PulsedLine, width: Duration): Promise<void> {
    return this.tell(pulseCommand(line, width));
  }

  /** Asserts CS_L, for a host that cannot keep it. */
  holdSelect(): Promise<void> {
    return this.tell('OUTP:CS ASS');
  }

  /** Gives CS_L back to the host. */
  releaseSelect(): Promise<void> {
    return this.tell('OUTP:CS AUTO');
  }

  /** Ends the lease, which makes the board safe, and closes the port; a link that failed is only closed. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    try {
      if (this.#failure === undefined) await this.tell('LEAS:END');
    } finally {
      await this.#drop();
    }
  }

  /** Tells the watchdog that the host is there. */
  beat(): Promise<void> {
    return this.tell('*CLS');
  }

  /**
   * What `start` does once the port is open; again after the controller was switched off and on.
   * @throws as `start`
   */
  async takeOver(): Promise<void> {
    this.#lease = undefined;
    const identity = await this.#firstAnswer();
    const [maker, model] = identity.split(',');
    if (maker !== 'h1-hil' || model !== 'rig-controller')
      throw new ControllerUnfit(this.port, `"${identity}"`, 'a rig controller');
    const level = await this.ask('SYST:PROT?');
    if (level !== String(PROTOCOL_LEVEL))
      throw new ControllerUnfit(
        this.port,
        `a rig controller of protocol level ${level}`,
        `level ${PROTOCOL_LEVEL}`,
      );
    for (let tries = 1; !(await this.#begin()); tries++)
      if (tries === MAX_TRIES) throw new LeaseOver(this.port, undefined, 'LEAS:BEG');
  }

  /**
   * Begins the lease after the newest one. The order matters: who asks for the newest number, then makes sure that the rig
   * is its own, and then begins the next number, has not lost the rig to anybody who has begun a lease already.
   * @returns false when somebody else was faster
   */
  async #begin(): Promise<boolean> {
    const answer = await this.ask('LEAS?');
    const [, newest] = /^(\d+),[01]$/.exec(answer) ?? [];
    if (newest === undefined) throw this.#fail(new ControllerGarbled(this.port, 'LEAS?', answer));
    await this.claim.check?.();
    const next = Number(newest) + 1;
    try {
      await this.tell(`LEAS:BEG ${next},${this.claim.token},${this.pacing.watchdogMs}`);
    } catch (refusal) {
      if (!(refusal instanceof ControllerRefused)) throw refusal;
      if (refusal.reason.startsWith(PROTECTED)) throw new ControllerHeld(this.port, refusal);
      if (refusal.reason.startsWith(LEASE_OVER)) return false;
      throw refusal;
    }
    this.#lease = next;
    return true;
  }

  #beginToBeat(): void {
    const { beatMs } = this.pacing;
    if (beatMs === undefined) return;
    this.#beat = setInterval(() => {
      // What it throws is told to the next caller.
      this.beat().catch(() => undefined);
    }, beatMs);
    this.#beat.unref();
  }

  /** Sends an empty line first, which ends whatever was half sent before. */
  async #firstAnswer(): Promise<string> {
    const deadline = performance.now() + START_LIMIT_MS;
    for (this.#lateAnswers = 0; ; this.#lateAnswers++) {
      try {
        this.#identity = await this.#exchange('\n*CLS;*IDN?', this.pacing.tryLimitMs);
        return this.#identity;
      } catch (failure) {
        if (!(failure instanceof ControllerSilent) || performance.now() >= deadline) throw failure;
        this.#failure = undefined;
      }
    }
  }

  /** Lines are sent in the order of asking. */
  #exchange(line: string, limitMs: number): Promise<string> {
    const answer = this.#last.then(() => this.pacing.around(() => this.#send(line, limitMs)));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  #send(text: string, limitMs: number): Promise<string> {
    const failure = this.#failure ?? (this.#isClosing ? new ControllerGone(this.port) : undefined);
    if (failure !== undefined) return Promise.reject(failure);
    this.#text = '';
    const line = text.trim().replace(/^LEAS \d+;:/, '');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // The operating system does not report every hang-up.
        this.#fail(
          isThere(this.port) ? new ControllerSilent(this.port, line, limitMs) : new ControllerGone(this.port),
        );
      }, limitMs);
      this.#expected = {
        line,
        settle: (answer) => {
          clearTimeout(timer);
          this.#expected = undefined;
          if (typeof answer === 'string') resolve(answer);
          else reject(answer);
        },
      };
      this.link.stream.write(`${text}\n`, 'latin1');
    });
  }

  #heard(text: string): void {
    this.#text += text;
    const end = this.#text.indexOf('\n');
    if (end > MAX_ANSWER || (end < 0 && this.#text.length > MAX_ANSWER)) {
      const start = this.#text.slice(0, SHOWN);
      this.#text = '';
      this.#fail(
        new ControllerGarbled(this.port, this.#expected?.line ?? 'nothing', `${start}... without an end`),
      );
      return;
    }
    if (end < 0) return;
    const answer = this.#text.slice(0, end);
    if (this.#isLate(answer)) {
      const rest = this.#text.slice(end + 1);
      this.#text = '';
      this.#heard(rest);
      return;
    }
    this.#text = '';
    const expected = this.#expected;
    // A line without a request is a late answer to a request that was given up.
    if (expected === undefined) return;
    if (READABLE.test(answer)) expected.settle(answer);
    else this.#fail(new ControllerGarbled(this.port, expected.line, answer));
  }

  /** The answer to a try of `#firstAnswer` that was given up; every other answer ends with an error code. */
  #isLate(answer: string): boolean {
    if (this.#lateAnswers === 0 || answer !== this.#identity) return false;
    this.#lateAnswers--;
    return true;
  }

  /** Remembers the first failure of the link, and fails every pending request with it. */
  #fail<F extends LabFailure>(failure: F): F {
    if (!this.#isClosing) this.#failure ??= failure;
    this.#expected?.settle(failure);
    return failure;
  }

  async #drop(): Promise<void> {
    clearInterval(this.#beat);
    this.#isClosing = true;
    await this.link.close();
  }
}
