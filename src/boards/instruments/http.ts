import { request } from 'node:http';

/** Most bytes of an answer: an instrument says little. */
const MAX_BYTES = 1 << 16;

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One request over HTTP, all of it within the limit.
 * @throws Error whose message says why there is no answer, such as `it did not answer within 5 s`
 */
export function ask(url: URL, limitMs: number, post?: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: post === undefined ? 'GET' : 'POST',
      headers: post === undefined ? {} : { 'content-type': 'text/xml' },
    });
    const late = setTimeout(() => {
      asked.destroy(new Error(`it did not answer within ${limitMs / 1000} s`));
    }, limitMs);
    const end = (settle: () => void): void => {
      clearTimeout(late);
      settle();
    };
    asked.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'ECONNREFUSED' ? 'nobody listens there' : cause.message;
      end(() => {
        reject(new Error(why, { cause }));
      });
    });
    asked.once('response', (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
        if (body.length > MAX_BYTES) asked.destroy(new Error(`it sent more than ${MAX_BYTES} characters`));
      });
      answer.once('end', () => {
        end(() => {
          resolve({ status: answer.statusCode ?? 0, body });
        });
      });
      answer.once('error', (cause) => {
        end(() => {
          reject(cause);
        });
      });
    });
    asked.end(post);
  });
}
