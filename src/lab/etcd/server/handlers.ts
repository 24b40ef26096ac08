import { EtcdRefusal, type KeyValueStore } from '../../../etcd/index.ts';
import {
  deleteRangeFromWire,
  deleteRangeResponseToWire,
  putFromWire,
  putResponseToWire,
  rangeFromWire,
  rangeResponseToWire,
  toNumber,
} from '../../../etcd/wire/convert.ts';
import { txnFromWire, txnResponseToWire } from '../../../etcd/wire/convert-txn.ts';
import type { SentInt64, WireHeader } from '../../../etcd/wire/messages.ts';
import type { Identity } from './identity.ts';
import { presentRevision } from './present-revision.ts';
import type { Handlers } from './wire-methods.ts';

/** Answers to questions of keys, leases, the cluster and its users. `clientUrls` are those that the member tells. */
export function storeHandlers(
  store: KeyValueStore,
  { name, memberId, header }: Identity,
  clientUrls: () => readonly string[],
): Pick<
  Handlers,
  | ('range' | 'put' | 'deleteRange' | 'txn' | 'compact')
  | ('leaseGrant' | 'leaseRevoke' | 'leaseTimeToLive' | 'leaseLeases')
  | ('memberList' | 'authStatus' | 'authenticate')
> {
  const answered = <T extends { header?: WireHeader<SentInt64> | null }>(wire: T, revision: number): T => ({
    ...wire,
    header: header(revision),
  });
  const present = async (): Promise<{ header: WireHeader<SentInt64> }> => ({
    header: header(await presentRevision(store)),
  });
  return {
    range: async (request) => {
      const response = await store.range(rangeFromWire(request));
      return answered(rangeResponseToWire(response), response.revision);
    },
    put: async (request) => {
      const response = await store.put(putFromWire(request));
      return answered(putResponseToWire(response), response.revision);
    },
    deleteRange: async (request) => {
      const response = await store.deleteRange(deleteRangeFromWire(request));
      return answered(deleteRangeResponseToWire(response), response.revision);
    },
    txn: async (request) => {
      const response = await store.txn(txnFromWire(request));
      return answered(txnResponseToWire(response), response.revision);
    },
    compact: async ({ revision, physical }) => {
      await store.compact(toNumber(revision), { physical });
      return present();
    },
    leaseGrant: async ({ id, ttl }) => {
      const lease = await store.leases.grant({ ttlSeconds: toNumber(ttl), id: id.toString() });
      return { ...(await present()), id: lease.id, ttl: lease.ttlSeconds };
    },
    leaseRevoke: async ({ id }) => {
      await store.leases.revoke(id.toString());
      return present();
    },
    leaseTimeToLive: async ({ id, keys }) => {
      const lease = await store.leases.state(id.toString());
      // So etcd answers about a lease that it does not know.
      if (!lease) return { ...(await present()), id: id.toString(), ttl: -1, grantedTtl: 0, keys: [] };
      const { remainingSeconds: ttl, grantedTtlSeconds: grantedTtl } = lease;
      return { ...(await present()), id: lease.id, ttl, grantedTtl, keys: keys ? [...lease.keys] : [] };
    },
    leaseLeases: async () => ({ ...(await present()), leases: (await store.leases.ids()).map((id) => ({ id })) }),
    memberList: async () => ({
      ...(await present()),
      // There are no peers to be reached, and the one member needs no address for them.
      members: [{ id: memberId, name, peerUrls: [], clientUrls: [...clientUrls()] }],
    }),
    authStatus: async () => ({ ...(await present()), enabled: false, authRevision: 1 }),
    authenticate: () => Promise.reject(new EtcdRefusal('FAILED_PRECONDITION', 'authentication is not enabled')),
  };
}
