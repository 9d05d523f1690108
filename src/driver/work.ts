/**
 * A piece of a driver's work, which ends with a T. It stops only where it has to wait: there it yields a promise, and goes on
 * with what became of it. On a board that has nothing to wait for, such as a simulated one, it runs to its end without a
 * promise. A piece calls another one by `yield*`.
 */
export type Work<T> = Generator<Promise<unknown>, T, unknown>;

/** Does a piece of work, as far as it comes without waiting before the call returns. Resolves with its result. */
export function perform<T>(work: Work<T>): Promise<T> {
  try {
    const { done, value } = work.next();
    return done === true ? Promise.resolve(value) : goOn(work, value);
  } catch (failure) {
    return Promise.reject(failure instanceof Error ? failure : new Error(String(failure)));
  }
}

async function goOn<T>(work: Work<T>, awaited: Promise<unknown>): Promise<T> {
  for (let waiting = awaited; ;) {
    let came: unknown;
    let failure: { readonly reason: unknown } | undefined;
    try {
      came = await waiting;
    } catch (reason) {
      failure = { reason };
    }
    const { done, value } = failure === undefined ? work.next(came) : work.throw(failure.reason);
    if (done === true) return value;
    waiting = value;
  }
}

/** Waits for something that may be there already. */
export function* waited<T>(coming: T | Promise<T>): Work<T> {
  return coming instanceof Promise ? ((yield coming) as T) : coming;
}

/** A part of a driver for callers that await: each piece of work is a promise of its result. */
export type Awaiting<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => Work<infer R>
    ? (...args: A) => Promise<R>
    : T[K] extends (...args: never[]) => unknown
      ? T[K]
      : T[K] extends object
        ? Awaiting<T[K]>
        : T[K];
};

type Call = (...args: unknown[]) => unknown;

const faces = new WeakMap<object, object>();

/** The same part for callers that await. Its own parts are seen through the same face. */
export function awaiting<T extends object>(part: T): Awaiting<T> {
  const known = faces.get(part);
  if (known !== undefined) return known as Awaiting<T>;
  const face = new Proxy(part, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === 'function')
        return (...args: unknown[]) => performed((value as Call).apply(target, args));
      return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
        ? awaiting(value)
        : value;
    },
  });
  faces.set(part, face);
  return face as Awaiting<T>;
}

const performed = (result: unknown): unknown => (isWork(result) ? perform(result) : result);

const isWork = (value: unknown): value is Work<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Object.prototype.toString.call(value) === '[object Generator]';
