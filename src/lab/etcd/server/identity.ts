import { createHash } from 'node:crypto';
import type { SentInt64, WireHeader } from '../../../etcd/wire/messages.ts';

/** Fills the header of an answer with the revision of the store when it was given. */
export type HeaderFor = (revision: number) => WireHeader<SentInt64>;

/** Who answers: a cluster of one member. Ids are 64 bits in decimal. */
export interface Identity {
  readonly name: string;
  readonly clusterId: string;
  readonly memberId: string;
  readonly header: HeaderFor;
}

/** A fresh cluster of one member is in its second term: the first had no leader. */
export const RAFT_TERM = 2;

/** The first eight bytes of a hash, as etcd makes its ids. */
function idOf(text: string): string {
  return createHash('sha1').update(text).digest().readBigUInt64BE().toString();
}

/** The same name has the same ids, wherever it runs; members of the same name and another token are of another cluster. */
export function identify(name: string, clusterToken = ''): Identity {
  const [clusterId, memberId] = [idOf(`cluster of ${name}${clusterToken}`), idOf(`${name}${clusterToken}`)];
  return { name, clusterId, memberId, header: (revision) => ({ clusterId, memberId, revision, raftTerm: RAFT_TERM }) };
}
