// Loaded before the test runner, in its main process and in each worker: what the runner and the suites import of this project
// comes from the bundle when that is as new as the sources.
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ENTRIES, made } from './bundle.js';

const folder = made();
if (folder !== undefined) {
  const root = new URL('../../', import.meta.url);
  const bundled = ENTRIES.map((entry) => [
    new URL(entry, root).href,
    pathToFileURL(join(folder, entry.replace(/\.ts$/, '.js'))).href,
  ]);
  register('./runner-hooks.js', import.meta.url, { data: bundled });
}
