import { readFileSync } from 'node:fs';
import type { SpiHandle, Transfer } from '../../src/boards/linux/spi-handle.ts';
import { loadSpiDevice } from '../../src/boards/linux/spidev-package.ts';
import { getRandom, hash } from '../../src/tpm/index.ts';
import { TPM_ALG } from '../../src/wire/index.ts';
import { median } from '../measure.ts';

// In a process with preload.c loaded: the calls of yardstick.c through the package spi-device, made beforehand and with
// nothing around them. Tells one line of JSON for each command: median ns of processor time.
//   package-alone.ts <rounds> <commands in a round>

/** Rounds before the first that counts. */
const WARM_UP = 3;
/** burstCount, and wait bytes of a frame, as preload.c has them unless told. */
const BURST = 63;
const WAITS = [0];
const ACCESS = 0x000;
const STS = 0x018;
const FIFO = 0x024;
const READY = Uint8Array.of(0x40);
const GO = Uint8Array.of(0x20);
/** Bytes of the responses to GetRandom(32) and to a hash with SHA-256: each comes in one frame. */
const RANDOM_RESPONSE = 44;
const HASH_RESPONSE = 52;

const message = (bytes: readonly number[], keepsCs: boolean): Transfer[] => [
  {
    byteLength: bytes.length,
    sendBuffer: Buffer.from(bytes),
    receiveBuffer: Buffer.alloc(bytes.length),
    // The package looks for all of them.
    ...{ speedHz: undefined, microSecondDelay: undefined, bitsPerWord: undefined },
    chipSelectChange: keepsCs,
  },
];

const header = (isRead: boolean, register: number, size: number): number[] => [
  (isRead ? 0x80 : 0) | (size - 1),
  ...[0xd4, register >> 8, register & 0xff],
  ...WAITS,
];

const write = (register: number, bytes: Uint8Array): Transfer[][] => [
  message(header(false, register, bytes.length), true),
  message([...bytes], false),
];

const read = (register: number, size: number): Transfer[] =>
  message([...header(true, register, size), ...new Uint8Array(size)], false);

function callsOf(command: Uint8Array, responseSize: number): Transfer[][] {
  const calls = [...write(STS, READY), read(STS, 4)];
  for (let at = 0; at < command.length; at += BURST) {
    if (at > 0) calls.push(read(STS, 4));
    calls.push(...write(FIFO, command.subarray(at, at + BURST)));
  }
  calls.push(...write(STS, GO), read(STS, 4), read(FIFO, responseSize), ...write(STS, READY));
  return calls;
}

interface Counts {
  readonly ioctls: number;
  readonly frames: number;
  readonly faults: number;
  readonly spentNs: number;
}

const counts = (): Counts => JSON.parse(readFileSync('/dev/bench-counts', 'utf8')) as Counts;

/** What is measured: these calls, `count` times a round. */
interface Measured {
  readonly name: string;
  readonly calls: Transfer[][];
  readonly count: number;
}

function measure(handle: SpiHandle, { name, calls, count }: Measured, rounds: number): void {
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) for (const call of calls) handle.transferSync(call);
  };
  run(WARM_UP * count);
  const before = counts();
  run(1);
  const after = counts();
  const each: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = counts().spentNs;
    run(count);
    each.push((counts().spentNs - begun) / count);
  }
  const result = {
    name,
    ioctls: after.ioctls - before.ioctls,
    frames: after.frames - before.frames,
    faults: after.faults,
    ns: median(each),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

const [rounds = 1, count = 1] = process.argv.slice(2).map(Number);
const open = await loadSpiDevice();
const handle = open('/dev/spidev0.0', { sckHz: Number(process.env['BENCH_SCK_HZ'] ?? 1e9) });
for (const call of write(ACCESS, Uint8Array.of(0x02))) handle.transferSync(call);
measure(
  handle,
  { name: 'GetRandom(32)', calls: callsOf(getRandom(32).bytes, RANDOM_RESPONSE), count },
  rounds,
);
const hash1024 = hash(new Uint8Array(1024), TPM_ALG.SHA256).bytes;
const hashCalls = callsOf(hash1024, HASH_RESPONSE);
measure(handle, { name: 'Hash(1024)', calls: hashCalls, count: Math.ceil(count / 4) }, rounds);
handle.closeSync();
