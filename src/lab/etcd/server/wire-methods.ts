import type { MessageName } from '../../../etcd/wire/descriptor.ts';
import type {
  Int64,
  SentInt64,
  WireDeleteRangeRequest,
  WireDeleteRangeResponse,
  WireHeader,
  WirePutRequest,
  WirePutResponse,
  WireRangeRequest,
  WireRangeResponse,
  WireStatusResponse,
  WireTxnRequest,
  WireTxnResponse,
  WireWatchRequest,
  WireWatchResponse,
} from '../../../etcd/wire/messages.ts';

/** A method as the server sees it: what it reads, and what it sends, one of each or streams of them. */
export interface ServedMethod<Request, Response> {
  readonly path: string;
  readonly request: MessageName;
  readonly response: MessageName;
  readonly streams: 'none' | 'responses' | 'both';
  /** Never set: carries the types. */
  readonly types?: { readonly request: Request; readonly response: Response };
}

type Header = { header: WireHeader<SentInt64> };

function unary<Request, Response>(path: string, name: string): ServedMethod<Request, Response> {
  return {
    path: `/etcdserverpb.${path}`,
    request: `${name}Request` as MessageName,
    response: `${name}Response` as MessageName,
    streams: 'none',
  };
}

function duplex<Request, Response>(path: string, name: string): ServedMethod<Request, Response> {
  return { ...unary<Request, Response>(path, name), streams: 'both' };
}

function responses<Request, Response>(path: string, name: string): ServedMethod<Request, Response> {
  return { ...unary<Request, Response>(path, name), streams: 'responses' };
}

interface Lease<I> {
  id: I;
}

interface Member {
  id: SentInt64;
  name: string;
  peerUrls: string[];
  clientUrls: string[];
}

export const served = {
  range: unary<WireRangeRequest<Int64>, WireRangeResponse<SentInt64>>('KV/Range', 'Range'),
  put: unary<WirePutRequest<Int64>, WirePutResponse<SentInt64>>('KV/Put', 'Put'),
  deleteRange: unary<WireDeleteRangeRequest, WireDeleteRangeResponse<SentInt64>>('KV/DeleteRange', 'DeleteRange'),
  txn: unary<WireTxnRequest<Int64>, WireTxnResponse<SentInt64>>('KV/Txn', 'Txn'),
  compact: unary<{ revision: Int64; physical: boolean }, Header>('KV/Compact', 'Compaction'),
  watch: duplex<WireWatchRequest<Int64>, WireWatchResponse<SentInt64>>('Watch/Watch', 'Watch'),
  leaseGrant: unary<Lease<Int64> & { ttl: Int64 }, Header & Lease<SentInt64> & { ttl: SentInt64 }>(
    'Lease/LeaseGrant',
    'LeaseGrant',
  ),
  leaseRevoke: unary<Lease<Int64>, Header>('Lease/LeaseRevoke', 'LeaseRevoke'),
  leaseKeepAlive: duplex<Lease<Int64>, Header & Lease<SentInt64> & { ttl: SentInt64 }>(
    'Lease/LeaseKeepAlive',
    'LeaseKeepAlive',
  ),
  leaseTimeToLive: unary<
    Lease<Int64> & { keys: boolean },
    Header & Lease<SentInt64> & { ttl: SentInt64; grantedTtl: SentInt64; keys: Uint8Array[] }
  >('Lease/LeaseTimeToLive', 'LeaseTimeToLive'),
  leaseLeases: unary<object, Header & { leases: Lease<SentInt64>[] }>('Lease/LeaseLeases', 'LeaseLeases'),
  status: unary<object, WireStatusResponse<SentInt64>>('Maintenance/Status', 'Status'),
  hash: unary<object, Header & { hash: number }>('Maintenance/Hash', 'Hash'),
  hashKv: unary<{ revision: Int64 }, Header & { hash: number; compactRevision: SentInt64 }>(
    'Maintenance/HashKV',
    'HashKV',
  ),
  snapshot: responses<object, Header & { remainingBytes: SentInt64; blob: Uint8Array }>(
    'Maintenance/Snapshot',
    'Snapshot',
  ),
  defragment: unary<object, Header>('Maintenance/Defragment', 'Defragment'),
  moveLeader: unary<{ targetId: Int64 }, Header>('Maintenance/MoveLeader', 'MoveLeader'),
  alarm: unary<{ action?: number }, Header & { alarms: object[] }>('Maintenance/Alarm', 'Alarm'),
  memberList: unary<object, Header & { members: Member[] }>('Cluster/MemberList', 'MemberList'),
  authStatus: unary<object, Header & { enabled: boolean; authRevision: SentInt64 }>('Auth/AuthStatus', 'AuthStatus'),
  authenticate: unary<{ name: string; password: string }, Header & { token: string }>(
    'Auth/Authenticate',
    'Authenticate',
  ),
} as const;

export type RequestOf<M> = M extends ServedMethod<infer Request, unknown> ? Request : never;
export type ResponseOf<M> = M extends ServedMethod<unknown, infer Response> ? Response : never;

/** How each method of one question and one answer is answered. */
export type Handlers = {
  readonly [M in Exclude<keyof typeof served, 'watch' | 'leaseKeepAlive' | 'snapshot'>]: (
    request: RequestOf<(typeof served)[M]>,
  ) => Promise<ResponseOf<(typeof served)[M]>>;
};
