import { readFileSync } from 'node:fs';

/** The versions that a bundle names: h1-hil's and Node's. */
export function ownVersions(): Readonly<Record<string, string>> {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { 'h1-hil': version, node: process.version };
}
