import type { Client, ClientDuplexStream, ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import grpc from '@grpc/grpc-js';
import { CoordinatorFailure, CoordinatorLost, CoordinatorRefused, CoordinatorUnusable } from './errors.ts';
import type { Message, Place, Reservation, Resource } from './messages.ts';
import { entries, newsOf, placeOf, reservationOf } from './messages.ts';
import { reflect } from './reflection.ts';

/** Limits of a session, in milliseconds. */
export interface SessionLimits {
  /** From the first packet to the local copy. */
  readonly openMs: number;
  /** One call. The coordinator itself waits 10 s for each exporter of a place. */
  readonly callMs: number;
  /** Between two pings, and for the answer to one: so long a coordinator may be silent. */
  readonly pingMs: number;
}

const LIMITS: SessionLimits = { openMs: 10_000, callMs: 45_000, pingMs: 10_000 };

const SERVICE = 'labgrid.Coordinator';
/** The version of the protocol's program by which this client was written. */
const VERSION = '26.0';

type Stream = ClientDuplexStream<object, Message>;
type Call = (
  request: object,
  options: { readonly deadline: Date },
  callback: (error: ServiceError | null, answer?: Message) => void,
) => void;

/**
 * A session with a labgrid coordinator (25.0 or newer): one connection, by which the coordinator knows this client, with a
 * stream that keeps a copy of all places and resources. When the stream ends the session is lost for ever, since a coordinator
 * that was started again has forgotten who holds what.
 */
export class Coordinator {
  readonly #places = new Map<string, Place>();
  readonly #resources = new Map<string, Resource>();
  readonly #lost = new AbortController();
  readonly #watchers = new Set<{
    readonly place: string;
    readonly onChange: (now: Place | undefined) => void;
  }>();
  #onSync: (() => void) | undefined;
  #isClosing = false;

  private constructor(
    readonly address: string,
    /** Who this client is for all others: `host/user`, and the run. */
    readonly name: string,
    private readonly limits: SessionLimits,
    private readonly client: Client,
    private readonly stream: Stream,
  ) {
    stream.on('data', (message: Message) => {
      this.#hear(message);
    });
    stream.on('error', (failure: ServiceError) => {
      this.#lose(failure.details || failure.message);
    });
    stream.on('end', () => {
      this.#lose('it has ended the stream');
    });
  }

  /** @throws CoordinatorUnusable */
  static async open(address: string, name: string, limits = LIMITS): Promise<Coordinator> {
    const options = {
      'grpc.keepalive_time_ms': limits.pingMs,
      'grpc.keepalive_timeout_ms': limits.pingMs,
      'grpc.keepalive_permit_without_calls': 1,
      // Each session is a connection of its own.
      'grpc.use_local_subchannel_pool': 1,
    };
    const deadline = new Date(new Date().getTime() + limits.openMs);
    let first: Client | undefined;
    try {
      first = new grpc.Client(address, grpc.credentials.createInsecure(), options);
      const found = await reflect(first, SERVICE, deadline);
      const service = (found['labgrid'] as Record<string, ServiceClientConstructor> | undefined)?.[
        'Coordinator'
      ];
      if (service === undefined) throw new Error(`it has no service ${SERVICE}`);
      const client = new service(address, grpc.credentials.createInsecure(), options);
      const stream = (client['ClientStream'] as () => Stream).call(client);
      const session = new Coordinator(address, name, limits, client, stream);
      try {
        await session.#begin();
        return session;
      } catch (failure) {
        session.close();
        throw failure;
      }
    } catch (cause) {
      if (cause instanceof CoordinatorUnusable) throw cause;
      throw new CoordinatorUnusable(address, reasonOf(cause), cause);
    } finally {
      first?.close();
    }
  }

  /** Aborted when the session is lost, with the failure as its reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get places(): readonly Place[] {
    return [...this.#places.values()];
  }

  get resources(): readonly Resource[] {
    return [...this.#resources.values()];
  }

  /** Calls back when a place has changed, with undefined when it is gone. @returns ends it */
  watch(place: string, onChange: (now: Place | undefined) => void): () => void {
    const watcher = { place, onChange };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The places as the coordinator has them now. @throws CoordinatorFailure */
  async askPlaces(): Promise<readonly Place[]> {
    const places = ((await this.#call('GetPlaces', {}))['places'] as Message[]).map(placeOf);
    for (const place of places) this.#places.set(place.name, place);
    return places;
  }

  /** @throws CoordinatorRefused when somebody has it, and as every call */
  async acquire(placename: string): Promise<void> {
    await this.#call('AcquirePlace', { placename });
  }

  /** Releases a place that `fromuser` still holds; nothing happens when it is somebody else's. @throws CoordinatorFailure */
  async release(placename: string, fromuser: string): Promise<void> {
    await this.#call('ReleasePlace', { placename, fromuser });
  }

  /** An empty text takes the tag away. @throws CoordinatorFailure */
  async tag(placename: string, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('SetPlaceTags', { placename, tags: entries(tags) });
  }

  /** @throws CoordinatorFailure */
  async reserve(filter: Readonly<Record<string, string>>, prio: number): Promise<Reservation> {
    const answer = await this.#call('CreateReservation', {
      filters: entries({ main: { filter: entries(filter) } }),
      prio,
    });
    return reservationOf(answer['reservation'] as Message);
  }

  /** To be called more often than once a minute, or the reservation expires. @throws CoordinatorFailure */
  async poll(token: string): Promise<Reservation> {
    return reservationOf((await this.#call('PollReservation', { token }))['reservation'] as Message);
  }

  /** @throws CoordinatorFailure */
  async cancel(token: string): Promise<void> {
    await this.#call('CancelReservation', { token });
  }

  /** @throws CoordinatorFailure */
  async reservations(): Promise<readonly Reservation[]> {
    return ((await this.#call('GetReservations', {}))['reservations'] as Message[]).map(reservationOf);
  }

  close(): void {
    this.#isClosing = true;
    this.stream.cancel();
    this.client.close();
  }

  /** Says who this is, and waits until the copy is whole. */
  async #begin(): Promise<void> {
    const synced = new Promise<void>((resolve) => (this.#onSync = resolve));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`it has not told its places within ${this.limits.openMs} ms`));
      }, this.limits.openMs);
      this.lost.addEventListener('abort', () => {
        reject(this.lost.reason as Error);
      });
    });
    // Lost later, nobody waits for it any more.
    late.catch(() => undefined);
    for (const word of [
      { startup: { version: VERSION, name: this.name } },
      { subscribe: { allPlaces: true } },
      { subscribe: { allResources: true } },
      { sync: { id: 1 } },
    ])
      this.stream.write(word);
    try {
      await Promise.race([synced, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(message: Message): void {
    const { places, gone, resources, goneResources, sync } = newsOf(message);
    for (const place of places) this.#places.set(place.name, place);
    for (const name of gone) this.#places.delete(name);
    for (const resource of resources) this.#resources.set(keyOf(resource.path), resource);
    for (const path of goneResources) this.#resources.delete(keyOf(path));
    if (sync !== undefined) this.#onSync?.();
    const changed = new Set([...places.map(({ name }) => name), ...gone]);
    for (const { place, onChange } of this.#watchers)
      if (changed.has(place)) onChange(this.#places.get(place));
  }

  #lose(reason: string): void {
    if (this.#isClosing || this.lost.aborted) return;
    this.#lost.abort(new CoordinatorLost(this.address, reason));
    // No call may be sent on another connection, on which the coordinator would not know this client.
    this.client.close();
  }

  #call(name: string, request: object): Promise<Message> {
    if (this.#isClosing) return Promise.reject(new CoordinatorLost(this.address, 'this session was ended'));
    if (this.lost.aborted) return Promise.reject(this.lost.reason as CoordinatorFailure);
    const calls = this.client as unknown as Readonly<Record<string, Call>>;
    const deadline = new Date(new Date().getTime() + this.limits.callMs);
    return new Promise((resolve, reject) => {
      calls[name]!(request, { deadline }, (error, answer) => {
        if (error === null) resolve(answer ?? {});
        else if (this.lost.aborted) reject(this.lost.reason as CoordinatorFailure);
        else if (error.code === grpc.status.UNAVAILABLE || error.code === grpc.status.DEADLINE_EXCEEDED)
          reject(new CoordinatorLost(this.address, error.details));
        else reject(new CoordinatorRefused(this.address, name, error.details, error));
      });
    });
  }
}

const keyOf = ({ exporter, group, name }: Resource['path']): string => `${exporter}/${group}/${name}`;

const reasonOf = (cause: unknown): string =>
  (cause as Partial<ServiceError>).details ?? (cause instanceof Error ? cause.message : String(cause));
