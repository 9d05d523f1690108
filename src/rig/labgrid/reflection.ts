import type { Client, GrpcObject } from '@grpc/grpc-js';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { fromJSON, loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';

// A server with reflection tells its own messages, so that the client needs no copy of them.
// [gRPC Server Reflection Protocol v1alpha]

const ROOM = 'grpc.reflection.v1alpha';
const REFLECTION = fromJSON({
  nested: {
    [ROOM]: {
      nested: {
        ServerReflection: {
          methods: {
            ServerReflectionInfo: {
              comment: '',
              requestType: 'Request',
              requestStream: true,
              responseType: 'Response',
              responseStream: true,
            },
          },
        },
        Request: {
          oneofs: { message: { oneof: ['fileContainingSymbol'] } },
          fields: { fileContainingSymbol: { type: 'string', id: 4 } },
        },
        Files: { fields: { fileDescriptorProto: { rule: 'repeated', type: 'bytes', id: 1 } } },
        Problem: { fields: { errorMessage: { type: 'string', id: 2 } } },
        Response: {
          oneofs: { message: { oneof: ['fileDescriptorResponse', 'errorResponse'] } },
          fields: {
            fileDescriptorResponse: { type: 'Files', id: 4 },
            errorResponse: { type: 'Problem', id: 7 },
          },
        },
      },
    },
  },
});

interface Answer {
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] } | null;
  readonly errorResponse?: { readonly errorMessage: string } | null;
}

/**
 * What a server says of the file that defines `symbol`, as packages of services.
 * @throws Error when it does not tell
 */
export async function reflect(client: Client, symbol: string, deadline: Date): Promise<GrpcObject> {
  const method = REFLECTION[`${ROOM}.ServerReflection`]!['ServerReflectionInfo' as never] as {
    readonly path: string;
    readonly requestSerialize: (value: object) => Buffer;
    readonly responseDeserialize: (bytes: Buffer) => object;
  };
  const stream = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    { deadline },
  );
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      stream.once('data', resolve);
      stream.once('error', reject);
      stream.once('end', () => {
        reject(new Error(`it does not tell what ${symbol} is`));
      });
      stream.write({ fileContainingSymbol: symbol });
    });
    const files = answer.fileDescriptorResponse?.fileDescriptorProto;
    if (files === undefined || files.length === 0)
      throw new Error(answer.errorResponse?.errorMessage ?? `it does not know ${symbol}`);
    const set = Buffer.concat(files.map(inSet));
    return loadPackageDefinition(loadFileDescriptorSetFromBuffer(set, { longs: Number, defaults: true }));
  } finally {
    stream.on('error', () => undefined);
    stream.end();
  }
}

/** A file as one of a FileDescriptorSet: field 1, with its length. */
function inSet(file: Buffer): Buffer {
  const head = [0x0a];
  let length = file.length;
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  return Buffer.concat([Uint8Array.from(head), file]);
}
