import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;

const TEXT = new Set(['.ts', '.js', '.c', '.h', '.yaml', '.md', '.txt', '.sh']);

/** The text files of some folders and files, with their path from the top of the repository. */
export function* textFiles(...roots: readonly string[]): Generator<{ path: string; text: string }> {
  for (const root of roots) {
    const full = join(ROOT, root);
    if (statSync(full).isDirectory())
      yield* textFiles(
        ...readdirSync(full)
          .filter((name) => name !== 'out' && name !== 'node_modules')
          .map((name) => join(root, name)),
      );
    else if (TEXT.has(extname(root))) yield { path: root, text: readFileSync(full, 'utf8') };
  }
}

const anchors = new Map<string, ReadonlySet<string>>();

/** The anchors of a page: those that it names, and those that a heading has by its words. */
export function anchorsOf(path: string): ReadonlySet<string> {
  const known = anchors.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const named = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slugOf(heading!));
  const all = new Set([...named, ...headings]);
  anchors.set(path, all);
  return all;
}

/** A heading's anchor as code hosts make it: small letters, spaces as hyphens, without punctuation. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** Whether a link from the top of the repository leads to a file and, where it names one, to an anchor of it. */
export function leadsSomewhere(link: string): boolean {
  const [path = '', anchor] = link.split('#');
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || anchorsOf(path).has(decodeURIComponent(anchor));
}

/** The links of a page that stay inside the repository, from its top. */
export function* linksOf(path: string, text: string): Generator<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^()\s]+)\)/g), ...prose.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  for (const [, target = ''] of targets) {
    if (/^\w+:/.test(target)) continue;
    yield target.startsWith('#') ? `${path}${target}` : normalize(join(dirname(path), target));
  }
}
