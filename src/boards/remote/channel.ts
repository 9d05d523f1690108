/** One connection to the agent: bytes both ways, until it ends. */
export interface Channel {
  send(bytes: Uint8Array): void;
  /** Ends the connection at once. */
  cut(): void;
  /** Told what came. */
  onBytes: (bytes: Buffer) => void;
  /** Told once why the connection ended. `isForGood`: there is no agent to come back to. */
  onEnd: (end: ChannelEnd) => void;
}

/** How a connection ended. */
export interface ChannelEnd {
  /** A sentence without its stop, such as `ssh ended with status 255: Connection refused`. */
  readonly why: string;
  readonly isForGood: boolean;
  /** What the program ended with; 0 when the agent ended the connection. */
  readonly status: number | null;
}

/** Begins a connection; that it fails is told by its end. */
export type Dial = () => Channel;
