import type { KubeObject } from '../../../kube/index.ts';
import { resources } from '../../../kube/index.ts';
import { timestamp } from './conditions.ts';
import type { ControllerEnvironment } from './environment.ts';

/**
 * Records a Kubernetes event about an object, as `kubectl describe` shows it. The same event again raises its count. An event
 * is an aid to people: one that cannot be written is not an error of the reconcile.
 */
export async function recordEvent(
  environment: ControllerEnvironment,
  component: string,
  about: KubeObject,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
): Promise<void> {
  const { client, clock, random, signal } = environment;
  const { namespace = 'default', name = '', uid = '', resourceVersion } = about.metadata;
  const eventName = `${name}.${random.uuid('event', uid, event.reason, event.message).replaceAll('-', '').slice(0, 16)}`;
  const now = timestamp(clock.now());
  try {
    const present = await client.find<KubeObject & { count?: number }>(
      resources.events,
      { name: eventName, namespace },
      signal,
    );
    if (present) {
      const body = { count: (present.count ?? 1) + 1, lastTimestamp: now };
      await client.patch(resources.events, { name: eventName, namespace }, { type: 'merge', body });
      return;
    }
    await client.create(resources.events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
      ...event,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  } catch (error) {
    if (!signal.aborted) environment.log(`event ${event.reason} about ${name} was not recorded: ${String(error)}`);
  }
}
