import { gunzipSync, gzipSync } from 'node:zlib';

/** The beginning of data within a page that is worth packing. Its end is looked for sign by sign: it may be millions away. */
const BASE64 = /[A-Za-z0-9+/]{200}/g;
const BASE64_SIGNS = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
/** Stand around data that is base64 in the page; no page has them elsewhere. */
const [BEGIN, END] = ['\u0001', '\u0002'];

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
  const [first = '', ...parts] = gunzipSync(Buffer.from(packed, 'base64')).toString('utf8').split(BEGIN);
  return [first, ...parts.map(withBase64)].join('');
}

/** What follows a mark: bytes up to the other mark, and the page's own text. */
function withBase64(part: string): string {
  const end = part.indexOf(END);
  return Buffer.from(part.slice(0, end), 'latin1').toString('base64') + part.slice(end + 1);
}

/** The page with its data as bytes, a character each, between the marks. */
function withData(html: string): string {
  const parts: string[] = [];
  let at = 0;
  BASE64.lastIndex = 0;
  for (let found = BASE64.exec(html); found !== null; found = BASE64.exec(html)) {
    const end = endOfBase64(html, BASE64.lastIndex);
    parts.push(html.slice(at, found.index), marked(html.slice(found.index, end)));
    at = end;
    BASE64.lastIndex = end;
  }
  return [...parts, html.slice(at)].join('');
}

function endOfBase64(html: string, from: number): number {
  let end = from;
  while (BASE64_SIGNS.has(html.charAt(end))) end++;
  return end + /^={0,2}/.exec(html.slice(end, end + 2))![0].length;
}

/** Base64 as its bytes between the marks, or as it stands where it would not come out the same. */
function marked(text: string): string {
  const data = Buffer.from(text, 'base64');
  const isWhole = data.toString('base64') === text;
  const bytes = data.toString('latin1');
  return isWhole && !bytes.includes(BEGIN) && !bytes.includes(END) ? `${BEGIN}${bytes}${END}` : text;
}

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
  const [first, ...parts] = html.split('\\u0001');
  const page = first + parts.map((part) => {
    const end = part.indexOf('\\u0002');
    return btoa(part.slice(0, end)) + part.slice(end + 1);
  }).join('');
  document.open();
  document.write(page);
  document.close();
})();
</script>
</body>
</html>
`;
