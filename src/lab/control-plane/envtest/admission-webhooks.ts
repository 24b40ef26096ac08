import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import {
  isKubeReason,
  fieldAt,
  type KubeClient,
  type KubeObject,
  type KubeStatus,
  type Resource,
} from '../../../kube/index.ts';
import { invalid, type Validator } from '../../apiserver/index.ts';
import { listenOnLoopback } from '../../network/index.ts';
import type { CertificateAuthority } from '../../pki/index.ts';

const CONFIGURATION = 'globalctl-lab';

export interface AdmissionWebhooks {
  /** Registers them with an API server; from then on it asks. */
  register(client: KubeClient): Promise<void>;
  close(): Promise<void>;
}

/** What the API server asks and is answered: the parts of `admission.k8s.io/v1` AdmissionReview that count here. */
interface Review {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

type Operation = Record<string, unknown>;

/**
 * Serves simulated admission webhooks as real ones: HTTPS on loopback, `/validate/<resource>` and `/mutate/<resource>` for each
 * qualified resource.
 */
export async function startAdmissionWebhooks(options: {
  readonly validators: Readonly<Record<string, Validator>>;
  readonly authority: CertificateAuthority;
  readonly log: (line: string) => void;
}): Promise<AdmissionWebhooks> {
  const { validators, authority, log } = options;
  const certificate = await authority.issue({
    commonName: 'admission-webhooks',
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
  });
  const server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem }, (request, response) => {
    answer(request, validators).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => {
        log(`admission webhook ${request.url ?? ''}: ${String(error)}`);
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
      },
    );
  });
  const url = `https://127.0.0.1:${String(await listenOnLoopback(server))}`;
  return {
    register: (client) => register({ client, validators, url, caPem: authority.certificatePem }),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function register(options: {
  client: KubeClient;
  validators: Readonly<Record<string, Validator>>;
  url: string;
  caPem: string;
}): Promise<void> {
  const { client, validators, url, caPem } = options;
  const webhook = (path: string, name: string, resource: string, operations: readonly string[]): object => {
    const dot = resource.indexOf('.');
    return {
      name,
      clientConfig: { url: `${url}/${path}/${resource}`, caBundle: Buffer.from(caPem).toString('base64') },
      rules: [
        {
          apiGroups: [resource.slice(dot + 1)],
          apiVersions: ['*'],
          resources: [resource.slice(0, dot)],
          operations,
          scope: '*',
        },
      ],
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    };
  };
  const entries = Object.entries(validators);
  const configurations: [Resource, object[]][] = [
    [
      configurationResource('MutatingWebhookConfiguration'),
      entries
        .filter(([, { mutate }]) => mutate)
        .map(([resource, { name }]) =>
          webhook('mutate', name.replace(/^validation\./, 'default.'), resource, ['CREATE', 'UPDATE']),
        ),
    ],
    [
      configurationResource('ValidatingWebhookConfiguration'),
      entries.map(([resource, { name }]) => webhook('validate', name, resource, ['CREATE', 'UPDATE', 'DELETE'])),
    ],
  ];
  for (const [resource, webhooks] of configurations) {
    if (webhooks.length === 0) continue;
    const { group, version, kind } = resource;
    const object = { apiVersion: `${group}/${version}`, kind, metadata: { name: CONFIGURATION }, webhooks };
    try {
      await client.create<KubeObject>(resource, object);
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
  }
}

function configurationResource(kind: string): Resource {
  const group = 'admissionregistration.k8s.io';
  return { group, version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: false };
}

async function answer(request: IncomingMessage, validators: Readonly<Record<string, Validator>>): Promise<object> {
  const [, action, resource = ''] = (request.url ?? '').split(/[/?]/);
  const validator = validators[resource];
  if (!validator) throw new Error(`no webhook for ${resource}`);
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const review = parseReview(JSON.parse(text) as unknown);
  const response = action === 'mutate' ? mutate(validator, review) : await validate(validator, review);
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: review.uid, ...response } };
}

function parseReview(body: unknown): Review {
  const field = (name: string): unknown => fieldAt(body, 'request', name) ?? undefined;
  return {
    uid: String(field('uid')),
    operation: field('operation') as Review['operation'],
    object: field('object') as KubeObject | undefined,
    old: field('oldObject') as KubeObject | undefined,
  };
}

async function validate(validator: Validator, { operation, object, old }: Review): Promise<object> {
  // Of what is deleted there is only the old object.
  const subject = object ?? old;
  if (!subject) throw new Error('a review without an object');
  const refusal = await validator.validate(operation, subject, old);
  if (refusal === undefined || refusal.length === 0) return { allowed: true };
  if (typeof refusal === 'string') return denied({ code: 403, reason: 'Forbidden', message: refusal });
  const [group = ''] = subject.apiVersion.split('/');
  return denied(invalid({ group, kind: subject.kind }, subject.metadata.name ?? '', refusal).status);
}

function denied(status: Partial<KubeStatus>): object {
  return { allowed: false, status };
}

/** The changes as a JSON patch of whole top-level fields. */
function mutate(validator: Validator, { object }: Review): object {
  if (!object || !validator.mutate) return { allowed: true };
  const changed = structuredClone(object);
  validator.mutate(changed);
  const patch = Object.entries(changed)
    .filter(([field, value]) => !isDeepStrictEqual(value, object[field]))
    .map(([field, value]): Operation => ({ op: 'add', path: `/${field}`, value }));
  if (patch.length === 0) return { allowed: true };
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}
