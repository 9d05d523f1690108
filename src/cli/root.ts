import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Absolute path of the project's own suites. */
export const SUITES = join(ROOT, 'suites');
