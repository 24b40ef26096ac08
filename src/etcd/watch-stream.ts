import type { ClientDuplexStream } from '@grpc/grpc-js';
import { GlobalctlError } from '../base/index.ts';
import type { EtcdConnection } from './connection.ts';
import { fromGrpcError } from './grpc-errors.ts';
import {
  EtcdCompactedError,
  type Watch,
  type WatchBatch,
  type WatchEvent,
  type WatchRequest,
} from './key-value-store.ts';
import { headerRevision, keyValueFromWire, toNumber } from './wire/convert.ts';
import type { Int64, SentInt64, WireEvent, WireWatchRequest, WireWatchResponse } from './wire/messages.ts';
import { methods } from './wire/methods.ts';

/** Numbers of the protocol's enumerations: of events and of the filters that leave them out. */
const PUT = 0;
const DELETE = 1;

type WatchStream = ClientDuplexStream<WireWatchRequest<SentInt64>, WireWatchResponse<Int64>>;

/**
 * One watch on a gRPC stream of its own: HTTP/2 flow control then reaches back to the server, and a slow reader holds up
 * nobody else and fills no memory here.
 */
export function openWatch(connection: EtcdConnection, request: WatchRequest): Watch {
  const { key, rangeEnd, startRevision = 0, prevKv = false, progressNotify = false, signal } = request;
  const { noPut = false, noDelete = false } = request;
  const { stream, endpoint } = connection.stream(methods.watch);
  const cancel = (): void => stream.cancel();
  // A stream that is cancelled before anybody reads it would otherwise fail the process.
  stream.on('error', () => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', cancel));
  stream.write({
    createRequest: {
      key,
      ...(rangeEnd !== undefined && rangeEnd.length > 0 && { rangeEnd }),
      startRevision,
      prevKv,
      progressNotify,
      filters: [...(noPut ? [PUT] : []), ...(noDelete ? [DELETE] : [])],
      // A response larger than a server sends at once comes in pieces, instead of failing.
      fragment: true,
    },
  });
  const batches = readWatch(stream, endpoint, signal);
  return {
    requestProgress: () => void stream.write({ progressRequest: {} }),
    [Symbol.asyncIterator]: () => batches,
  };
}

async function* readWatch(stream: WatchStream, endpoint: string, signal: AbortSignal): AsyncGenerator<WatchBatch> {
  let pieces: WatchEvent[] = [];
  try {
    for await (const response of stream as AsyncIterable<WireWatchResponse<Int64>>) {
      if (response.canceled === true) throw cancelled(response, endpoint);
      if (response.created === true) continue;
      if (response.events.length === 0) {
        yield { events: [], revision: headerRevision(response.header), progress: true };
        continue;
      }
      const events = [...pieces, ...response.events.map(eventFromWire)];
      pieces = response.fragment === true ? events : [];
      if (response.fragment === true) continue;
      yield { events, revision: events[events.length - 1]?.kv.modRevision ?? 0 };
    }
    if (!signal.aborted)
      throw new GlobalctlError('ETCD_UNREACHABLE', { message: 'etcd ended the watch', subject: endpoint });
  } catch (error) {
    if (!signal.aborted) throw fromGrpcError(error, endpoint);
  } finally {
    stream.cancel();
  }
}

function eventFromWire(event: WireEvent<Int64>): WatchEvent {
  if (!event.kv) throw new GlobalctlError('ETCD_REQUEST', { message: 'etcd sent an event without a key' });
  return {
    type: event.type === DELETE ? 'delete' : 'put',
    kv: keyValueFromWire(event.kv),
    ...(event.prevKv && { prevKv: keyValueFromWire(event.prevKv) }),
  };
}

function cancelled(response: WireWatchResponse<Int64>, endpoint: string): GlobalctlError {
  const compactRevision = toNumber(response.compactRevision);
  if (compactRevision > 0) return new EtcdCompactedError(compactRevision);
  const reason = response.cancelReason === '' ? undefined : response.cancelReason;
  return new GlobalctlError('ETCD_REQUEST', {
    message: `etcd refused the watch: ${reason ?? 'no reason'}`,
    subject: endpoint,
  });
}
