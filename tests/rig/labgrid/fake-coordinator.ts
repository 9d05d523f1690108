import { randomUUID } from 'node:crypto';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import grpc from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { LABGRID } from './messages.ts';

type Tags = Record<string, string>;
interface Place {
  readonly name: string;
  readonly tags: Tags;
  acquired?: string;
  reservation?: string;
}
interface Reservation {
  readonly owner: string;
  readonly token: string;
  state: number;
  readonly prio: number;
  readonly filters: { readonly main?: { readonly filter: Tags } };
  allocations: Tags;
}
type Stream = ServerDuplexStream<
  Record<string, { readonly name?: string; readonly id?: number } | undefined>,
  object
>;
type Ask = ServerUnaryCall<Record<string, string>, object>;

const [WAITING, ALLOCATED, ACQUIRED] = [0, 1, 2];

/**
 * A coordinator in this process with labgrid's messages and habits: a client is its connection, a name may be anybody's, locks
 * have no end and outlive their client, and who starts it again finds all places free.
 */
export class FakeCoordinator {
  readonly #places: Map<string, Place>;
  readonly #reservations = new Map<string, Reservation>();
  readonly #clients = new Map<string, { readonly name: string; readonly stream: Stream }>();
  #server = new grpc.Server();

  private constructor(
    places: Readonly<Record<string, Tags>>,
    private port: number,
  ) {
    this.#places = new Map(Object.entries(places).map(([name, tags]) => [name, { name, tags: { ...tags } }]));
  }

  static async open(places: Readonly<Record<string, Tags>>): Promise<FakeCoordinator> {
    const fake = new FakeCoordinator(places, 0);
    await fake.#listen();
    return fake;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends at once, as when it is killed, and begins with its places and their tags alone. */
  async restart(): Promise<void> {
    this.#server.forceShutdown();
    this.#server = new grpc.Server();
    this.#clients.clear();
    this.#reservations.clear();
    for (const place of this.#places.values()) {
      delete place.acquired;
      delete place.reservation;
    }
    await this.#listen();
  }

  close(): Promise<void> {
    this.#server.forceShutdown();
    return Promise.resolve();
  }

  async #listen(): Promise<void> {
    const definition = fromJSON(LABGRID as never, { longs: Number, defaults: true, oneofs: true });
    const { labgrid } = grpc.loadPackageDefinition(definition) as unknown as {
      readonly labgrid: { readonly Coordinator: grpc.ServiceClientConstructor };
    };
    new ReflectionService(definition).addToServer(this.#server);
    this.#server.addService(labgrid.Coordinator.service, {
      ClientStream: (stream: Stream) => {
        this.#serve(stream);
      },
      GetPlaces: this.#answer(() => ({ places: [...this.#places.values()] })),
      SetPlaceTags: this.#answer(({ request }) => {
        const place = this.#place(request['placename']!);
        for (const [name, value] of Object.entries(request['tags'] as unknown as Tags))
          if (value === '') Reflect.deleteProperty(place.tags, name);
          else place.tags[name] = value;
        this.#publish(place);
        return {};
      }),
      AcquirePlace: this.#answer((call) =>
        this.#acquire(this.#place(call.request['placename']!), this.#nameOf(call)),
      ),
      ReleasePlace: this.#answer(({ request }) => {
        const place = this.#place(request['placename']!);
        if (place.acquired !== request['fromuser']) return {};
        delete place.acquired;
        this.#schedule();
        this.#publish(place);
        return {};
      }),
      CreateReservation: this.#answer((call) => {
        const { filters, prio } = call.request as unknown as Pick<Reservation, 'filters' | 'prio'>;
        const made: Reservation = {
          ...{ owner: this.#nameOf(call), token: randomUUID().slice(0, 10), state: WAITING, prio },
          ...{ filters, allocations: {} },
        };
        this.#reservations.set(made.token, made);
        this.#schedule();
        return { reservation: made };
      }),
      CancelReservation: this.#answer(({ request }) => {
        if (!this.#reservations.delete(request['token']!)) throw refusal('no such reservation');
        this.#schedule();
        return {};
      }),
      PollReservation: this.#answer(({ request }) => {
        const reservation = this.#reservations.get(request['token']!);
        if (reservation === undefined) throw refusal('no such reservation');
        return { reservation };
      }),
      GetReservations: this.#answer(() => ({ reservations: [...this.#reservations.values()] })),
    });
    this.port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(this.address, grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  }

  #serve(stream: Stream): void {
    const peer = stream.getPeer();
    stream.on(
      'data',
      (word: { startup?: { name: string }; subscribe?: { kind: string }; sync?: { id: number } }) => {
        if (word.startup) this.#clients.set(peer, { name: word.startup.name, stream });
        if (word.subscribe?.kind === 'allPlaces')
          stream.write({ updates: [...this.#places.values()].map((place) => ({ place })) });
        if (word.sync) stream.write({ sync: { id: word.sync.id } });
      },
    );
    const gone = (): void => {
      this.#clients.delete(peer);
    };
    stream.on('error', gone);
    stream.on('cancelled', gone);
    stream.on('end', () => {
      gone();
      stream.end();
    });
  }

  #acquire(place: Place, name: string): object {
    if (place.acquired !== undefined) throw refusal(`Place ${place.name} is already acquired`);
    const reservation = this.#reservations.get(place.reservation ?? '');
    if (reservation !== undefined && reservation.owner !== name)
      throw Object.assign(refusal(`Place ${place.name} was not reserved for ${name}`), {
        code: grpc.status.PERMISSION_DENIED,
      });
    place.acquired = name;
    this.#schedule();
    this.#publish(place);
    return {};
  }

  /** The name of the client whose connection this is: the peer rule. */
  #nameOf(call: Ask): string {
    const client = this.#clients.get(call.getPeer());
    if (client === undefined) throw refusal(`Peer ${call.getPeer()} does not have a valid session`);
    return client.name;
  }

  #place(name: string): Place {
    const place = this.#places.get(name);
    if (place === undefined) throw refusal(`Place ${name} does not exist`);
    return place;
  }

  /** By priority, then by age. */
  #schedule(): void {
    for (const one of this.#reservations.values()) {
      const place = this.#places.get(one.allocations['main'] ?? '');
      if (place !== undefined) one.state = place.acquired === undefined ? ALLOCATED : ACQUIRED;
    }
    const taken = new Set([...this.#reservations.values()].map(({ allocations }) => allocations['main']));
    const queue = [...this.#reservations.values()].filter(({ state }) => state === WAITING);
    for (const one of queue.sort((a, b) => b.prio - a.prio)) {
      const wanted = Object.entries(one.filters.main?.filter ?? {});
      const found = [...this.#places.values()].find(
        (place) =>
          place.acquired === undefined &&
          !taken.has(place.name) &&
          wanted.every(([name, value]) => (name === 'name' ? place.name : place.tags[name]) === value),
      );
      if (found === undefined) continue;
      taken.add(found.name);
      one.allocations = { main: found.name };
      one.state = ALLOCATED;
    }
    for (const place of this.#places.values()) delete place.reservation;
    for (const { token, allocations } of this.#reservations.values()) {
      const place = this.#places.get(allocations['main'] ?? '');
      if (place !== undefined) place.reservation = token;
    }
  }

  #publish(place: Place): void {
    for (const { stream } of this.#clients.values()) stream.write({ updates: [{ place }] });
  }

  #answer(act: (call: Ask) => object) {
    return (call: Ask, callback: sendUnaryData<object>): void => {
      try {
        callback(null, act(call));
      } catch (error) {
        callback(error as Error);
      }
    };
  }
}

const refusal = (details: string): Error & { readonly code: grpc.status; readonly details: string } =>
  Object.assign(new Error(details), { code: grpc.status.FAILED_PRECONDITION, details });
