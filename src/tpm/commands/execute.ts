import { decodeTpmHeader, ResponseMalformed, TPM_HEADER_SIZE, TPM_ST, TpmReader } from '../../wire/index.ts';
import { TpmError } from '../response-code.ts';
import type { TpmCommand } from './command.ts';

/** Whatever carries a whole command to a TPM and its whole response back. */
export interface Transmitter {
  transmit(command: Uint8Array): Promise<Uint8Array>;
}

/**
 * Sends a command and reads its answer.
 * @throws TpmError when the TPM refuses, ResponseMalformed when the answer makes no sense.
 */
export async function execute<R>(transmitter: Transmitter, command: TpmCommand<R>): Promise<R> {
  const response = await transmitter.transmit(command.bytes);
  if (response.length < TPM_HEADER_SIZE)
    throw new ResponseMalformed(
      `TPM2_${command.name} was answered with ${response.length} bytes; a response has at least ${TPM_HEADER_SIZE}.`,
    );
  const { tag, size, code } = decodeTpmHeader(response);
  if (size !== response.length)
    throw new ResponseMalformed(
      `TPM2_${command.name} was answered with ${response.length} bytes, but its size field says ${size}.`,
    );
  if (code !== 0) throw new TpmError(command.name, code);
  const asked = decodeTpmHeader(command.bytes).tag;
  if (tag !== asked)
    throw new ResponseMalformed(
      `TPM2_${command.name} has tag 0x${asked.toString(16)}; its answer has 0x${tag.toString(16)}.`,
    );
  const body = response.subarray(TPM_HEADER_SIZE);
  const parameters = new TpmReader(tag === TPM_ST.SESSIONS ? parametersOf(body) : body);
  const result = command.decode(parameters);
  parameters.finish();
  return result;
}

/** The parameters of a response with sessions: their size comes first, acknowledgements follow. [TPM2 Part 1, 18.10] */
function parametersOf(body: Uint8Array): Uint8Array {
  const reader = new TpmReader(body);
  return reader.take(reader.u32());
}
