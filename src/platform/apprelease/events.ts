import { createHash } from 'node:crypto';
import { fieldAt, resources, type KubeClient, type KubeObject } from '../../kube/index.ts';

/**
 * Records an event about an object, as `kubectl describe` shows them; the same event again is counted, not repeated. Never fails:
 * an event is not worth an installation.
 */
export async function recordEvent(
  client: KubeClient,
  object: KubeObject,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  options: { readonly nowMs: number; readonly component: string },
): Promise<void> {
  const { name = '', namespace = 'default', uid } = object.metadata;
  const time = new Date(options.nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const { type, reason } = event;
  // The API server refuses longer ones.
  const message = event.message.slice(0, 1024);
  const key = createHash('sha256').update([uid, type, reason, message].join('\u0000')).digest('hex');
  const ref = { name: `${name}.${key.slice(0, 16)}`, namespace };
  try {
    const known = await client.find(resources.events, ref);
    const count = Number(fieldAt(known, 'count') ?? 0) + 1;
    if (known) await client.patch(resources.events, ref, { type: 'merge', body: { count, lastTimestamp: time } });
    else
      await client.create(resources.events, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: ref,
        involvedObject: {
          apiVersion: object.apiVersion,
          kind: object.kind,
          name,
          namespace,
          ...(uid !== undefined && { uid }),
        },
        type,
        reason,
        message,
        source: { component: options.component },
        firstTimestamp: time,
        lastTimestamp: time,
        count,
      });
  } catch {
    // Whatever the event was about goes on.
  }
}
