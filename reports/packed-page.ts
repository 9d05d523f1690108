import { gunzipSync, gzipSync } from 'node:zlib';

/** Data within a page that is worth packing: base64 of that many characters or more. */
const BASE64 = /[A-Za-z0-9+/]{200,}={0,2}/g;
/** Stand around data that is base64 in the page; no page has them elsewhere. */
const [BEGIN, END] = ['\u0001', '\u0002'];
const MARKED = new RegExp(`${BEGIN}([^${END}]*)${END}`, 'g');

/**
 * Packs a page into a smaller one that unpacks itself in the browser, from a file too: the report's program and its data
 * are text in base64, of which a packed page needs a fifth. A page that would not come out the same is left as it is.
 */
export function packedPage(html: string): string {
  const packed = gzipSync(withData(html), { level: 9 }).toString('base64');
  const page = loaderOf(titleOf(html), packed);
  return page.length < html.length && unpackedPage(page) === html ? page : html;
}

/** The page that a packed page holds; the page itself when it is not packed. */
export function unpackedPage(page: string): string {
  const [, packed] = /<script type="text\/plain" id="packed">([A-Za-z0-9+/=]+)<\/script>/.exec(page) ?? [];
  if (packed === undefined) return page;
  return gunzipSync(Buffer.from(packed, 'base64'))
    .toString('utf8')
    .replace(MARKED, (_, data: string) => Buffer.from(data, 'latin1').toString('base64'));
}

/** The page with its data as bytes, a character each, between the marks. */
const withData = (html: string): string =>
  html.replace(BASE64, (text) => {
    const data = Buffer.from(text, 'base64');
    const isWhole = data.toString('base64') === text;
    const bytes = data.toString('latin1');
    return isWhole && !bytes.includes(END) ? `${BEGIN}${bytes}${END}` : text;
  });

const titleOf = (html: string): string => /<title>([^<]*)<\/title>/.exec(html)?.[1]?.trim() ?? 'h1-hil';

const loaderOf = (title: string, packed: string): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<style>body { font: 16px system-ui, sans-serif; margin: 3em; color-scheme: light dark; background: Canvas; color: CanvasText }</style>
</head>
<body>
<p id="told">The report is being unpacked.</p>
<noscript>The report needs JavaScript.</noscript>
<script type="text/plain" id="packed">${packed}</script>
<script>
(async () => {
  const told = document.getElementById('told');
  if (typeof DecompressionStream === 'undefined') {
    told.textContent = 'The report needs a browser of 2023 or newer: this one cannot unpack it. tables.html beside it needs none.';
    return;
  }
  const text = document.getElementById('packed').textContent;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const html = await new Response(stream).text();
  const page = html.replace(/\\u0001([^\\u0002]*)\\u0002/g, (_, data) => btoa(data));
  document.open();
  document.write(page);
  document.close();
})();
</script>
</body>
</html>
`;
