import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';

/** The pages that citations lead to. */
const SOURCES = new URL('../docs/sources/', import.meta.url).pathname;

const STYLE = `:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid #8888; padding: 0.2em 0.6em; text-align: left; vertical-align: top; }
pre { background: #8881; overflow-x: auto; padding: 0.6em; }
p:has(a:target) + :is(h2, h3, h4) { background: #fd08; }`;

/**
 * Goes into the report's page. The report shows a test's description in a frame that may run no script and open no window,
 * so a click on a citation there is taken by the page around it, which opens the clause in a window of its own.
 */
export const CITATION_SCRIPT = `<script>
document.addEventListener('load', ({ target }) => {
  if (target.dataset?.testid !== 'test-result-description-frame') return;
  target.contentDocument?.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (link === null) return;
    event.preventDefault();
    window.open(link.href, '_blank');
  });
}, true);
</script>
`;

/** Writes the pages of docs/sources as HTML into `sources` of a report's folder, with the anchors that they have. */
export function writeSourcePages(folder: string): void {
  const target = join(folder, 'sources');
  mkdirSync(target, { recursive: true });
  const renderer = new MarkdownIt({ html: true });
  for (const name of readdirSync(SOURCES)) {
    const body = keepLinksInside(renderer.render(readFileSync(join(SOURCES, name), 'utf8')));
    const page = name.replace(/\.md$/, '');
    writeFileSync(join(target, `${page}.html`), pageOf(page, body));
  }
}

const pageOf = (title: string, body: string): string =>
  `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Sources: ${title}</title>` +
  `<style>${STYLE}</style></head>\n<body>\n${body}</body>\n</html>\n`;

/**
 * Pages of this folder become HTML. A link to another file of the repository becomes plain text, since the report
 * does not have that file.
 */
const keepLinksInside = (html: string): string =>
  html
    .replace(/<a href="\.\.\/[^"]*">(.*?)<\/a>/g, '$1')
    .replace(/(<a href="[\w-]+)\.md(["#])/g, '$1.html$2');
