import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const HOST_PORT = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;
const CIDR = /^(?:\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}|[0-9a-fA-F:]+\/\d{1,3})(?:,(?:[0-9a-fA-F:.]+\/\d{1,3}))?$/;

const base64 = z.string().regex(BASE64, 'must be base64 without line breaks');
const text = z.string().min(1);
const port = z.number().int().min(1).max(65535);

const thirdParty = z
  .object({ certificate: base64.min(1), privateKey: base64.min(1) })
  .catchall(z.string())
  .superRefine(({ certificate, privateKey }, context) => {
    const fault = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    let chain: X509Certificate;
    try {
      chain = new X509Certificate(Buffer.from(certificate, 'base64'));
    } catch {
      fault('certificate', 'is not the base64 of a PEM certificate');
      return;
    }
    if (new Date(chain.validTo).getTime() < Date.now()) fault('certificate', `has expired on ${chain.validTo}`);
    try {
      if (!chain.checkPrivateKey(createPrivateKey(Buffer.from(privateKey, 'base64'))))
        fault('privateKey', 'does not belong to the certificate');
    } catch {
      fault('privateKey', 'is not the base64 of a PEM private key');
    }
  });

/** Body of `POST /cpaas-installer/api/config/dcs` (guide step 8). One path and one shape for every provider. */
export const requestSchema = z.strictObject({
  basic: z.strictObject({ username: text, password: base64.min(1) }),
  registry: z.strictObject({
    domain: z.string().regex(HOST_PORT, 'must be HOST:PORT, without scheme and path'),
    username: z.string(),
    password: base64,
  }),
  console: z.strictObject({
    host: z.array(text),
    globalHost: text,
    httpPort: port,
    httpsPort: port,
    cert: z.union([z.strictObject({ selfSigned: z.strictObject({}) }), z.strictObject({ thirdParty })], {
      error: 'must be {"selfSigned": {}} or {"thirdParty": {"certificate", "privateKey"}}',
    }),
  }),
  /** DCS (and bare metal) only; vSphere and HCS take endpoint and networks from their manifest. */
  cluster: z
    .strictObject({
      clusterCIDR: z.string().regex(CIDR, 'must be a CIDR'),
      serviceCIDR: z.string().regex(CIDR, 'must be a CIDR'),
      features: z.strictObject({
        ha: z.strictObject({ vip: text, vport: port, isThirdParty: z.boolean() }),
      }),
    })
    .optional(),
  product: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be a product name'))
    .refine((list) => list.includes('base'), 'must contain base'),
  deployMode: z.enum(['normal', 'base']),
  hostIP: z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' }),
});

export type InstallerRequest = z.infer<typeof requestSchema>;

/** A fault of a request body; `pointer` is a JSON pointer (RFC 6901). */
export interface RequestFault {
  readonly pointer: string;
  readonly message: string;
}

export function parseRequest(
  body: unknown,
): { readonly ok: true; readonly request: InstallerRequest } | { readonly ok: false; readonly faults: RequestFault[] } {
  const result = requestSchema.safeParse(body);
  if (result.success) return { ok: true, request: result.data };
  return { ok: false, faults: result.error.issues.flatMap(faultsOf) };
}

function faultsOf(issue: z.core.$ZodIssue): RequestFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: 'unknown field' }));
  // A union reports the faults of its branches inside; the branch that the body chose has those worth reading.
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.find((branch) => branch.some((i) => i.path.length > 1));
    if (inner !== undefined) return inner.flatMap((i) => faultsOf({ ...i, path: [...issue.path, ...i.path] }));
  }
  return [{ pointer: pointerOf(issue.path), message: issue.message }];
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The secrets of a request in every form in which they could show up in a log. */
export function secretsOf(request: InstallerRequest): string[] {
  const decoded = (value: string): string => Buffer.from(value, 'base64').toString('utf8');
  const values = [request.basic.password, request.registry.password];
  if ('thirdParty' in request.console.cert) values.push(...Object.values(request.console.cert.thirdParty));
  return values.filter((v) => v !== '').flatMap((v) => [v, decoded(v)]);
}
