import { createHash } from 'node:crypto';
import {
  fieldAt,
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import type { InstallerRequest } from './request.ts';

/** The Secret beside the installer's Pod that holds the request and how far the work is. */
export const STATE_SECRET = 'cpaas-installer-state';

export type PhaseState = 'Pending' | 'Active' | 'Stalled' | 'Done';

export interface PhaseRecord {
  readonly id: string;
  readonly title: string;
  state: PhaseState;
  attempts: number;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  /** What the phase waits for at present. */
  message?: string | undefined;
  lastError?: string | undefined;
}

export interface InstallerState {
  readonly request: InstallerRequest;
  readonly requestHash: string;
  readonly acceptedAt: string;
  completedAt?: string | undefined;
  readonly phases: PhaseRecord[];
}

/** Equal for bodies that say the same, whatever the order of their keys. */
export function hashRequest(request: InstallerRequest): string {
  const ordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ordered);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, v]) => [k, ordered(v)]),
    );
  };
  return createHash('sha256')
    .update(JSON.stringify(ordered(request)))
    .digest('hex');
}

/** Keeps the state in the cluster. Writes are in order; each write stands before the next step begins. */
export class StateStore {
  readonly #client: KubeClient;
  #version: string | undefined;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async load(signal?: AbortSignal): Promise<InstallerState | undefined> {
    const secret = await this.#client.find(
      resources.secrets,
      { name: STATE_SECRET, namespace: PLATFORM_NAMESPACE },
      signal,
    );
    this.#version = secret?.metadata.resourceVersion;
    const data = fieldAt(secret, 'data', 'state.json');
    if (typeof data !== 'string') return undefined;
    return JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as InstallerState;
  }

  /** Throws KUBE_API (Conflict) when another installer has written since: it then owns the work. */
  async save(state: InstallerState, signal?: AbortSignal): Promise<void> {
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: STATE_SECRET,
        namespace: PLATFORM_NAMESPACE,
        ...(this.#version !== undefined && { resourceVersion: this.#version }),
      },
      type: 'Opaque',
      data: { 'state.json': Buffer.from(JSON.stringify(state), 'utf8').toString('base64') },
    };
    const written =
      this.#version === undefined
        ? await this.#client.create(resources.secrets, secret, { signal })
        : await this.#client.replace(resources.secrets, secret, { signal });
    this.#version = written.metadata.resourceVersion;
  }
}

/** Whether a failed write of the state means that another installer has taken over. */
export function isTakenOver(error: unknown): boolean {
  return isKubeReason(error, 'Conflict', 'AlreadyExists');
}
