import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  INSTALLER_REQUEST,
  isRecord,
  recordAt,
  shown,
  type FieldPath,
  type ObjectsRule,
  type ObjectsView,
  type RuleHit,
} from '../../providers/index.ts';

/** Keys that the guide's body has; the reader adds those of an object. */
const bodyKeys = ['basic', 'registry', 'console', 'cluster', 'product', 'deployMode', 'hostIP'];
const ownKeys = ['apiVersion', 'kind', 'metadata'];
const blockKeys: Readonly<Record<string, readonly string[]>> = {
  basic: ['username', 'password'],
  registry: ['domain', 'username', 'password'],
  console: ['host', 'globalHost', 'httpPort', 'httpsPort', 'cert'],
  cluster: ['clusterCIDR', 'serviceCIDR', 'features'],
};

type Say = Omit<RuleHit, 'at'>;

const isAddress = (value: unknown): boolean => typeof value === 'string' && ipaddr.IPv4.isValidFourPartDecimal(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** A variable or stand-in that nothing filled in is the matter of another rule. */
const isOpen = (value: unknown): boolean => typeof value === 'string' && /\$\{|^<.*>/.test(value);

function* keyFaults(body: Record<string, unknown>): Generator<Say> {
  for (const key of Object.keys(body))
    if (!bodyKeys.includes(key) && !ownKeys.includes(key))
      yield { path: [key], message: `${key} is no field of the request`, expected: bodyKeys.join(', '), found: key };
  for (const [block, known] of Object.entries(blockKeys))
    for (const key of Object.keys(recordAt(body, [block])))
      if (!known.includes(key))
        yield {
          path: [block, key],
          message: `${block}.${key} is no field of the request`,
          expected: known.join(', '),
          found: key,
        };
}

function* literalFaults(body: Record<string, unknown>): Generator<Say> {
  const say = (path: FieldPath, ok: boolean, expected: string): Say[] => {
    const found = fieldAt(body, ...path);
    if (ok || isOpen(found)) return [];
    // A password is not shown.
    const seen = path.at(-1) === 'password' ? 'another text' : shown(found);
    return [
      {
        path,
        message: `${path.join('.')} is ${found === undefined ? 'missing' : seen}`,
        expected,
        found: found === undefined ? 'nothing' : seen,
      },
    ];
  };
  const at = (...path: string[]): unknown => fieldAt(body, ...path);
  const password = at('basic', 'password');
  const registryPassword = at('registry', 'password');
  const domain = at('registry', 'domain');
  const ports = (port: unknown): boolean =>
    typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  const product = at('product');
  yield* say(['basic', 'username'], isText(at('basic', 'username')), 'admin@cpaas.io');
  yield* say(
    ['basic', 'password'],
    isText(password) && isBase64(password),
    'base64 of the password, without a newline',
  );
  yield* say(
    ['registry', 'domain'],
    isText(domain) && /^[A-Za-z0-9.-]+:\d{1,5}$/.test(domain) && !/^(127\.|localhost|172\.18\.0\.1:)/.test(domain),
    '<platform registry>:11443, not the bootstrap registry',
  );
  yield* say(
    ['registry', 'username'],
    typeof at('registry', 'username') === 'string',
    'the user of the registry, or an empty text',
  );
  yield* say(
    ['registry', 'password'],
    registryPassword === '' || (isText(registryPassword) && isBase64(registryPassword)),
    'base64 of the password, or an empty text',
  );
  yield* say(
    ['console', 'globalHost'],
    isText(at('console', 'globalHost')) && !/[/:]/.test(String(at('console', 'globalHost'))),
    'the platform access address, without scheme and port',
  );
  yield* say(['console', 'httpPort'], ports(at('console', 'httpPort')), '80');
  yield* say(['console', 'httpsPort'], ports(at('console', 'httpsPort')), '443');
  yield* say(
    ['product'],
    Array.isArray(product) && product.includes('base') && product.includes('acp'),
    '["base", "acp"]',
  );
  yield* say(['deployMode'], at('deployMode') === 'normal', 'normal');
  yield* say(['hostIP'], isAddress(at('hostIP')), 'the address of this bootstrap host');
  const cert = at('console', 'cert');
  const forms = isRecord(cert) ? Object.keys(cert) : [];
  const third = fieldAt(cert, 'thirdParty');
  const whole = isRecord(third) && isText(third['certificate']) && isText(third['privateKey']);
  yield* say(
    ['console', 'cert'],
    forms.length === 1 && ((forms[0] === 'selfSigned' && isRecord(fieldAt(cert, 'selfSigned'))) || whole),
    '{"selfSigned": {}}, or thirdParty with certificate and privateKey',
  );
}

/** What the provider decides: console.host and the whole block cluster, present or absent as the guide's table says. */
function* providerFaults(
  { provider, ofKind, scope, site }: ObjectsView,
  body: Record<string, unknown>,
): Generator<Say> {
  if (!provider) return;
  const host = fieldAt(body, 'console', 'host');
  const cluster = body['cluster'];
  const infra = ofKind(provider.kinds.cluster.kind)[0]?.object;
  const vip = fieldAt(infra, ...provider.shape.endpoint) ?? site?.network.controlPlaneVIP;
  if (provider.id !== 'dcs') {
    if (!Array.isArray(host) || host.length > 0)
      yield {
        path: ['console', 'host'],
        message: `console.host is ${shown(host)}; on ${provider.title} the endpoint comes from the infra cluster`,
        expected: '[]',
        found: shown(host),
      };
    if (cluster !== undefined)
      yield {
        path: ['cluster'],
        message: `on ${provider.title} the request has no block cluster`,
        expected: 'no such key',
        found: Object.keys(isRecord(cluster) ? cluster : {}).join(', '),
      };
    return;
  }
  const [only, ...others] = Array.isArray(host) ? (host as unknown[]) : [];
  if (!isOpen(only) && (!isAddress(only) || others.length > 0 || (vip !== undefined && only !== vip)))
    yield {
      path: ['console', 'host'],
      message: `console.host is ${shown(host)}; it is the control plane VIP, never the platform domain`,
      expected: `["${typeof vip === 'string' ? vip : '${CONTROL_PLANE_VIP}'}"]`,
      found: shown(host),
    };
  const ha = ['cluster', 'features', 'ha'];
  const wanted: [path: FieldPath, value: unknown, words: string][] = [
    [
      ['cluster', 'clusterCIDR'],
      fieldAt(scope.root?.object, 'spec', 'clusterNetwork', 'pods', 'cidrBlocks', 0) ?? site?.network.podCIDR,
      'the Pod network of the manifest',
    ],
    [
      ['cluster', 'serviceCIDR'],
      fieldAt(scope.root?.object, 'spec', 'clusterNetwork', 'services', 'cidrBlocks', 0) ?? site?.network.serviceCIDR,
      'the Service network of the manifest',
    ],
    [[...ha, 'vip'], vip, 'the control plane VIP'],
    [[...ha, 'vport'], 6443, '6443'],
    [[...ha, 'isThirdParty'], true, 'true: the load balancer is not the provider’s'],
  ];
  for (const [path, value, words] of wanted) {
    const found = fieldAt(body, ...path);
    if (isOpen(found) || (value === undefined ? isText(found) : found === value)) continue;
    yield {
      path,
      message: `${path.join('.')} is ${found === undefined ? 'missing' : shown(found)}`,
      expected: value === undefined ? words : `${shown(value)}, ${words}`,
      found: shown(found),
    };
  }
}

/** What the site decides. */
function* siteFaults({ site }: ObjectsView, body: Record<string, unknown>): Generator<Say> {
  if (!site) return;
  const wanted: [path: FieldPath, value: unknown][] = [
    [['hostIP'], site.bootstrap.hostIP],
    [['console', 'globalHost'], site.platform.host],
    [['registry', 'domain'], site.platform.registryDomain],
  ];
  for (const [path, value] of wanted) {
    const found = fieldAt(body, ...path);
    if (typeof found === 'string' && !isOpen(found) && found !== value)
      yield { path, message: `${path.join('.')} is not that of the site`, expected: shown(value), found };
  }
}

/** The same fault of one field is said once, by whoever knows more of it. */
function* withoutRepeats(faults: Iterable<Say>): Generator<Say> {
  const seen = new Set<string>();
  for (const fault of faults) {
    const key = fault.path.join('.');
    if (!seen.has(key)) yield fault;
    seen.add(key);
  }
}

function* faultsOf(view: ObjectsView, body: Record<string, unknown>): Generator<Say> {
  yield* keyFaults(body);
  yield* literalFaults(body);
  yield* providerFaults(view, body);
  yield* siteFaults(view, body);
}

export const installerRequestRule: ObjectsRule = {
  code: 'MANIFEST_INSTALLER_REQUEST',
  severity: 'error',
  what: 'The installer request has the fields of its provider: console.host, ha and CIDRs for DCS, an empty console.host and no cluster for vSphere and HCS.',
  why: 'Seen in step 8 or never: the installer takes the request and sets up a console or registry at an address that is not that of the cluster.',
  guide: 'Step 8',
  example: slip(
    `{
  "basic": { "username": "admin@cpaas.io", "password": "cGFzc3dvcmQ=" },
  "registry": { "domain": "platform.dcs.example.com:11443", "username": "", "password": "" },
  "console": {
    "host": ["10.10.20.10"],
    "globalHost": "platform.dcs.example.com",
    "httpPort": 80,
    "httpsPort": 443,
    "cert": { "selfSigned": {} }
  },
  "cluster": {
    "clusterCIDR": "100.3.0.0/16",
    "serviceCIDR": "100.4.0.0/16",
    "features": { "ha": { "vip": "10.10.20.10", "vport": 6443, "isThirdParty": true } }
  },
  "product": ["base", "acp"],
  "deployMode": "normal",
  "hostIP": "10.10.20.5"
}
`,
    '"host": ["10.10.20.10"],',
    '"host": ["platform.dcs.example.com"],',
  ),
  needsProvider: false,
  *check(view) {
    for (const at of view.ofKind(INSTALLER_REQUEST))
      for (const fault of withoutRepeats(faultsOf(view, at.object))) yield { at, ...fault };
  },
};

function isBase64(text: string): boolean {
  return (
    text.length % 4 === 0 &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(text) &&
    !/\n$/.test(Buffer.from(text, 'base64').toString('utf8'))
  );
}
