import { randomBytes } from 'node:crypto';
import { resources, type KubeClient, type KubeObject } from '../../kube/index.ts';

/** Records an event about an object, as `kubectl describe` shows them. Never fails: an event is not worth an installation. */
export async function recordEvent(
  client: KubeClient,
  object: KubeObject,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  options: { readonly nowMs: number; readonly component: string },
): Promise<void> {
  const { name = '', namespace = 'default', uid } = object.metadata;
  const time = new Date(options.nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  await client
    .create(resources.events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        namespace,
        ...(uid !== undefined && { uid }),
      },
      type: event.type,
      reason: event.reason,
      // The API server refuses longer ones.
      message: event.message.slice(0, 1024),
      source: { component: options.component },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    })
    .catch(() => undefined);
}
