import type { Duration, Instant } from '../../units/index.ts';
import { between } from '../../units/index.ts';
import { commandName, handleCount, showResponseCode, VENDOR_CODES, vendorName } from './tpm-names.ts';

/**
 * How a command ended on the wire: `answered`, all of its response was read; `partly-read`, the host left some of it;
 * `unanswered`, the host ended it before dataAvail; `not-started`, tpmGo never came; `open`, the trace ended first.
 */
export type CommandOutcome = 'answered' | 'partly-read' | 'unanswered' | 'not-started' | 'open';

const HEADER = 10;

const uint32At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
const uint16At = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** What was on the wire of one command. */
export interface ExchangeParts {
  /** Commands before this one in the trace. */
  readonly index: number;
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  readonly outcome: CommandOutcome;
  /** CS asserted for the first FIFO byte. */
  readonly begun: Instant;
  /** End of the frame that wrote tpmGo; NaN when none did. */
  readonly go: Instant;
  /** CS asserted for the first TPM_STS read that showed dataAvail; NaN when none did. */
  readonly available: Instant;
  /** End of the last access that belongs to it. */
  readonly ended: Instant;
  /** Reads of TPM_STS from tpmGo to dataAvail. */
  readonly polls: number;
  /** Bytes that did not fit the buffer of the decoder. */
  readonly lost: number;
}

/** One TPM command and its response, put together from the FIFO accesses. */
export class TpmExchange implements ExchangeParts {
  readonly index: number;
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  readonly outcome: CommandOutcome;
  readonly begun: Instant;
  readonly go: Instant;
  readonly available: Instant;
  readonly ended: Instant;
  readonly polls: number;
  readonly lost: number;

  constructor(parts: ExchangeParts) {
    this.index = parts.index;
    this.command = parts.command;
    this.response = parts.response;
    this.outcome = parts.outcome;
    this.begun = parts.begun;
    this.go = parts.go;
    this.available = parts.available;
    this.ended = parts.ended;
    this.polls = parts.polls;
    this.lost = parts.lost;
  }

  get tag(): number {
    return this.command.length < 2 ? NaN : uint16At(this.command, 0);
  }

  /** Command code; NaN when the command is too short to have one. */
  get code(): number {
    return this.command.length < HEADER ? NaN : uint32At(this.command, 6);
  }

  get isVendor(): boolean {
    return VENDOR_CODES.includes(this.code);
  }

  /** Sub-command of a vendor command; NaN otherwise. */
  get subCommand(): number {
    return this.isVendor && this.command.length >= 12 ? uint16At(this.command, 10) : NaN;
  }

  /** Size that the response's header states; NaN when there is no header. */
  get statedSize(): number {
    return this.response.length < 6 ? NaN : uint32At(this.response, 2);
  }

  /** NaN when the response is too short to have one. */
  get responseCode(): number {
    return this.response.length < HEADER ? NaN : uint32At(this.response, 6);
  }

  /** tpmGo to dataAvail, as the host saw it: an upper bound, by the time between two polls. */
  get latency(): Duration {
    return between(this.go, this.available);
  }

  get name(): string {
    if (Number.isNaN(this.code)) return `${this.command.length} bytes without a command code`;
    if (!this.isVendor) return commandName(this.code);
    return Number.isNaN(this.subCommand)
      ? 'vendor command without a subcommand'
      : vendorName(this.subCommand);
  }

  /** Handles of a TPM 2.0 command, in their order. */
  get handles(): number[] {
    if (Number.isNaN(this.code) || this.isVendor) return [];
    const handles: number[] = [];
    for (let i = 0; i < handleCount(this.code); i++) {
      const at = HEADER + 4 * i;
      if (at + 4 > this.command.length) break;
      handles.push(uint32At(this.command, at));
    }
    return handles;
  }

  /** `TPM2_NV_Read 0x4000000c 0x01001007`, `FW_UPGRADE block 0x44000, 1024 bytes`. */
  describe(): string {
    if (this.subCommand === 4 && this.command.length >= 20) return `${this.name} ${this.#describeBlock()}`;
    const handles = this.handles.map((handle) => ` 0x${handle.toString(16).padStart(8, '0')}`);
    return this.name + handles.join('');
  }

  /** `TPM_RC_SUCCESS`, or how it ended when there is no response code. */
  describeResponse(): string {
    const code = this.responseCode;
    if (Number.isNaN(code)) return this.outcome;
    return showResponseCode(code);
  }

  /** A PDU of a firmware update: digest, flash offset and data. [CHIP 5.3] */
  #describeBlock(): string {
    const base = uint32At(this.command, 16);
    const size = this.command.length - 20;
    return size === 0 ? 'start' : `block 0x${base.toString(16)}, ${size} bytes`;
  }
}
