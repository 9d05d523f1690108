import { ACCESS, TPM_ACCESS, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { RestartCommands } from './restart-commands.ts';
import type { Rule } from './rule.ts';

/** Which localities are active, as far as the trace shows it. */
class ActiveLocalities {
  readonly #known: (boolean | undefined)[] = [];

  /** Undefined until the trace shows it. */
  of(locality: number): boolean | undefined {
    return this.#known[locality];
  }

  isActiveOtherThan(locality: number): boolean {
    return this.#known.some((isActive, other) => isActive === true && other !== locality);
  }

  /** Notes what an access to TPM_ACCESS says or does. */
  see({ direction, locality, value, maker }: Access): void {
    if (direction === 'read') this.#known[locality] = (value & ACCESS.activeLocality) !== 0;
    else if (maker !== 'driver') this.#known[locality] = undefined;
    else if (value === ACCESS.requestUse) this.#known[locality] = true;
    else if (value === ACCESS.activeLocality) this.#known[locality] = false;
  }

  /** The chip starts over: it has given no locality yet. */
  lose(): void {
    this.#known.splice(0, Infinity, false, false, false, false, false);
  }
}

/** Listens to the accesses that tell something about localities, and to what takes the localities away. */
function following(see: (access: Access, active: ActiveLocalities) => void): TraceListener {
  const active = new ActiveLocalities();
  const lose = (): void => {
    active.lose();
  };
  return {
    access: (access) => {
      if (access.dataLength === 0 || !access.isWhole || access.answersOnes) return;
      see(access, active);
    },
    reset: lose,
    power: lose,
  };
}

export const LOCALITY_CLAIMED: Rule = {
  id: 'locality-claimed',
  binds: 'host',
  about: 'registers',
  title: 'TPM_DATA_FIFO is used, and TPM_STS is written, only while their locality is active',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.3] [DRIVER 3.1] [CHIP 4.2]',
  begin: (tally) =>
    following((access, active) => {
      const { offset, locality, direction, fall } = access;
      if (!access.isHeeded) return;
      if (offset === TPM_ACCESS) active.see(access);
      else if (access.isFifo || (offset === TPM_STS && direction === 'write')) {
        const isActive = active.of(locality);
        if (isActive === true) tally.hold();
        else if (isActive === false) tally.number(fall, 1, 'access without the locality');
      }
    }),
};

export const LOCALITY_RELEASED: Rule = {
  id: 'locality-released',
  binds: 'host',
  about: 'registers',
  title: 'A locality is released at its own TPM_ACCESS: no release goes to another one',
  limit: { most: 0 },
  unit: 'count',
  source: '[DRIVER 2.3] [DRIVER 3.1] [CHIP 4.2]',
  begin: (tally) =>
    following((access, active) => {
      const { offset, locality, direction, value, fall } = access;
      if (offset !== TPM_ACCESS) return;
      const isRelease = direction === 'write' && value === ACCESS.activeLocality;
      if (isRelease && active.of(locality) !== true && active.isActiveOtherThan(locality))
        tally.number(fall, 1, `release of locality ${locality} while another one is active`);
      else if (isRelease) tally.hold();
      if (access.isHeeded) active.see(access);
    }),
};

/** What TPM_ACCESS shows: no other bit ever reads as set. [CHIP 4.1] */
const FREE = ACCESS.valid;
const TAKEN = ACCESS.valid | ACCESS.activeLocality;
/** tpmEstablishment, the lowest bit: chips in the field show it set, and no host of an H1 looks at it. */
const ESTABLISHED = 0x01;
/** A chip that woke inside the frame has not heard its header, and gives its filler. [CHIP 1.3] [CHIP 2] */
const FILLING = 0x01;

export const ACCESS_STATED: Rule = {
  id: 'access-stated',
  binds: 'chip',
  about: 'registers',
  title: 'TPM_ACCESS reads 80, or a0 from the write that takes the locality to the one that gives it back',
  limit: { most: 0 },
  unit: 'count',
  source: '[CHIP 4.1] [CHIP 4.2]',
  // A reset that nobody recorded takes the locality, too.
  needs: 'TPM_RST_L',
  begin: (tally) => {
    let mayRestart = false;
    const restarts = new RestartCommands(() => {
      mayRestart = true;
    });
    return following((access, active) => {
      restarts.access(access);
      if (access.offset !== TPM_ACCESS || !access.isHeeded) return;
      const wasActive = active.of(access.locality);
      active.see(access);
      if (access.direction === 'write') return;
      const raw = access.value & 0xff;
      const value = raw === FILLING ? raw : raw & ~ESTABLISHED;
      const isKnown = wasActive !== undefined && !mayRestart;
      if (value === FREE) mayRestart = false;
      const allowed = isKnown ? [wasActive ? TAKEN : FREE] : [FREE, TAKEN];
      if (value === FILLING || allowed.includes(value)) tally.hold();
      else tally.breach(access.fall, () => hex(value), allowed.map(hex).join(' or '));
    });
  },
};

const hex = (value: number): string => value.toString(16).padStart(2, '0');
