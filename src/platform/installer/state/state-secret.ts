import { GlobalctlError } from '../../../base/index.ts';
import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient, type KubeObject } from '../../../kube/index.ts';
import { parseState, type InstallerState } from './state.ts';

/** The Secret beside the installer's Pod that holds the sealed request and how far the work is. */
export const STATE_SECRET = 'cpaas-installer-state';
export const stateRef = { name: STATE_SECRET, namespace: PLATFORM_NAMESPACE } as const;

const STATE = 'state.json';
const REQUEST = 'request.sealed';

/** What the Secret held when it was read or written. */
export interface StoredState {
  readonly state: InstallerState;
  /** Gone once the installation is complete. */
  readonly sealed: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Throws INSTALLER_STATE_INVALID for a Secret that something else has written. */
export function decodeState(secret: KubeObject): StoredState {
  const text = (key: string): string | undefined => {
    const value = fieldAt(secret, 'data', key);
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
  };
  const state = parseState(text(STATE) ?? '');
  if (state === undefined)
    throw new GlobalctlError('INSTALLER_STATE_INVALID', {
      message: 'the state of the installer cannot be read',
      subject: `Secret ${PLATFORM_NAMESPACE}/${STATE_SECRET}, key ${STATE}`,
    });
  const { uid = '', resourceVersion = '' } = secret.metadata;
  return { state, sealed: text(REQUEST), uid, resourceVersion };
}

export async function readState(client: KubeClient, signal?: AbortSignal): Promise<StoredState | undefined> {
  const secret = await client.find(resources.secrets, stateRef, signal);
  return secret && decodeState(secret);
}

/**
 * Writes the state in place of `over`, or as the first one. Throws KUBE_API with reason Conflict, NotFound or AlreadyExists
 * when `over` is no longer what stands.
 */
export async function writeState(
  client: KubeClient,
  next: { readonly state: InstallerState; readonly sealed: string | undefined },
  over: StoredState | undefined,
  signal?: AbortSignal,
): Promise<StoredState> {
  const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...stateRef, ...(over && { uid: over.uid, resourceVersion: over.resourceVersion }) },
    type: 'Opaque',
    data: {
      [STATE]: encode(JSON.stringify(next.state)),
      ...(next.sealed !== undefined && { [REQUEST]: encode(next.sealed) }),
    },
  };
  const written =
    over === undefined
      ? await client.create(resources.secrets, secret, { signal })
      : await client.replace(resources.secrets, secret, { signal });
  return decodeState(written);
}
