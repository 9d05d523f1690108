import { RC, Refusal, RH, session } from './codes.ts';
import type { CommandReader } from './reader.ts';

/** [TPM2 Part 1, 18.1] */
const MOST_SESSIONS = 3;
const LEAST_SIZE = 9;
const CONTINUE_SESSION = 0x01;
const HMAC_SESSIONS = 0x02;
const POLICY_SESSIONS = 0x03;

/** The passwords of a command's authorization area, in the order of its handles. [TPM2 Part 1, 18] */
export function readPasswords(reader: CommandReader): Uint8Array[] {
  reader.blame(RC.authSize);
  const size = reader.u32();
  if (size < LEAST_SIZE || size > reader.rest) throw new Refusal(RC.authSize);
  const area = reader.part(size);
  area.blame(RC.authSize);
  const passwords: Uint8Array[] = [];
  while (area.rest > 0) {
    const number = passwords.length + 1;
    if (number > MOST_SESSIONS) throw new Refusal(RC.authSize);
    const handle = area.u32();
    const nonce = area.take(area.u16());
    const attributes = area.u8();
    const password = area.take(area.u16());
    // No session can be started in this library, so that none is ever loaded.
    const kind = handle >>> 24;
    if (kind === HMAC_SESSIONS || kind === POLICY_SESSIONS) throw new Refusal(RC.referenceS0 + number - 1);
    if (handle !== RH.password) throw session(RC.value, number);
    if (nonce.length > 0) throw session(RC.nonce, number);
    if ((attributes & ~CONTINUE_SESSION) !== 0) throw session(RC.attributes, number);
    passwords.push(password);
  }
  return passwords;
}

/** A password fits when it is the authorization value; zeros at the end do not count. [TPM2 Part 1, 17.6.4.3] */
export function fits(password: Uint8Array, auth: Uint8Array): boolean {
  const a = trimmed(password);
  const b = trimmed(auth);
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes.subarray(0, length);
}
