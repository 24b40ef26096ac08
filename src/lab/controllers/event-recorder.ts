import { createHash } from 'node:crypto';
import type { Clock } from '../../base/index.ts';
import { resources, type KubeClient, type KubeObject } from '../../kube/index.ts';
import { timestamp } from './conditions.ts';

/** See {@link EventRecorder.mark}. */
export interface EventMark {
  readonly suffix: string;
}

/** Writes Events about objects, as `kubectl describe` shows them. Repetitions raise the count of the Event that stands. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #component: string;
  readonly #clock: Clock;
  readonly #host: string | undefined;
  /** What has been recorded: the name of its Event and how often. */
  readonly #seen = new Map<string, { readonly eventName: string; readonly count: number }>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { client: KubeClient; component: string; clock: Clock; host?: string }) {
    this.#client = options.client;
    this.#component = options.component;
    this.#clock = options.clock;
    this.#host = options.host;
  }

  /** `mark`: lists the Event among those of the moment when it was taken. */
  normal(object: KubeObject, reason: string, message: string, mark?: EventMark): void {
    this.#record(object, { type: 'Normal', reason, message, mark });
  }

  /** A place in the order of Events for one that can be told only later, when its consequences may have been told already. */
  mark(): EventMark {
    return { suffix: nextSuffix(this.#clock.now()) };
  }

  warning(object: KubeObject, reason: string, message: string): void {
    this.#record(object, { type: 'Warning', reason, message });
  }

  /** Resolves when everything recorded so far has been written (or could not be: an Event is never worth a failure). */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #record(
    object: KubeObject,
    event: {
      readonly type: string;
      readonly reason: string;
      readonly message: string;
      readonly mark?: EventMark | undefined;
    },
  ): void {
    const { type, reason, message, mark } = event;
    const { name = '', uid = '' } = object.metadata;
    // Events about cluster-scoped objects live in the default namespace.
    const namespace = object.metadata.namespace ?? 'default';
    const id = createHash('sha256')
      .update([this.#component, object.kind, namespace, name, uid, type, reason, message].join('\u0000'))
      .digest('hex')
      .slice(0, 16);
    const now = timestamp(this.#clock);
    const seen = this.#seen.get(id);
    const count = (seen?.count ?? 0) + 1;
    const eventName = seen?.eventName ?? `${name}.${mark?.suffix ?? nextSuffix(this.#clock.now())}`;
    this.#seen.set(id, { eventName, count });
    this.#writing = this.#writing
      .then(() => {
        if (seen)
          return this.#client.patch(
            resources.events,
            { name: eventName, namespace },
            { type: 'merge', body: { count, lastTimestamp: now } },
          );
        return this.#client.create(resources.events, {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: eventName, namespace },
          involvedObject: {
            apiVersion: object.apiVersion,
            kind: object.kind,
            name,
            ...(object.metadata.namespace !== undefined && { namespace }),
            uid,
            ...(object.metadata.resourceVersion !== undefined && { resourceVersion: object.metadata.resourceVersion }),
          },
          type,
          reason,
          message,
          count,
          firstTimestamp: now,
          lastTimestamp: now,
          source: { component: this.#component, ...(this.#host !== undefined && { host: this.#host }) },
          reportingComponent: this.#component,
          reportingInstance: this.#host ?? '',
        });
      })
      .then(
        () => undefined,
        () => undefined,
      );
  }
}

let lastNanoseconds = 0n;

/**
 * The time in nanoseconds as hexadecimal digits, never the same twice: what client-go's recorder appends to the object's name, so
 * that Events of one second list in the order in which they happened.
 */
function nextSuffix(nowMs: number): string {
  const now = BigInt(Math.trunc(nowMs)) * 1_000_000n;
  lastNanoseconds = now > lastNanoseconds ? now : lastNanoseconds + 1n;
  return lastNanoseconds.toString(16);
}
