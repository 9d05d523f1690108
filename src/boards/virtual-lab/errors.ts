import { LabFailure } from '../../units/index.ts';

/** The virtual lab cannot be made ready on this host: something is missing. */
export class LabUnprepared extends LabFailure {
  readonly blames = 'lab service';

  constructor(said: string) {
    const lines = said.trim().split('\n');
    super(
      lines.find((line) => line.startsWith('virtual lab: ')) ??
        `The virtual lab could not be prepared: ${lines.at(-1) ?? ''}`,
    );
  }
}

/** The guest did not come up, or ended. */
export class GuestFailed extends LabFailure {
  readonly blames = 'lab service';

  constructor(what: string, console: string) {
    const tail = console.trim().split('\n').slice(-5).join(' | ');
    super(`The virtual lab's guest ${what}.${tail === '' ? '' : ` Its console ends with: ${tail}`}`);
  }
}

/** A line to the guest is closed. */
export class GuestGone extends LabFailure {
  readonly blames = 'lab service';

  constructor() {
    super('The guest of the virtual lab is gone; what was asked of it has no answer.');
  }
}

/** The guest runs, and says nothing. */
export class GuestSilent extends LabFailure {
  readonly blames = 'lab service';

  constructor(how: string) {
    super(
      `The guest of the virtual lab has not answered ${how}: it hangs, or this machine is far too loaded for it. Run again; if it stays so, boot it by hand and see its console.`,
    );
  }
}

/** The guest sent what its agent and its board module never send. */
export class GuestUnruly extends LabFailure {
  readonly blames = 'lab service';

  constructor(sent: string, allowed: string) {
    super(
      `The guest of the virtual lab sent ${sent}, and ${allowed}. It stands still from here on; look at what runs in the guest.`,
    );
  }
}
