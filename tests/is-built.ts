import { createRequire } from 'node:module';

/** True when an optional package is installed here, and loads. */
export function isBuilt(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}
