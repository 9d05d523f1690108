// Hooks of Node.js: who imports a source that the bundle has gets it from there.

/** Address in the bundle of each source. */
let bundled = new Map();

export const initialize = (entries) => {
  bundled = new Map(entries);
};

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const url = bundled.get(resolved.url);
  return url === undefined ? resolved : { ...resolved, url, format: 'module' };
}
