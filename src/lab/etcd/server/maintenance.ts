import { createHash } from 'node:crypto';
import { EtcdRefusal, EtcdCompactedError, type KeyValueStore } from '../../../etcd/index.ts';
import { GlobalctlError } from '../../../base/index.ts';
import type { Codecs } from '../../../etcd/wire/codec.ts';
import { toNumber } from '../../../etcd/wire/convert.ts';
import type { SentInt64, WireHeader } from '../../../etcd/wire/messages.ts';
import { boltFile, bucketsOf, hashBuckets, hashRevisions } from '../backend/index.ts';
import { imageOf, isMaintained, usageOf } from '../store-image.ts';
import { RAFT_TERM, type Identity } from './identity.ts';
import { presentRevision } from './present-revision.ts';
import type { Handlers } from './wire-methods.ts';

/** The version that the server gives as its own: one that the guide's releases ship (their etcd images are 3.5). */
export const VERSION = '3.5.21';

/** The size of an etcd without data: five pages of 4 KiB. */
const EMPTY_BYTES = 20_480;
/** Entries that a fresh member has in its log before the first change. */
const FIRST_ENTRIES = 3;
const ALARM_GET = 0;
const ALARM_ACTIVATE = 1;
/** etcd's pieces of a snapshot. */
const SNAPSHOT_PIECE_BYTES = 32 * 1024;

/** Answers about the member itself: its state, checksums, space and alarms. */
export function maintenanceHandlers(
  store: KeyValueStore,
  { memberId, header }: Identity,
  codecs: Codecs,
): Pick<Handlers, 'status' | 'hash' | 'hashKv' | 'defragment' | 'moveLeader' | 'alarm'> {
  const present = async (): Promise<{ header: WireHeader<SentInt64> }> => ({
    header: header(await presentRevision(store)),
  });
  return {
    status: async () => {
      const revision = await presentRevision(store);
      const { usedBytes, allocatedBytes } = await usageOf(store);
      return {
        header: header(revision),
        version: VERSION,
        dbSize: EMPTY_BYTES + allocatedBytes,
        leader: memberId,
        raftIndex: revision + FIRST_ENTRIES,
        raftTerm: RAFT_TERM,
        raftAppliedIndex: revision + FIRST_ENTRIES,
        errors: [],
        dbSizeInUse: EMPTY_BYTES + usedBytes,
        isLearner: false,
      };
    },
    hash: async () => ({ ...(await present()), hash: hashBuckets(await imageOf(store), codecs) }),
    hashKv: async (request) => {
      const image = await imageOf(store);
      const asked = toNumber(request.revision);
      if (asked > 0 && asked < image.compactRevision) throw new EtcdCompactedError(image.compactRevision);
      if (asked > image.revision)
        throw new GlobalctlError('ETCD_FUTURE_REVISION', { message: 'a future revision', found: String(asked) });
      const hash = hashRevisions(image, asked > 0 ? asked : image.revision, codecs);
      return { header: header(image.revision), hash, compactRevision: image.compactRevision };
    },
    defragment: async () => {
      if (isMaintained(store)) store.defragment();
      return present();
    },
    moveLeader: async ({ targetId }) => {
      // The one member leads already; there is no other.
      if (targetId.toString() !== memberId) throw new EtcdRefusal('FAILED_PRECONDITION', 'bad leader transferee');
      return present();
    },
    alarm: async ({ action = ALARM_GET }) => {
      // There is no quota here to be exceeded, and nothing that corrupts: no alarm is ever raised.
      if (action === ALARM_ACTIVATE) throw new EtcdRefusal('UNIMPLEMENTED', 'the lab raises no alarms');
      return { ...(await present()), alarms: [] };
    },
  };
}

/** What a snapshot's stream carries: the file in pieces, and at the end its SHA-256. */
export async function* snapshotPieces(
  store: KeyValueStore,
  { header }: Identity,
  codecs: Codecs,
): AsyncGenerator<{ header: WireHeader<SentInt64>; remainingBytes: number; blob: Uint8Array }> {
  const image = await imageOf(store);
  const { sizeBytes, parts } = boltFile(bucketsOf(image, codecs));
  const sha256 = createHash('sha256');
  const answer = { header: header(image.revision) };
  let remainingBytes = sizeBytes;
  for (const part of parts) {
    sha256.update(part);
    for (let at = 0; at < part.length; at += SNAPSHOT_PIECE_BYTES) {
      const blob = part.subarray(at, at + SNAPSHOT_PIECE_BYTES);
      remainingBytes -= blob.length;
      yield { ...answer, remainingBytes, blob };
    }
  }
  yield { ...answer, remainingBytes: 0, blob: sha256.digest() };
}
