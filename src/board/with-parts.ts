/**
 * A copy of an object with some parts changed. Every other part is passed through, whatever its name. Getters stay
 * getters. A part that is undefined in `changed` is absent from the copy.
 * Wrappers of a board, a bus or a fault panel are made with it, so that no wrapper can forget a part.
 */
export function withParts<Whole extends object, Changed extends Partial<Whole> | object>(
  whole: Whole,
  changed: Changed,
): Omit<Whole, keyof Changed> & Changed {
  const parts: PropertyDescriptorMap = { [WHOLE]: { value: whole } };
  for (const key of Object.getOwnPropertyNames(whole)) parts[key] = handedThrough(key);
  for (const key of keysOf(Object.getPrototypeOf(whole) as object)) parts[key] ??= handedThrough(key);
  Object.assign(parts, Object.getOwnPropertyDescriptors(changed));
  return Object.defineProperties({}, parts) as Omit<Whole, keyof Changed> & Changed;
}

/** What a copy is a copy of. */
const WHOLE = Symbol('whole');
interface Copy {
  readonly [WHOLE]: Readonly<Record<string, unknown>>;
}

/** Names of everything that objects of one kind have, by the prototype of that kind. */
const KEYS = new WeakMap<object, readonly string[]>();

function keysOf(kind: object): readonly string[] {
  const known = KEYS.get(kind);
  if (known !== undefined) return known;
  const keys = new Set<string>();
  for (let at = kind; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const key of Object.getOwnPropertyNames(at)) if (key !== 'constructor') keys.add(key);
  const list = [...keys];
  KEYS.set(kind, list);
  return list;
}

/** By name, the same for every copy: so the copies of one kind have one shape, and looking into them is fast. */
const HANDED_THROUGH = new Map<string, PropertyDescriptor>();

/** A method keeps its own object, since it may have private fields; any other part is read when it is asked for. */
function handedThrough(key: string): PropertyDescriptor {
  const known = HANDED_THROUGH.get(key);
  if (known !== undefined) return known;
  const descriptor: PropertyDescriptor = {
    enumerable: true,
    configurable: true,
    get(this: Copy) {
      const whole = this[WHOLE];
      const part = whole[key];
      return typeof part === 'function' ? (part.bind(whole) as unknown) : part;
    },
  };
  HANDED_THROUGH.set(key, descriptor);
  return descriptor;
}
