import type { VirtualClock } from '../../sim/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, instant } from '../../units/index.ts';
import type { ChipCounters, SimulatedChip } from '../sim/index.ts';
import { ChipProgramGarbled } from './errors.ts';
import type { Answer, LineChannel } from './line-channel.ts';

/** Parts of the protocol that a program may leave out. [docs/chip-protocol.md] */
export interface ProgramAbilities {
  readonly about: string;
  /** It answers `horizon`: until when INT_AP_L stays as it is. */
  readonly hasHorizon: boolean;
  /** It answers `counters` and `asleep`. */
  readonly hasView: boolean;
  /** It answers `renew`: it can start over with another seed. */
  readonly renews: boolean;
}

/**
 * Asks a program which lines it knows. A line that it does not know is answered with `error`.
 * @throws ChipProgramFailed when it ends, is silent, or answers with neither `ok` nor `error`.
 */
export function abilitiesOf(channel: LineChannel): ProgramAbilities {
  const lines = ['about', 'horizon', 'counters', 'asleep', 'renew 1'];
  const [about, horizon, counters, asleep, renew] = channel.exchange(lines);
  return {
    about: about!.isOk ? about!.text : 'a chip that does not say what it is',
    hasHorizon: horizon!.isOk,
    hasView: counters!.isOk && asleep!.isOk,
    renews: renew!.isOk,
  };
}

const COUNTERS = [
  'frames',
  'emptySelects',
  'lostFrames',
  'mergedFrames',
  'readyPulses',
  'resets',
  'sleeps',
  'commands',
] as const;

/** The simulated chip that is a program. It has the pins of a chip, and its time follows the clock of the board. */
export class ProgramChip implements SimulatedChip {
  onReady: (isAsserted: boolean) => void = () => undefined;
  /** Not used: the protocol has no lines for faults inside the chip. */
  disturb: SimulatedChip['disturb'];
  overrides: SimulatedChip['overrides'] = {};
  #now = BEGINNING;
  /** Until then the program changes nothing by itself. */
  #horizon = BEGINNING;
  #isSelected = false;
  #due: { readonly isAsserted: boolean; readonly at: Instant }[] = [];

  constructor(
    private readonly clock: VirtualClock,
    private readonly channel: LineChannel,
    private readonly abilities: ProgramAbilities,
  ) {
    clock.companion = {
      passTo: (moment) => this.#passTo(moment),
      arrive: () => {
        this.#deliver();
      },
    };
  }

  get description(): string {
    return this.abilities.about;
  }

  get isAsleep(): boolean {
    return this.#ask('asleep') === 'yes';
  }

  get counters(): ChipCounters {
    const told = new Map(
      this.#ask('counters')
        .split(/\s+/)
        .map((pair) => pair.split('=') as [string, string]),
    );
    return Object.fromEntries(COUNTERS.map((name) => [name, Number(told.get(name) ?? 0)])) as Record<
      (typeof COUNTERS)[number],
      number
    >;
  }

  select(): void {
    if (this.#isSelected) return;
    this.#isSelected = true;
    this.#act('select');
  }

  shift(mosi: number, end: Instant): number {
    if (!this.#isSelected) return 0;
    const line = `clock ${mosi.toString(16).padStart(2, '0')}`;
    const miso = this.#act(line);
    if (!/^[0-9a-f]{2}$/i.test(miso))
      throw new ChipProgramGarbled(line, miso, 'one byte, two hexadecimal digits,');
    if (this.#now !== end)
      throw new ChipProgramGarbled(
        line,
        `a byte of ${this.#now - this.clock.now()} ns`,
        `${end - this.clock.now()} ns, as the rig's sckHz says,`,
      );
    return parseInt(miso, 16);
  }

  /** Undefined: only the program knows what the next bytes get. */
  outlook(): undefined {
    return undefined;
  }

  deselect(): void {
    if (!this.#isSelected) return;
    this.#isSelected = false;
    this.#act('deselect');
  }

  setReset(isAsserted: boolean): void {
    this.#act(`reset ${isAsserted ? 'assert' : 'deassert'}`);
  }

  setPower(isOn: boolean): void {
    this.#act(`power ${isOn ? 'on' : 'off'}`);
  }

  /**
   * Lets time pass for the program up to `moment`, or to the first change of INT_AP_L before it. Returns where it
   * stopped.
   */
  #passTo(moment: Instant): Instant {
    if (moment <= this.#now || moment <= this.#horizon) return moment;
    this.#send([`await ${moment - this.#now}ns`]);
    const [first] = this.#due;
    return first === undefined || first.at > moment ? moment : first.at;
  }

  /** Passes on the changes of INT_AP_L that are due. */
  #deliver(): void {
    while (this.#due.length > 0 && this.#due[0]!.at <= this.clock.now())
      this.onReady(this.#due.shift()!.isAsserted);
  }

  #act(line: string): string {
    const behind = (this.clock.now() - this.#now) as Duration;
    const answer = this.#send(behind > 0 ? [`advance ${behind}ns`, line] : [line]);
    this.#deliver();
    // A change while a byte is clocked is passed on at its own moment, during the byte.
    for (const { at, isAsserted } of this.#due.splice(0))
      this.clock.at(at, () => {
        this.onReady(isAsserted);
      });
    return answer;
  }

  #ask(line: string): string {
    return this.#okOf(line, this.channel.exchange([line])[0]!);
  }

  /** Sends lines and asks for the time of the program with them. Returns the answer to the last of the lines. */
  #send(lines: readonly string[]): string {
    const asked = this.abilities.hasHorizon ? 'horizon' : 'time';
    const answers = this.channel.exchange([...lines, asked]);
    for (const [i, answer] of answers.entries()) {
      this.#okOf(lines[i] ?? asked, answer);
      this.#due.push(...answer.events.map(eventOf));
    }
    const times = answers.at(-1)!.text.split(' ').map(Number);
    if (times.some((time) => !Number.isSafeInteger(time) || time < this.#now))
      throw new ChipProgramGarbled(asked, answers.at(-1)!.text, 'a time in ns that does not go back');
    this.#now = instant(times[0]!);
    this.#horizon = instant(times[1] ?? times[0]!);
    return answers.at(-2)?.text ?? '';
  }

  #okOf(line: string, { isOk, text }: Answer): string {
    if (!isOk) throw new ChipProgramGarbled(line, `error ${text}`, 'ok');
    return text;
  }
}

function eventOf(line: string): { isAsserted: boolean; at: Instant } {
  const [, level, time] = /^pulse (asserted|deasserted) (\d{1,16})$/.exec(line) ?? [];
  if (time === undefined)
    throw new ChipProgramGarbled('an event', line, 'pulse asserted or deasserted and a time');
  return { isAsserted: level === 'asserted', at: instant(Number(time)) };
}
