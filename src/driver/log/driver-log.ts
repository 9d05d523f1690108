import type { Clock } from '../../board/index.ts';
import type { LogLevel, LogLine, LogSink } from './log.ts';

/** The one way a driver's words go out: kept in order, and handed to the sink. */
export class DriverLog {
  readonly lines: LogLine[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly sink: LogSink | undefined,
  ) {}

  /** Lines of one device, such as `cr50_spi spi0.0` or `tpm tpm0`. */
  device(name: string): DeviceLog {
    return new DeviceLog(this, name);
  }

  add(level: LogLevel, device: string, text: string): void {
    const line: LogLine = { at: this.clock.now(), level, device, text };
    this.lines.push(line);
    this.sink?.(line);
  }
}

/** The log of a driver as one of its devices writes it: each line carries the device's name. */
export class DeviceLog {
  constructor(
    private readonly log: DriverLog,
    readonly name: string,
  ) {}

  debug(text: string): void {
    this.log.add('debug', this.name, text);
  }

  info(text: string): void {
    this.log.add('info', this.name, text);
  }

  warn(text: string): void {
    this.log.add('warn', this.name, text);
  }

  error(text: string): void {
    this.log.add('error', this.name, text);
  }
}
