/**
 * A copy of an object with some parts changed. Every other part is passed through, whatever its name. Getters stay
 * getters. A part that is undefined in `changed` is absent from the copy.
 * Wrappers of a board, a bus or a fault panel are made with it, so that no wrapper can forget a part.
 */
export function withParts<Whole extends object, Changed extends Partial<Whole> | object>(
  whole: Whole,
  changed: Changed,
): Omit<Whole, keyof Changed> & Changed {
  const parts: PropertyDescriptorMap = {};
  for (const key of keysOf(whole)) parts[key] = handedThrough(whole, key as keyof Whole);
  Object.assign(parts, Object.getOwnPropertyDescriptors(changed));
  return Object.defineProperties({}, parts) as Omit<Whole, keyof Changed> & Changed;
}

/** Names of everything that an object and its classes have. */
function keysOf(whole: object): Set<string> {
  const keys = new Set<string>();
  for (let at: object = whole; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const key of Object.getOwnPropertyNames(at)) if (key !== 'constructor') keys.add(key);
  return keys;
}

/** A method keeps its own object, since it may have private fields; any other part is read when it is asked for. */
function handedThrough<Whole extends object>(whole: Whole, key: keyof Whole): PropertyDescriptor {
  return {
    enumerable: true,
    configurable: true,
    get: () => {
      const part: unknown = whole[key];
      return typeof part === 'function' ? (part.bind(whole) as unknown) : part;
    },
  };
}
