// Starts the command line from the bundle. Where that cannot be kept, and for a defect's place with --debug, the sources
// themselves are loaded.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { made, make } from './bundle.js';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

async function mainFile() {
  if (process.argv.includes('--debug')) return MAIN;
  try {
    return join(made() ?? (await make()), 'src/cli/main.js');
  } catch {
    return MAIN;
  }
}

const file = await mainFile();
// A driver that lives elsewhere is TypeScript, and so are the sources.
if (file === MAIN || process.argv.some((word) => word.startsWith('--driver'))) await import('tsx');
await import(pathToFileURL(file).href);
