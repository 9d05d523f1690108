type Hook = () => void | Promise<void>;

/** Places where a suite can step between two actions of a driver. [DRIVER 5] */
export interface DriverHooks {
  /** The interrupt was requested and nothing was sent yet. */
  readonly afterInterruptRequest?: Hook;
  /** A command has its turn and asks for the locality next. */
  readonly beforeLocality?: Hook;
  /** A command is about to be sent. */
  readonly beforeSend?: Hook;
  /** Between two polls for the response. */
  readonly whilePolling?: Hook;
}
