import type { Clock, Fault, FaultKind, FaultPanel } from '../../board/index.ts';
import type { Duration, Hertz } from '../../units/index.ts';
import { inMs, inUs, ms, ns, us } from '../../units/index.ts';
import type { PulsedLine } from './pulse.ts';
import { canPulse, MIN_PULSE } from './pulse.ts';
import type { RigController } from './rig-controller.ts';

/** The shortest time from CS asserted to an armed pulse. [docs/rig-controller.md] */
const MIN_ARM_DELAY = us(50);

/** From CS asserted to the first clock: the captured board took 3.1 to 5.5 us. [CHIP 8] */
const CS_SETUP = us(4);

const KINDS: readonly FaultKind[] = [
  'ready-stuck',
  'ready-open',
  'ready-glitch',
  'line-stuck',
  'line-open',
  'cs-glitch',
  'brown-out',
  'reset-at',
  'power-cut-at',
];

type ArmedFault = Extract<Fault, { kind: 'reset-at' | 'power-cut-at' }>;

/** The faults that the controller's switches and pulses make; all others are the board's own, where it has any. */
export class ControllerFaults implements FaultPanel {
  readonly kinds: ReadonlySet<FaultKind>;
  #own: Fault[] = [];
  #armed: { readonly fault: ArmedFault; frames: number }[] = [];

  constructor(
    private readonly controller: RigController,
    private readonly clock: Clock,
    private readonly sck: Hertz,
    private readonly board: FaultPanel | undefined,
  ) {
    this.kinds = new Set([...KINDS, ...(board?.kinds ?? [])]);
  }

  get active(): readonly Fault[] {
    return [...(this.board?.active ?? []), ...this.#own];
  }

  can(fault: Fault): boolean {
    return this.#canItself(fault) || this.board?.can(fault) === true;
  }

  async set(fault: Fault): Promise<void> {
    if (this.#canItself(fault)) await this.#set(fault);
    else if (this.board?.can(fault) === true) await this.board.set(fault);
    else throw new RangeError(`Neither this board nor its controller can inject ${JSON.stringify(fault)}.`);
  }

  async clear(): Promise<void> {
    if (this.#own.length > 0) await this.controller.tell('ARM:CLE;:OUTP:CS AUTO;:ROUT:INT PASS');
    this.forget();
    await this.board?.clear();
  }

  /** The controller was made safe: nothing of it is active any more. */
  forget(): void {
    this.#own = [];
    this.#armed = [];
  }

  /** Arms what is due in the frame that comes next. */
  async beforeFrame(): Promise<void> {
    for (const armed of this.#armed)
      if (armed.frames++ === armed.fault.frame) await this.controller.tell(this.#armLine(armed.fault));
  }

  #canItself(fault: Fault): boolean {
    switch (fault.kind) {
      case 'ready-stuck':
      case 'ready-open':
      case 'ready-glitch':
        return true;
      case 'line-stuck':
      case 'line-open':
        return fault.line === 'CS_L';
      case 'cs-glitch':
      case 'brown-out':
        return canPulse(fault.width);
      case 'reset-at':
      case 'power-cut-at':
        return (
          this.#delayOf(fault) >= MIN_ARM_DELAY &&
          fault.width !== undefined &&
          fault.width >= ms(1) &&
          fault.width % ms(1) === 0
        );
      default:
        return false;
    }
  }

  async #set(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'cs-glitch':
        await this.#pulse('CS_L', fault.width);
        return;
      case 'brown-out':
        await this.#pulse('supply', fault.width);
        return;
      case 'ready-glitch':
        await this.controller.pulse('INT_AP_L', MIN_PULSE);
        return;
      case 'ready-stuck':
        await this.controller.tell(`ROUT:INT ${fault.level.toUpperCase()}`);
        break;
      case 'ready-open':
        await this.controller.tell('ROUT:INT OPEN');
        break;
      case 'line-open':
        await this.controller.tell('OUTP:CS DEAS');
        break;
      case 'line-stuck':
        await this.controller.tell(`OUTP:CS ${fault.level === 'low' ? 'ASS' : 'DEAS'}`);
        break;
      case 'reset-at':
      case 'power-cut-at':
        this.#armed.push({ fault, frames: 0 });
    }
    this.#own.push(fault);
  }

  async #pulse(line: PulsedLine, width: Duration): Promise<void> {
    await this.controller.pulse(line, width);
    await this.clock.sleep(width);
  }

  #delayOf({ byte }: ArmedFault): Duration {
    return ns(CS_SETUP + (byte * 8e9) / this.sck);
  }

  #armLine(fault: ArmedFault): string {
    const line = fault.kind === 'reset-at' ? 'RES' : 'POW';
    return `ARM:PULS 1,${Math.round(inUs(this.#delayOf(fault)))},${line},${inMs(fault.width!)}`;
  }
}
