import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { GlobalctlError } from '../../base/index.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const SECRET_KEY = /^[-._a-zA-Z0-9]{1,253}$/;

const base64 = z.string().regex(BASE64, 'must be base64 without line breaks');
const text = z.string().min(1, 'must not be empty');
const port = z.number().int().min(1).max(65535);

/** Guide step 8: the bare text. A line end that `echo` left behind would become a part of the password. */
const password = z.string().refine((value) => {
  const bytes = Buffer.from(value, 'base64');
  const decoded = bytes.toString('utf8');
  return BASE64.test(value) && Buffer.from(decoded, 'utf8').equals(bytes) && !/[\r\n\0]/.test(decoded);
}, 'must be the base64 of plain text without a line end (printf %s TEXT | base64 -w0)');

const address = z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' });
const host = z.string().refine(isHost, 'must be a host name or an IP address, without scheme, port and path');

const hostPort = z.string().refine((value) => {
  const [, name = '', number = ''] = /^(?:\[(?=.*:)(.+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value)?.filter(Boolean) ?? [];
  return isHost(name) && Number(number) >= 1 && Number(number) <= 65_535;
}, 'must be HOST:PORT, without scheme and path');

/** One network, or one of each family for dual stack. */
const networks = z.string().refine((value) => {
  const parsed = parseNetworks(value);
  if (parsed === undefined) return false;
  const families = new Set(parsed.map(([ip]) => ip.kind()));
  return parsed.length <= 2 && families.size === parsed.length;
}, 'must be a CIDR, or two of different families with a comma between them');

const thirdParty = z
  .object({ certificate: base64.min(1, 'must not be empty'), privateKey: base64.min(1, 'must not be empty') })
  .catchall(z.string())
  .superRefine((values, context) => {
    for (const key of Object.keys(values))
      if (!SECRET_KEY.test(key))
        context.addIssue({
          code: 'custom',
          path: [key],
          message: 'cannot be a key of a Secret: letters, digits, - _ .',
        });
  });

const cluster = z
  .strictObject({
    clusterCIDR: networks,
    serviceCIDR: networks,
    features: z.strictObject({
      ha: z.strictObject({
        vip: host,
        vport: port,
        isThirdParty: z.literal(true, { error: 'must be true: nothing here would bring the VIP up' }),
      }),
    }),
  })
  .superRefine(({ clusterCIDR, serviceCIDR, features }, context) => {
    const [pods, services] = [parseNetworks(clusterCIDR) ?? [], parseNetworks(serviceCIDR) ?? []];
    if (pods.some((a) => services.some((b) => overlap(a, b))))
      context.addIssue({ code: 'custom', path: ['serviceCIDR'], message: 'overlaps clusterCIDR' });
    const { vip } = features.ha;
    if (ipaddr.isValid(vip) && [...pods, ...services].some((n) => contains(n, vip)))
      context.addIssue({
        code: 'custom',
        path: ['features', 'ha', 'vip'],
        message: 'lies in a network of the cluster',
      });
  });

/** Body of `POST /cpaas-installer/api/config/dcs` (guide step 8). One path and one shape for every provider. */
export const requestSchema = z.strictObject({
  basic: z
    .strictObject({ username: text, password: password.min(1, 'must not be empty') })
    .describe('The administrator of the platform.'),
  registry: z
    .strictObject({ domain: hostPort, username: z.string(), password })
    .refine((r) => (r.username === '') === (r.password === ''), {
      path: ['password'],
      error: 'user name and password belong together: both, or both empty',
    })
    .describe('The platform registry; user name and password are empty where it has no login.'),
  console: z
    .strictObject({
      host: z.array(host).describe('The local HA VIP for DCS; empty for vSphere and HCS.'),
      globalHost: host.describe('The platform access address.'),
      httpPort: port,
      httpsPort: port,
      cert: z.union([z.strictObject({ selfSigned: z.strictObject({}) }), z.strictObject({ thirdParty })], {
        error: 'must be {"selfSigned": {}} or {"thirdParty": {"certificate", "privateKey"}}',
      }),
    })
    .refine((c) => c.httpPort !== c.httpsPort, { path: ['httpsPort'], error: 'is the httpPort, too' })
    .superRefine(({ host: hosts, globalHost }, context) => {
      for (const [index, value] of hosts.entries())
        if (value === globalHost && !ipaddr.isValid(value))
          context.addIssue({
            code: 'custom',
            path: ['host', index],
            message: 'must not be the platform domain, which goes into globalHost',
          });
    }),
  cluster: cluster.optional().describe('DCS only; vSphere and HCS take endpoint and networks from their manifest.'),
  product: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a product name'))
    .refine((list) => list.includes('base'), 'must contain base')
    .refine((list) => new Set(list).size === list.length, 'must not name a product twice'),
  deployMode: z.enum(['normal', 'base']),
  hostIP: address.describe('The bootstrap host in use.'),
});

export type InstallerRequest = z.infer<typeof requestSchema>;

/** A fault of a request body; `pointer` is a JSON pointer (RFC 6901). Never quotes a value. */
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

const certificatePart = z.object({
  console: z.object({
    globalHost: host.optional().catch(undefined),
    host: z.array(host).catch([]),
    cert: z.object({ thirdParty }),
  }),
});

export interface CertificatePart {
  readonly certificate: string;
  readonly privateKey: string;
  /** The names under which the console will be asked for, as far as the body says them. */
  readonly hosts: readonly string[];
}

/** The third-party certificate of any body that has one, valid or not otherwise: its faults are told together with the others. */
export function certificateOf(body: unknown): CertificatePart | undefined {
  const part = certificatePart.safeParse(body).data?.console;
  if (part === undefined) return undefined;
  const { certificate, privateKey } = part.cert.thirdParty;
  return {
    certificate,
    privateKey,
    hosts: [...(part.globalHost === undefined ? [] : [part.globalHost]), ...part.host],
  };
}

/** A request that was accepted before. Throws INSTALLER_STATE_INVALID when this version does not take it any more. */
export function openedRequest(value: unknown): InstallerRequest {
  const parsed = parseRequest(value);
  if (parsed.ok) return parsed.request;
  throw new GlobalctlError('INSTALLER_STATE_INVALID', {
    message: `the request that the installer keeps is not valid: ${parsed.faults.map((f) => f.pointer).join(', ')}`,
  });
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

/** RFC 6901. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The secrets of a request in every form in which they could show up in a log. */
export function secretsOf(request: InstallerRequest): string[] {
  const decoded = (value: string): string => Buffer.from(value, 'base64').toString('utf8');
  const values = [request.basic.password, request.registry.password];
  if ('thirdParty' in request.console.cert) {
    // The chain is public, and its lines would blacken every other certificate's.
    const { certificate: _, ...secret } = request.console.cert.thirdParty;
    values.push(...Object.values(secret));
  }
  return values.filter((v) => v !== '').flatMap((v) => [v, decoded(v)]);
}

type Network = ReturnType<typeof ipaddr.parseCIDR>;

export function parseNetworks(value: string): Network[] | undefined {
  const parts = value.split(',');
  return parts.every((part) => ipaddr.isValidCIDR(part)) ? parts.map((part) => ipaddr.parseCIDR(part)) : undefined;
}

function overlap([a, aBits]: Network, [b, bBits]: Network): boolean {
  return a.kind() === b.kind() && a.match(b, Math.min(aBits, bBits));
}

function contains([network, bits]: Network, ip: string): boolean {
  const parsed = ipaddr.parse(ip);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}

function isHost(value: string): boolean {
  // Digits and dots are an address or nothing: 10.1.2.300 is no name.
  return /^[\d.]+$/.test(value) || value.includes(':') ? isAddress(value) : HOST_NAME.test(value);
}

function isAddress(value: string): boolean {
  return z.union([z.ipv4(), z.ipv6()]).safeParse(value).success;
}
