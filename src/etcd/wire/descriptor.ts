/**
 * The part of the etcd v3 protocol that this project speaks, as data: message fields with the numbers that etcd's public API
 * fixes for them. `repeated` fields carry a `*` after their type.
 */
type FieldTable = Readonly<Record<string, readonly [type: string, number: number]>>;

const header = ['ResponseHeader', 1] as const;

export const messages = {
  KeyValue: {
    key: ['bytes', 1],
    createRevision: ['int64', 2],
    modRevision: ['int64', 3],
    version: ['int64', 4],
    value: ['bytes', 5],
    lease: ['int64', 6],
  },
  Event: { type: ['int32', 1], kv: ['KeyValue', 2], prevKv: ['KeyValue', 3] },
  ResponseHeader: {
    clusterId: ['uint64', 1],
    memberId: ['uint64', 2],
    revision: ['int64', 3],
    raftTerm: ['uint64', 4],
  },

  RangeRequest: {
    key: ['bytes', 1],
    rangeEnd: ['bytes', 2],
    limit: ['int64', 3],
    revision: ['int64', 4],
    sortOrder: ['int32', 5],
    sortTarget: ['int32', 6],
    serializable: ['bool', 7],
    keysOnly: ['bool', 8],
    countOnly: ['bool', 9],
    minModRevision: ['int64', 10],
    maxModRevision: ['int64', 11],
    minCreateRevision: ['int64', 12],
    maxCreateRevision: ['int64', 13],
  },
  RangeResponse: { header, kvs: ['KeyValue*', 2], more: ['bool', 3], count: ['int64', 4] },
  PutRequest: {
    key: ['bytes', 1],
    value: ['bytes', 2],
    lease: ['int64', 3],
    prevKv: ['bool', 4],
    ignoreValue: ['bool', 5],
    ignoreLease: ['bool', 6],
  },
  PutResponse: { header, prevKv: ['KeyValue', 2] },
  DeleteRangeRequest: { key: ['bytes', 1], rangeEnd: ['bytes', 2], prevKv: ['bool', 3] },
  DeleteRangeResponse: { header, deleted: ['int64', 2], prevKvs: ['KeyValue*', 3] },
  RequestOp: {
    requestRange: ['RangeRequest', 1],
    requestPut: ['PutRequest', 2],
    requestDeleteRange: ['DeleteRangeRequest', 3],
    requestTxn: ['TxnRequest', 4],
  },
  ResponseOp: {
    responseRange: ['RangeResponse', 1],
    responsePut: ['PutResponse', 2],
    responseDeleteRange: ['DeleteRangeResponse', 3],
    responseTxn: ['TxnResponse', 4],
  },
  Compare: {
    result: ['int32', 1],
    target: ['int32', 2],
    key: ['bytes', 3],
    version: ['int64', 4],
    createRevision: ['int64', 5],
    modRevision: ['int64', 6],
    value: ['bytes', 7],
    lease: ['int64', 8],
    rangeEnd: ['bytes', 64],
  },
  TxnRequest: { compare: ['Compare*', 1], success: ['RequestOp*', 2], failure: ['RequestOp*', 3] },
  TxnResponse: { header, succeeded: ['bool', 2], responses: ['ResponseOp*', 3] },
  CompactionRequest: { revision: ['int64', 1], physical: ['bool', 2] },
  CompactionResponse: { header },

  WatchCreateRequest: {
    key: ['bytes', 1],
    rangeEnd: ['bytes', 2],
    startRevision: ['int64', 3],
    progressNotify: ['bool', 4],
    filters: ['int32*', 5],
    prevKv: ['bool', 6],
    watchId: ['int64', 7],
    fragment: ['bool', 8],
  },
  WatchCancelRequest: { watchId: ['int64', 1] },
  WatchProgressRequest: {},
  WatchRequest: {
    createRequest: ['WatchCreateRequest', 1],
    cancelRequest: ['WatchCancelRequest', 2],
    progressRequest: ['WatchProgressRequest', 3],
  },
  WatchResponse: {
    header,
    watchId: ['int64', 2],
    created: ['bool', 3],
    canceled: ['bool', 4],
    compactRevision: ['int64', 5],
    cancelReason: ['string', 6],
    fragment: ['bool', 7],
    events: ['Event*', 11],
  },

  LeaseGrantRequest: { ttl: ['int64', 1], id: ['int64', 2] },
  LeaseGrantResponse: { header, id: ['int64', 2], ttl: ['int64', 3], error: ['string', 4] },
  LeaseRevokeRequest: { id: ['int64', 1] },
  LeaseRevokeResponse: { header },
  LeaseKeepAliveRequest: { id: ['int64', 1] },
  LeaseKeepAliveResponse: { header, id: ['int64', 2], ttl: ['int64', 3] },
  LeaseTimeToLiveRequest: { id: ['int64', 1], keys: ['bool', 2] },
  LeaseTimeToLiveResponse: {
    header,
    id: ['int64', 2],
    ttl: ['int64', 3],
    grantedTtl: ['int64', 4],
    keys: ['bytes*', 5],
  },
  LeaseStatus: { id: ['int64', 1] },
  LeaseLeasesRequest: {},
  LeaseLeasesResponse: { header, leases: ['LeaseStatus*', 2] },

  /** As etcd stores a lease (package leasepb); no message of the protocol. */
  StoredLease: { id: ['int64', 1], ttl: ['int64', 2], remainingTtl: ['int64', 3] },

  StatusRequest: {},
  StatusResponse: {
    header,
    version: ['string', 2],
    dbSize: ['int64', 3],
    leader: ['uint64', 4],
    raftIndex: ['uint64', 5],
    raftTerm: ['uint64', 6],
    raftAppliedIndex: ['uint64', 7],
    errors: ['string*', 8],
    dbSizeInUse: ['int64', 9],
    isLearner: ['bool', 10],
  },
  HashRequest: {},
  HashResponse: { header, hash: ['uint32', 2] },
  HashKVRequest: { revision: ['int64', 1] },
  HashKVResponse: { header, hash: ['uint32', 2], compactRevision: ['int64', 3] },
  SnapshotRequest: {},
  SnapshotResponse: { header, remainingBytes: ['uint64', 2], blob: ['bytes', 3] },
  DefragmentRequest: {},
  DefragmentResponse: { header },
  MoveLeaderRequest: { targetId: ['uint64', 1] },
  MoveLeaderResponse: { header },
  AlarmRequest: { action: ['int32', 1], memberId: ['uint64', 2], alarm: ['int32', 3] },
  AlarmMember: { memberId: ['uint64', 1], alarm: ['int32', 2] },
  AlarmResponse: { header, alarms: ['AlarmMember*', 2] },

  MemberListRequest: { linearizable: ['bool', 1] },
  Member: {
    id: ['uint64', 1],
    name: ['string', 2],
    peerUrls: ['string*', 3],
    clientUrls: ['string*', 4],
    isLearner: ['bool', 5],
  },
  MemberListResponse: { header, members: ['Member*', 2] },

  AuthStatusRequest: {},
  AuthStatusResponse: { header, enabled: ['bool', 2], authRevision: ['uint64', 3] },
  AuthenticateRequest: { name: ['string', 1], password: ['string', 2] },
  AuthenticateResponse: { header, token: ['string', 2] },
} as const satisfies Record<string, FieldTable>;

export type MessageName = keyof typeof messages;

interface FieldJson {
  type: string;
  id: number;
  rule?: 'repeated';
}

/** What a protobuf reflection library takes: the JSON form of a descriptor. */
export function reflectionJson(): { nested: Record<string, { fields: Record<string, FieldJson> }> } {
  const nested: Record<string, { fields: Record<string, FieldJson> }> = {};
  for (const [name, table] of Object.entries(messages as Record<string, FieldTable>)) {
    const fields: Record<string, FieldJson> = {};
    for (const [field, [type, id]] of Object.entries(table))
      fields[field] = type.endsWith('*') ? { type: type.slice(0, -1), id, rule: 'repeated' } : { type, id };
    nested[name] = { fields };
  }
  return { nested };
}
