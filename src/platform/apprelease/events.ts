import { createHash } from 'node:crypto';
import { describeObject, fieldAt, resources, type KubeObject } from '../../kube/index.ts';
import { OPERATOR_NAME, type OperatorContext } from './context.ts';
import { timestamp } from './status.ts';

/** The API server refuses longer ones. */
const LONGEST_MESSAGE = 1024;

/**
 * Says what happened to an object: in the log, and as an event that `kubectl describe` shows. The same event again is counted,
 * not repeated. Never fails: an event is not worth an installation.
 */
export async function announce(
  { client, clock, log }: OperatorContext,
  object: KubeObject,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
): Promise<void> {
  log(`${describeObject(object)}: ${event.message}`);
  const { name = '', namespace = 'default', uid } = object.metadata;
  const time = timestamp(clock.now());
  const { type, reason } = event;
  const message = event.message.slice(0, LONGEST_MESSAGE);
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
        source: { component: OPERATOR_NAME },
        firstTimestamp: time,
        lastTimestamp: time,
        count,
      });
  } catch {
    // Whatever the event was about goes on.
  }
}
