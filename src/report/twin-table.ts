/** What the twin of one test compared. */
export interface TwinTally {
  /** By behaviour: how often it was compared, and how often both chips agreed. */
  readonly agreements: Readonly<Record<string, { readonly compared: number; readonly agreed: number }>>;
  /** Frames that were not compared, since nobody can know what the chip saw before them. */
  readonly leftOut: number;
  /** Values that no model can know, by the reason, and how many passed their own check. */
  readonly unknowable: Readonly<Record<string, number>>;
}
