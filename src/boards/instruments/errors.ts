import { LabFailure } from '../../units/index.ts';

/** An instrument beside a device did not do what it was asked to. */
export class InstrumentFailed extends LabFailure {
  readonly blames = 'rig';

  /** @param name the instrument, such as `servod at localhost:9999` */
  constructor(name: string, asked: string, seen: string, remedy: string, options?: ErrorOptions) {
    super(`${name} was asked to ${asked}, and ${seen}. ${remedy}`, options);
  }
}
