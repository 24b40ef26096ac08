import type { KubeObject } from './object.ts';

/** A healthy import leaves this label on the Cluster of the cluster that took it over (troubleshooting pages). */
export const IMPORTED_LABEL = 'capi.cpaas.io/imported';

/** Marks what was carried over through the API, with the uid of the object that it was made from. */
export const IMPORTED_FROM = 'installer.cpaas.io/imported-from-uid';

/** Whether an object is the counterpart of one of another cluster: a copy of its key, or made from it through the API. */
export function isCounterpart(object: KubeObject, uid: string): boolean {
  return object.metadata.uid === uid || object.metadata.annotations?.[IMPORTED_FROM] === uid;
}
