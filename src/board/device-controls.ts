/**
 * What instruments can do with the whole device that a chip is in, such as a laptop. What nobody can do is undefined, and its
 * capability is missing.
 */
export interface DeviceControls {
  /** Resets the processor and the embedded controller. */
  readonly coldReset?: (() => Promise<void>) | undefined;
  /** Resets the processor. */
  readonly warmReset?: (() => Promise<void>) | undefined;
  /** Its supply: a plug, a port of a hub. */
  readonly power?: { readonly on: () => Promise<void>; readonly off: () => Promise<void> } | undefined;
  readonly lid?: { readonly open: () => Promise<void>; readonly close: () => Promise<void> } | undefined;
  /** What each instrument sees of the device, a sentence each. Never throws: an instrument that fails says so. */
  readonly witness: () => Promise<readonly string[]>;
}
