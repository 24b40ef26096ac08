import { MAX_REQUEST_BYTES } from '../request-size.ts';
import type { SentInt64, WireEvent, WireKeyValue, WireWatchResponse } from '../../../etcd/wire/messages.ts';

/** A response of this size is cut for a watch that asked for fragments: what etcd takes for a request, with the message around it. */
const FRAGMENT_BYTES = MAX_REQUEST_BYTES + 512 * 1024;
/** Revisions, version, lease and the tags of one state, at most. */
const STATE_OVERHEAD_BYTES = 64;

function stateBytes(kv: WireKeyValue<SentInt64> | null | undefined): number {
  return kv ? kv.key.length + kv.value.length + STATE_OVERHEAD_BYTES : 0;
}

function eventBytes({ kv, prevKv }: WireEvent<SentInt64>): number {
  return stateBytes(kv) + stateBytes(prevKv);
}

/** Cuts a response that is too large into several with at least one event each; all but the last say that more follows. */
export function fragments(response: WireWatchResponse<SentInt64>): WireWatchResponse<SentInt64>[] {
  const runs: WireEvent<SentInt64>[][] = [[]];
  let bytes = 0;
  for (const event of response.events) {
    const own = eventBytes(event);
    if (bytes > 0 && bytes + own >= FRAGMENT_BYTES) {
      runs.push([]);
      bytes = 0;
    }
    (runs[runs.length - 1] as WireEvent<SentInt64>[]).push(event);
    bytes += own;
  }
  return runs.map((events, index) => ({ ...response, events, fragment: index < runs.length - 1 }));
}
