/** Release of Cr50 firmware: epoch, major, minor. */
export type FirmwareRelease = readonly [epoch: number, major: number, minor: number];

/**
 * Whether a version such as `0.6.4` is this release or came out later. A version with an even major belongs to the same
 * line as the odd number before it: 0.5.n and 0.6.n are the same code. [CHIP 0]
 */
export function isFirmwareFrom(version: string, since: FirmwareRelease): boolean {
  const line = ([epoch, major]: readonly number[]): number => epoch! * 1000 + Math.ceil(major! / 2);
  const numbers = version.split('.').map(Number);
  const ahead = line(numbers) - line(since);
  return ahead > 0 || (ahead === 0 && numbers[2]! >= since[2]);
}

/** `0.3.13` */
export const showRelease = (release: FirmwareRelease): string => release.join('.');
