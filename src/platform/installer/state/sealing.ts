import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { GlobalctlError } from '../../../base/index.ts';
import { isKubeReason, PLATFORM_NAMESPACE, resources, textAt, type KubeClient } from '../../../kube/index.ts';

/** Holds the key that requests are sealed with; made by the first replica that needs it. */
export const KEY_SECRET = 'cpaas-installer-key';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals requests, whose passwords the state must not show, with AES-256-GCM, and fingerprints them with HMAC-SHA-256. The key
 * is in a Secret of its own: the state alone (in an archive, a support bundle, on a screen) gives nothing away.
 */
export class RequestSeal {
  readonly #sealing: Buffer;
  readonly #fingerprinting: Buffer;

  constructor(key: Buffer) {
    const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', use, KEY_BYTES));
    this.#sealing = derive('cpaas-installer request');
    this.#fingerprinting = derive('cpaas-installer fingerprint');
  }

  /** Equal for requests that say the same, whatever the order of their keys. */
  fingerprint(request: unknown): string {
    return createHmac('sha256', this.#fingerprinting).update(canonicalJson(request)).digest('hex');
  }

  /** Base64 of nonce, tag and cipher text; opens only under the same `requestId`. */
  seal(request: unknown, requestId: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, nonce).setAAD(Buffer.from(requestId));
    const text = Buffer.concat([cipher.update(JSON.stringify(request), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  }

  /** Throws INSTALLER_STATE_INVALID when the seal is broken or of another key. */
  open(sealed: string, requestId: string): unknown {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealing, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(requestId))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString('utf8')) as unknown;
    } catch (cause) {
      throw new GlobalctlError('INSTALLER_STATE_INVALID', {
        message: 'the request that the installer keeps cannot be opened with its key',
        subject: `Secret ${PLATFORM_NAMESPACE}/${KEY_SECRET}`,
        cause,
      });
    }
  }
}

/** The seal whose key the cluster keeps. Of several replicas that make one at the same time one wins, and all take its key. */
export async function loadSeal(client: KubeClient, signal?: AbortSignal): Promise<RequestSeal> {
  const ref = { name: KEY_SECRET, namespace: PLATFORM_NAMESPACE };
  let secret = await client.find(resources.secrets, ref, signal);
  if (secret === undefined)
    try {
      secret = await client.create(
        resources.secrets,
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: ref,
          type: 'Opaque',
          data: { key: randomBytes(KEY_BYTES).toString('base64') },
        },
        { signal },
      );
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
      secret = await client.get(resources.secrets, ref, signal);
    }
  const key = Buffer.from(textAt(secret, 'data', 'key') ?? '', 'base64');
  if (key.length >= KEY_BYTES) return new RequestSeal(key);
  throw new GlobalctlError('INSTALLER_STATE_INVALID', {
    message: 'the key of the installer is damaged',
    subject: `Secret ${PLATFORM_NAMESPACE}/${KEY_SECRET}, key "key"`,
    expected: `${String(KEY_BYTES)} bytes`,
    found: String(key.length),
    hint: 'Delete the Secret and send the request again.',
  });
}

function canonicalJson(value: unknown): string {
  const ordered = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(ordered);
    if (v === null || typeof v !== 'object') return v;
    const entries = Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([key, inner]) => [key, ordered(inner)]);
  };
  return JSON.stringify(ordered(value));
}
