/** The messages of labgrid's protocol as far as a client needs them: field numbers as the real coordinator tells them. */
const text = (id: number) => ({ type: 'string', id });
const texts = (id: number) => ({ rule: 'repeated' as const, type: 'string', id });
const message = (fields: object, more: object = {}) => ({ fields, ...more });
const call = (name: string, streams = false) => ({
  comment: '',
  requestType: `${name}Request`,
  responseType: `${name}Response`,
  ...(streams && {
    ...{ requestType: 'ClientInMessage', responseType: 'ClientOutMessage' },
    ...{ requestStream: true as const, responseStream: true as const },
  }),
});
const CALLS = [
  ...['GetPlaces', 'SetPlaceTags', 'AcquirePlace', 'ReleasePlace'],
  ...['CreateReservation', 'CancelReservation', 'PollReservation', 'GetReservations'],
];

export const LABGRID = {
  nested: {
    labgrid: {
      nested: {
        Coordinator: {
          methods: {
            ClientStream: call('Client', true),
            ...Object.fromEntries(CALLS.map((name) => [name, call(name)])),
          },
        },
        Sync: message({ id: { type: 'uint64', id: 1 } }),
        StartupDone: message({ version: text(1), name: text(2) }),
        Subscribe: message(
          { allPlaces: { type: 'bool', id: 2 }, allResources: { type: 'bool', id: 3 } },
          { oneofs: { kind: { oneof: ['allPlaces', 'allResources'] } } },
        ),
        ClientInMessage: message(
          {
            ...{ sync: { type: 'Sync', id: 1 }, startup: { type: 'StartupDone', id: 2 } },
            subscribe: { type: 'Subscribe', id: 3 },
          },
          { oneofs: { kind: { oneof: ['sync', 'startup', 'subscribe'] } } },
        ),
        ClientOutMessage: message({
          sync: { type: 'Sync', id: 1 },
          updates: { rule: 'repeated', type: 'UpdateResponse', id: 2 },
        }),
        Path: message({ exporterName: text(1), groupName: text(2), resourceName: text(3) }),
        MapValue: message({ stringValue: text(5) }, { oneofs: { kind: { oneof: ['stringValue'] } } }),
        Resource: message({
          ...{ path: { type: 'Path', id: 1 }, cls: text(2) },
          params: { keyType: 'string', type: 'MapValue', id: 3 },
        }),
        UpdateResponse: message(
          {
            ...{ resource: { type: 'Resource', id: 1 }, delResource: { type: 'Path', id: 2 } },
            ...{ place: { type: 'Place', id: 3 }, delPlace: text(4) },
          },
          { oneofs: { kind: { oneof: ['resource', 'delResource', 'place', 'delPlace'] } } },
        ),
        ResourceMatch: message({ exporter: text(1), group: text(2), cls: text(3) }),
        Place: message({
          ...{ name: text(1), aliases: texts(2), comment: text(3) },
          tags: { keyType: 'string', type: 'string', id: 4 },
          matches: { rule: 'repeated', type: 'ResourceMatch', id: 5 },
          ...{ acquired: text(6), reservation: text(11) },
        }),
        Filter: message({ filter: { keyType: 'string', type: 'string', id: 1 } }),
        Reservation: message({
          ...{
            owner: text(1),
            token: text(2),
            state: { type: 'int32', id: 3 },
            prio: { type: 'double', id: 4 },
          },
          filters: { keyType: 'string', type: 'Filter', id: 5 },
          allocations: { keyType: 'string', type: 'string', id: 6 },
        }),
        GetPlacesRequest: message({}),
        GetPlacesResponse: message({ places: { rule: 'repeated', type: 'Place', id: 1 } }),
        SetPlaceTagsRequest: message({
          placename: text(1),
          tags: { keyType: 'string', type: 'string', id: 2 },
        }),
        SetPlaceTagsResponse: message({}),
        AcquirePlaceRequest: message({ placename: text(1) }),
        AcquirePlaceResponse: message({}),
        ReleasePlaceRequest: message({ placename: text(1), fromuser: text(2) }),
        ReleasePlaceResponse: message({}),
        CreateReservationRequest: message({
          ...{ filters: { keyType: 'string', type: 'Filter', id: 1 }, prio: { type: 'double', id: 2 } },
        }),
        CreateReservationResponse: message({ reservation: { type: 'Reservation', id: 1 } }),
        CancelReservationRequest: message({ token: text(1) }),
        CancelReservationResponse: message({}),
        PollReservationRequest: message({ token: text(1) }),
        PollReservationResponse: message({ reservation: { type: 'Reservation', id: 1 } }),
        GetReservationsRequest: message({}),
        GetReservationsResponse: message({ reservations: { rule: 'repeated', type: 'Reservation', id: 1 } }),
      },
    },
  },
};
