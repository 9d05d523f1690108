import { runInNewContext } from 'node:vm';
import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { packedPage, unpackedPage } from '../../reports/packed-page.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const pageOf = (...parts: readonly string[]): string =>
  `<!DOCTYPE html>\n<html><head><title> a run </title></head><body>${parts.join('\n')}</body></html>`;

/** What stands in a document after the page's own script ran, with what a browser offers it. */
async function opened(page: string): Promise<string> {
  const [, script] = /<script>\n([\s\S]*)<\/script>/.exec(page) ?? [];
  const [, packed] = /id="packed">([^<]*)</.exec(page) ?? [];
  const told = { textContent: '' };
  const written = new Promise<string>((resolve) => {
    const document = {
      getElementById: (id: string) => (id === 'told' ? told : { textContent: packed }),
      open: () => undefined,
      write: resolve,
      close: () => undefined,
    };
    const browser = { document, DecompressionStream, Blob, Response, Uint8Array, atob, btoa };
    runInNewContext(script!, browser);
  });
  return written;
}

const DATA = JSON.stringify(
  Array.from({ length: 500 }, (_, i) => ({ test: i, title: 'größer als ein Pulse → 4 us' })),
);

test('a packed page is smaller, has its title, and opens as what it was', async () => {
  const html = pageOf(`<script>d("a","${base64(Buffer.from(DATA))}")</script>`, 'größer →');
  const page = packedPage(html);
  expect(page.length).toBeLessThan(html.length / 5);
  expect(page).toContain('<title>a run</title>');
  expect(page).not.toMatch(/<script[^>]*\bsrc=/);
  expect(unpackedPage(page)).toBe(html);
  expect(await opened(page)).toBe(html);
});

test('bytes of every kind, base64 that is none, and marks within data come out the same', async () => {
  const every = Uint8Array.from({ length: 4096 }, (_, i) => i & 0xff);
  const text = 'ab'.repeat(200).slice(0, 399);
  const html = pageOf(
    base64(every),
    base64(Buffer.alloc(301, 2)),
    text,
    base64(Buffer.from(DATA)),
    '$& $1 $$',
  );
  const page = packedPage(html);
  expect(page).not.toBe(html);
  expect(await opened(page)).toBe(html);
});

test('a trace of twelve megabytes is packed, and comes out the same', async () => {
  const html = pageOf(`d("a","${base64(Buffer.from('{"at":1.5,"miso":"00"}\n'.repeat(400_000)))}")`);
  const page = packedPage(html);
  expect(page.length).toBeLessThan(html.length / 50);
  expect(await opened(page)).toBe(html);
});

test('a page that would not become smaller, or not come out the same, stays as it is', () => {
  expect(packedPage(pageOf('short'))).toBe(pageOf('short'));
  const marked = pageOf('\u0001abc\u0002', DATA.repeat(10));
  expect(packedPage(marked)).toBe(marked);
  expect(unpackedPage(marked)).toBe(marked);
});

test('whatever is packed comes out the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 900 }).map(base64))),
      (parts) => {
        const html = pageOf(...parts, DATA);
        expect(unpackedPage(packedPage(html))).toBe(html);
      },
    ),
    { numRuns: 200 },
  );
});
