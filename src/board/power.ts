/** The chip's supply. */
export interface PowerSwitch {
  readonly isOn: boolean;
  on(): Promise<void>;
  off(): Promise<void>;
}
