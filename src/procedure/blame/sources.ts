/** The clause that tells of a number, by the beginning of its path. The longest one counts. docs/sources has the clauses. */
const CLAUSES: readonly (readonly [string, string])[] = [
  ['driver.match', 'DRIVER 1.10'],
  ['driver.time', 'DRIVER 0'],
  ['driver.hz', 'DRIVER 0'],
  ['driver.hasInterrupt', 'DRIVER 1.4'],
  ['driver.ready', 'DRIVER 1.3'],
  ['driver.ready.confirmation', 'DRIVER 1.4'],
  ['driver.ready.distrust', 'DRIVER 1.4'],
  ['driver.wake', 'DRIVER 1.5'],
  ['driver.wake.edge', 'CHIP 2'],
  ['driver.frame', 'DRIVER 1.6'],
  ['driver.frame.longAccess', 'DRIVER 1.7'],
  ['driver.frame.copiesStaleData', 'DRIVER 1.7'],
  ['driver.frame.readyInHeader', 'BUGS K-54'],
  ['driver.tis', 'DRIVER 2.2'],
  ['driver.tis.localityCheck', 'DRIVER 2.3'],
  ['driver.tis.invalidStatus', 'DRIVER 2.4'],
  ['driver.tis.send', 'DRIVER 2.5'],
  ['driver.tis.receive', 'DRIVER 2.6'],
  ['driver.probe', 'DRIVER 2.7'],
  ['driver.probe.survivesFieldFailure', 'DRIVER 3.5'],
  ['driver.durations', 'DRIVER 3.6'],
  ['driver.power', 'DRIVER 1.12'],
  ['driver.rng', 'DRIVER 1.13'],
  ['driver.version', 'DRIVER 1.9'],
  ['board.chip', 'CHIP 8'],
  ['board.chip.wakeLatency', 'CHIP 2'],
  ['board.chip.waitBytes', 'CHIP 1.4'],
  ['board.faults.chip-sleeps-after', 'CHIP 2'],
  ['board.faults.chip-wakes-in', 'CHIP 2'],
  ['board.host', 'CHIP 8'],
  ['board.sckHz', 'CHIP 8'],
];

/** Where a number comes from: a clause of docs/sources in brackets, or what states it. */
export function sourceOf(path: string): string {
  const [, clause] = CLAUSES.reduce<readonly [string, string]>(
    (best, one) => (path.startsWith(one[0]) && one[0].length > best[0].length ? one : best),
    ['', ''],
  );
  if (clause !== '') return `[${clause}]`;
  return path.startsWith('driver.') ? "the driver's row in src/driver/profiles" : 'the rig file';
}
