// Hooks of Node.js: who imports a source that the bundle has gets it from there.

/** Address in the bundle of each source. */
let bundled = new Map();

export const initialize = (entries) => {
  bundled = new Map(entries);
};

export const redirected = (resolved) => {
  const url = bundled.get(resolved.url);
  return url === undefined ? resolved : { ...resolved, url, format: 'module' };
};

export const resolve = async (specifier, context, next) => redirected(await next(specifier, context));
