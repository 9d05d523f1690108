// Loaded before the test runner, in its main process and in each worker: what the runner and the suites import of this project
// comes from the bundle when that is as new as the sources.
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { made, RUNNER_ENTRIES } from './bundle.js';
import { initialize, redirected } from './runner-hooks.js';

const folder = made();
if (folder !== undefined) {
  const root = new URL('../../', import.meta.url);
  const bundled = RUNNER_ENTRIES.map((entry) => [
    new URL(entry, root).href,
    pathToFileURL(join(folder, entry.replace(/\.ts$/, '.js'))).href,
  ]);
  // Node.js 20 has hooks in a thread of their own only.
  if (nodeModule.registerHooks === undefined)
    nodeModule.register('./runner-hooks.js', import.meta.url, { data: bundled });
  else {
    initialize(bundled);
    nodeModule.registerHooks({
      resolve: (specifier, context, next) => redirected(next(specifier, context)),
    });
  }
}
