import type { Instant } from '../../units/index.ts';
import { showDuration } from '../../units/index.ts';
import type { TpmExchange } from '../decode/command.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import type { EndingSink } from '../events.ts';
import type { TraceSource } from '../source.ts';

/** Packets of this link type begin with an IPv4 header. */
const LINK_IPV4 = 228;
/** Wireshark's TPM dissector listens here, and takes the side with the higher port for the host. */
const TPM_PORT = 2321;
const HOST_PORT = 50_000;
const IP_HEADER = 20;
const TCP_HEADER = 20;
/** A shorter one has no response code to show. */
const LEAST_TPM = 10;

/**
 * The TPM commands and responses of a trace as a pcapng file, which Wireshark opens with its TPM dissector. Wireshark
 * knows TPM only within TCP, so each command and response is wrapped in one segment of a connection that never was; a
 * comment on each packet says what it is and how long it took.
 */
export function pcapng(write: (block: Uint8Array) => void): EndingSink {
  write(sectionHeader());
  write(interfaceDescription());
  const connection = new Connection();
  return new TraceDecoder({
    command: (exchange) => {
      for (const [at, packet, comment] of packetsOf(exchange, connection))
        write(enhancedPacket(at, packet, comment));
    },
  });
}

/** The same of a whole trace. */
export function renderPcapng(source: TraceSource): Uint8Array {
  const blocks: Uint8Array[] = [];
  const sink = pcapng((block) => blocks.push(block));
  source.replay(sink);
  sink.end();
  return Buffer.concat(blocks);
}

function* packetsOf(
  exchange: TpmExchange,
  connection: Connection,
): Generator<[at: Instant, packet: Uint8Array, comment: string]> {
  const { command, response, begun, go, ended } = exchange;
  if (command.length < LEAST_TPM) return;
  yield [Number.isNaN(go) ? begun : go, connection.wrap(command, true), exchange.describe()];
  if (response.length < LEAST_TPM) return;
  const waited = Number.isNaN(exchange.available)
    ? ''
    : `, dataAvail after ${showDuration(exchange.latency)}`;
  yield [ended, connection.wrap(response, false), `${exchange.describeResponse()}${waited}`];
}

/** A block: type, length, body padded to four bytes, length again. */
function block(type: number, body: Uint8Array): Uint8Array {
  const padded = (body.length + 3) & ~3;
  const bytes = Buffer.alloc(padded + 12);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.set(body, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return bytes;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

const END_OF_OPTIONS = Buffer.alloc(4);

function sectionHeader(): Uint8Array {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(0x1a2b3c4d, 0);
  body.writeUInt16LE(1, 4);
  // The length of the section is not stated.
  body.fill(0xff, 8, 16);
  return block(0x0a0d0d0a, body);
}

function interfaceDescription(): Uint8Array {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINK_IPV4, 0);
  const nanoseconds = option(9, Uint8Array.of(9));
  return block(1, Buffer.concat([body, option(2, Buffer.from('TPM over SPI')), nanoseconds, END_OF_OPTIONS]));
}

function enhancedPacket(at: Instant, packet: Uint8Array, comment: string): Uint8Array {
  const head = Buffer.alloc(20);
  const stamp = BigInt(Math.round(Math.min(Math.max(0, at), Number.MAX_SAFE_INTEGER)));
  head.writeUInt32LE(Number(stamp >> 32n), 4);
  head.writeUInt32LE(Number(stamp & 0xffffffffn), 8);
  head.writeUInt32LE(packet.length, 12);
  head.writeUInt32LE(packet.length, 16);
  const padding = Buffer.alloc(-packet.length & 3);
  return block(6, Buffer.concat([head, packet, padding, option(1, Buffer.from(comment)), END_OF_OPTIONS]));
}

/** Both directions of one TCP connection from 127.0.0.1 to itself. */
class Connection {
  readonly #next = { host: 1, tpm: 1 };

  wrap(payload: Uint8Array, isCommand: boolean): Uint8Array {
    const bytes = Buffer.alloc(IP_HEADER + TCP_HEADER + payload.length);
    const [from, to] = isCommand ? (['host', 'tpm'] as const) : (['tpm', 'host'] as const);
    bytes[0] = 0x45;
    bytes.writeUInt16BE(bytes.length, 2);
    bytes[8] = 64;
    bytes[9] = 6;
    bytes.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
    bytes.writeUInt16BE(checksum(bytes.subarray(0, IP_HEADER), 0), 10);
    const tcp = bytes.subarray(IP_HEADER);
    tcp.writeUInt16BE(isCommand ? HOST_PORT : TPM_PORT, 0);
    tcp.writeUInt16BE(isCommand ? TPM_PORT : HOST_PORT, 2);
    tcp.writeUInt32BE(this.#next[from] >>> 0, 4);
    tcp.writeUInt32BE(this.#next[to] >>> 0, 8);
    tcp[12] = (TCP_HEADER / 4) << 4;
    tcp[13] = 0x18; // PSH and ACK
    tcp.writeUInt16BE(0xffff, 14);
    tcp.set(payload, TCP_HEADER);
    // The pseudo header: both addresses, the protocol and the length.
    tcp.writeUInt16BE(checksum(tcp, 2 * (0x7f00 + 1) + 6 + tcp.length), 16);
    this.#next[from] += payload.length;
    return bytes;
  }
}

/** The checksum of IP and TCP: ones' complement of the sum of all 16-bit words. */
function checksum(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
