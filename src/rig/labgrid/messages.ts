/** A place: what is leased, with the tags by which it is found. */
export interface Place {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly matches: readonly { readonly exporter: string; readonly group: string; readonly cls: string }[];
  /** Who holds it; undefined when nobody does. */
  readonly acquired: string | undefined;
  /** Token of the reservation that has it. */
  readonly reservation: string | undefined;
}

/** Something that an exporter offers. */
export interface Resource {
  readonly path: { readonly exporter: string; readonly group: string; readonly name: string };
  readonly cls: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A place in the queue of those who want one. */
export interface Reservation {
  readonly owner: string;
  readonly token: string;
  readonly state: 'waiting' | 'allocated' | 'acquired' | 'expired' | 'invalid';
  readonly priority: number;
  readonly filter: Readonly<Record<string, string>>;
  /** The place that was found for it. */
  readonly place: string | undefined;
}

const STATES = ['waiting', 'allocated', 'acquired', 'expired', 'invalid'] as const;

/** A message as it is decoded: names in camel case, what was not sent is empty. */
export type Message = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const optional = (value: unknown): string | undefined => (text(value) === '' ? undefined : text(value));
const list = (value: unknown): readonly Message[] => (Array.isArray(value) ? (value as Message[]) : []);
const part = (value: unknown): Message =>
  typeof value === 'object' && value !== null ? (value as Message) : {};
/** A map stands on the wire as a list of entries, and a descriptor that was sent describes it so. */
const map = <T>(value: unknown, read: (one: unknown) => T): Record<string, T> =>
  Object.fromEntries(list(value).map((entry) => [text(entry['key']), read(entry['value'])]));

/** For a request: a map as its entries. */
export const entries = <T>(
  values: Readonly<Record<string, T>>,
): { readonly key: string; readonly value: T }[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

/** A place, from its message. */
export const placeOf = (message: Message): Place => ({
  name: text(message['name']),
  aliases: Array.isArray(message['aliases']) ? message['aliases'].map(text) : [],
  tags: map(message['tags'], text),
  matches: list(message['matches']).map((match) => ({
    exporter: text(match['exporter']),
    group: text(match['group']),
    cls: text(match['cls']),
  })),
  acquired: optional(message['acquired']),
  reservation: optional(message['reservation']),
});

/** What an exporter offers, from its message. */
export function resourceOf(message: Message): Resource {
  const path = part(message['path']);
  return {
    path: {
      exporter: text(path['exporterName']),
      group: text(path['groupName']),
      name: text(path['resourceName']),
    },
    cls: text(message['cls']),
    params: map(message['params'], (value) => text(part(value)['stringValue'])),
  };
}

/** A reservation, from its message. */
export const reservationOf = (message: Message): Reservation => ({
  owner: text(message['owner']),
  token: text(message['token']),
  state: STATES[Number(message['state'])] ?? 'invalid',
  priority: Number(message['prio']),
  filter: map(map(message['filters'], part)['main']?.['filter'], text),
  place: optional(map(message['allocations'], text)['main']),
});

/** The updates of one message of the stream, and the number of the sync that it answers. */
export interface News {
  readonly places: readonly Place[];
  readonly gone: readonly string[];
  readonly resources: readonly Resource[];
  readonly goneResources: readonly Resource['path'][];
  readonly sync: number | undefined;
}

/** What one message of the stream tells. */
export function newsOf(message: Message): News {
  const updates = list(message['updates']);
  const all = <T>(name: string, read: (value: Message) => T): T[] =>
    updates.filter((update) => update['kind'] === name).map((update) => read(part(update[name])));
  return {
    places: all('place', placeOf),
    gone: updates.filter(({ kind }) => kind === 'delPlace').map((update) => text(update['delPlace'])),
    resources: all('resource', resourceOf),
    goneResources: all('delResource', (path) => resourceOf({ path }).path),
    sync:
      message['sync'] === null || message['sync'] === undefined
        ? undefined
        : Number(part(message['sync'])['id']),
  };
}
