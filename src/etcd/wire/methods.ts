import { method } from './codec.ts';
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
} from './messages.ts';

/** The methods that the client calls; the types are what it sends and what it receives. */
export const methods = {
  range: method<WireRangeRequest<SentInt64>, WireRangeResponse<Int64>>(
    '/etcdserverpb.KV/Range',
    'RangeRequest',
    'RangeResponse',
  ),
  put: method<WirePutRequest<SentInt64>, WirePutResponse<Int64>>('/etcdserverpb.KV/Put', 'PutRequest', 'PutResponse'),
  deleteRange: method<WireDeleteRangeRequest, WireDeleteRangeResponse<Int64>>(
    '/etcdserverpb.KV/DeleteRange',
    'DeleteRangeRequest',
    'DeleteRangeResponse',
  ),
  txn: method<WireTxnRequest<SentInt64>, WireTxnResponse<Int64>>('/etcdserverpb.KV/Txn', 'TxnRequest', 'TxnResponse'),
  compact: method<{ revision: number; physical: boolean }, { header?: WireHeader<Int64> | null }>(
    '/etcdserverpb.KV/Compact',
    'CompactionRequest',
    'CompactionResponse',
  ),
  watch: method<WireWatchRequest<SentInt64>, WireWatchResponse<Int64>>(
    '/etcdserverpb.Watch/Watch',
    'WatchRequest',
    'WatchResponse',
  ),
  leaseGrant: method<{ id: SentInt64; ttl: number }, { id: Int64; ttl: Int64 }>(
    '/etcdserverpb.Lease/LeaseGrant',
    'LeaseGrantRequest',
    'LeaseGrantResponse',
  ),
  leaseRevoke: method<{ id: SentInt64 }, object>(
    '/etcdserverpb.Lease/LeaseRevoke',
    'LeaseRevokeRequest',
    'LeaseRevokeResponse',
  ),
  leaseKeepAlive: method<{ id: SentInt64 }, { id: Int64; ttl: Int64 }>(
    '/etcdserverpb.Lease/LeaseKeepAlive',
    'LeaseKeepAliveRequest',
    'LeaseKeepAliveResponse',
  ),
  leaseTimeToLive: method<
    { id: SentInt64; keys: boolean },
    { id: Int64; ttl: Int64; grantedTtl: Int64; keys: Uint8Array[] }
  >('/etcdserverpb.Lease/LeaseTimeToLive', 'LeaseTimeToLiveRequest', 'LeaseTimeToLiveResponse'),
  leaseLeases: method<object, { leases: { id: Int64 }[] }>(
    '/etcdserverpb.Lease/LeaseLeases',
    'LeaseLeasesRequest',
    'LeaseLeasesResponse',
  ),
  status: method<object, WireStatusResponse<Int64>>(
    '/etcdserverpb.Maintenance/Status',
    'StatusRequest',
    'StatusResponse',
  ),
} as const;
