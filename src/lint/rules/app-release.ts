import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  kubeadmPackage,
  shown,
  type FieldPath,
  type ObjectsRule,
  type ObjectsView,
  type PlacedObject,
  type RuleFix,
  type RuleHit,
} from '../../providers/index.ts';

const authSecret = 'global-registry-auth';
const values = ['spec', 'values', 'global'];
const address = /^[A-Za-z0-9.-]+:\d{1,5}$/;

interface Wanted {
  readonly path: FieldPath;
  readonly value: string | number | boolean;
  readonly note?: string;
}

/** Fields with one value on every site (guide step 3). */
function literals(name: string): Wanted[] {
  return [
    { path: ['metadata', 'annotations', 'auto-recycle'], value: 'true' },
    { path: ['metadata', 'annotations', 'interval-sync'], value: 'true' },
    { path: ['spec', 'destination', 'cluster'], value: '' },
    { path: ['spec', 'destination', 'namespace'], value: '' },
    { path: ['spec', 'source', 'charts', 0, 'name'], value: `ait/chart-${name}` },
    { path: ['spec', 'source', 'charts', 0, 'releaseName'], value: name },
    {
      path: [...values, 'cluster', 'type'],
      value: 'Baremetal',
      note: 'a class of node components and not the infrastructure',
    },
    { path: [...values, 'cluster', 'isGlobal'], value: true },
    { path: [...values, 'cluster', 'name'], value: 'global' },
    { path: [...values, 'cluster', 'networkType'], value: 'kube-ovn' },
    { path: [...values, 'labelBaseDomain'], value: 'cpaas.io' },
    { path: [...values, 'namespace'], value: 'cpaas-system' },
    { path: [...values, 'protectSecretFiles', 'enabled'], value: false },
    { path: [...values, 'region'], value: 'global' },
    { path: [...values, 'scheme'], value: 'https' },
  ];
}

function* literalHits(at: PlacedObject, wanted: readonly Wanted[]): Generator<RuleHit> {
  for (const { path, value, note } of wanted) {
    const found = fieldAt(at.object, ...path);
    if (found === value) continue;
    const fix: RuleFix = { change: 'set', at, path, value, quote: value === 'true' };
    yield {
      at,
      path,
      message: `${path.slice(-2).join('.')} is ${found === undefined ? 'missing' : shown(found)}${note === undefined ? '' : `; ${shown(value)} is ${note}`}`,
      expected: value === '' ? 'an empty text' : `${shown(value)}${value === 'true' ? ', a text in quotes' : ''}`,
      found: shown(found),
      // A list index can only be replaced.
      ...((found !== undefined || !path.includes(0)) && { fixes: [fix] }),
    };
  }
}

/** Addresses: Pods of the bootstrap cluster read charts and images through them. */
function* addressHits({ site }: ObjectsView, at: PlacedObject): Generator<RuleHit> {
  const repo = ['spec', 'source', 'repoURL'];
  const registry = [...values, 'registry', 'address'];
  const expected =
    site?.bootstrap.registry.bootstrapAddress ?? '${BOOTSTRAP_REGISTRY_ADDRESS}, 172.18.0.1:11443 in the guide';
  for (const path of [repo, registry]) {
    const found = fieldAt(at.object, ...path);
    const name = String(path.at(-1));
    if (typeof found === 'string' && found.includes('${')) continue;
    if (typeof found !== 'string' || !address.test(found))
      yield {
        at,
        path,
        message: `${name} is ${shown(found)}, not <host>:<port> without scheme and /v2/`,
        expected,
        found: shown(found),
      };
    else if (/^(127\.|localhost)/.test(found))
      yield { at, path, message: `${name} ${found} means the Pod itself to the Pods that read it`, expected, found };
    else if (site && at.origin !== 'live' && found !== site.bootstrap.registry.bootstrapAddress)
      yield { at, path, message: `${name} is not the bootstrap address of the site`, expected, found };
  }
  const [first, second] = [fieldAt(at.object, ...repo), fieldAt(at.object, ...registry)];
  if (
    typeof first === 'string' &&
    typeof second === 'string' &&
    address.test(first) &&
    address.test(second) &&
    first !== second &&
    !site
  )
    yield {
      at,
      path: registry,
      message: 'charts and images would come from two registries',
      expected: first,
      found: second,
    };
}

/** Both fields of the login, or neither. */
function* loginHits(at: PlacedObject): Generator<RuleHit> {
  const secretPath = ['spec', 'source', 'chartPullSecret'];
  const listPath = [...values, 'registry', 'imagePullSecrets'];
  const secret = fieldAt(at.object, ...secretPath);
  const list = fieldAt(at.object, ...listPath);
  if (secret !== undefined && secret !== authSecret)
    yield {
      at,
      path: secretPath,
      message: `chartPullSecret is ${shown(secret)}`,
      expected: authSecret,
      found: shown(secret),
    };
  if (list !== undefined && !(Array.isArray(list) && list.length === 1 && list[0] === authSecret))
    yield {
      at,
      path: listPath,
      message: `imagePullSecrets is ${shown(list)}`,
      expected: `[${authSecret}]`,
      found: shown(list),
    };
  if ((secret === undefined) !== (list === undefined))
    yield {
      at,
      path: secret === undefined ? listPath : secretPath,
      message: 'charts and images do not agree on the login of the registry',
      expected: `chartPullSecret and imagePullSecrets, when Secret ${authSecret} exists; neither, when it does not`,
      found: secret === undefined ? 'imagePullSecrets alone' : 'chartPullSecret alone',
    };
}

function* siteAndHostHits({ site, provider }: ObjectsView, at: PlacedObject): Generator<RuleHit> {
  const host = fieldAt(at.object, ...values, 'host');
  const hostOk = typeof host === 'string' && host !== '' && !/[/:]/.test(host.replace(/\$\{.*\}/, ''));
  if (!hostOk || (site && host !== site.platform.host))
    yield {
      at,
      path: [...values, 'host'],
      message: `host is ${shown(host)}`,
      expected: site?.platform.host ?? 'the platform access address, without scheme and port',
      found: shown(host),
    };
  const url = fieldAt(at.object, ...values, 'platformUrl');
  if (hostOk && url !== `https://${host}`)
    yield {
      at,
      path: [...values, 'platformUrl'],
      message: `platformUrl is ${shown(url)}`,
      expected: `https://${host}`,
      found: shown(url),
      fixes: [{ change: 'set', at, path: [...values, 'platformUrl'], value: `https://${host}` }],
    };
  const ingress = fieldAt(at.object, ...values, 'ingress', 'ingressClassName');
  const alb = fieldAt(at.object, ...values, 'albName');
  if (ingress !== alb || typeof alb !== 'string')
    yield {
      at,
      path: [...values, 'ingress', 'ingressClassName'],
      message: 'albName and ingressClassName are one name',
      expected: shown(alb ?? 'global-alb2'),
      found: shown(ingress),
    };
  const path = ['spec', 'source', 'charts', 0, 'targetRevision'];
  const version = fieldAt(at.object, ...path);
  const expected =
    site &&
    (at.object.metadata.name === kubeadmPackage.release
      ? site.versions.kubeadmProvider
      : at.object.metadata.name === provider?.package.release
        ? site.versions.infrastructureProvider
        : undefined);
  if (typeof version === 'string' && version.includes('${')) return;
  if (typeof version !== 'string' || version === '' || (expected !== undefined && version !== expected))
    yield {
      at,
      path,
      message: `targetRevision is ${shown(version)}`,
      expected: expected ?? 'the version of the chart in the package',
      found: shown(version),
    };
}

export const appRelease: ObjectsRule = {
  code: 'MANIFEST_APP_RELEASE',
  severity: 'error',
  what: 'AppReleases of the providers have the values of the guide: cluster.type Baremetal, one registry without scheme, both fields of the login or neither.',
  why: 'Seen in step 3, or only when nodes come up: the chart is not found, or node components are set up for another class of cluster.',
  guide: 'Step 3',
  example: slip(
    `apiVersion: operator.alauda.io/v1alpha1
kind: AppRelease
metadata:
  name: cluster-api-provider-dcs
  namespace: cpaas-system
  annotations: { auto-recycle: "true", interval-sync: "true" }
spec:
  destination: { cluster: "", namespace: "" }
  source:
    charts:
      - name: ait/chart-cluster-api-provider-dcs
        releaseName: cluster-api-provider-dcs
        targetRevision: v1.0.18
    repoURL: 172.18.0.1:11443
  timeout: 120
  values:
    global:
      albName: global-alb2
      auth: { default_admin: admin@cpaas.io }
      cluster: { isGlobal: true, name: global, networkType: kube-ovn, type: Baremetal }
      host: platform.dcs.example.com
      ingress: { ingressClassName: global-alb2 }
      labelBaseDomain: cpaas.io
      namespace: cpaas-system
      platformUrl: https://platform.dcs.example.com
      protectSecretFiles: { enabled: false }
      region: global
      registry: { address: 172.18.0.1:11443 }
      replicas: 1
      scheme: https
`,
    'cluster: { isGlobal: true, name: global, networkType: kube-ovn, type: Baremetal }',
    'cluster: { isGlobal: true, name: global, networkType: kube-ovn, type: DCS } # a class of node components, not the infrastructure',
  ),
  needsProvider: false,
  fix: 'Sets the fields that have one value on every site.',
  *check(view) {
    for (const at of view.ofKind('AppRelease')) {
      const { name = '' } = at.object.metadata;
      if (!name.startsWith('cluster-api-provider-')) continue;
      yield* literalHits(at, literals(name));
      yield* addressHits(view, at);
      yield* loginHits(at);
      yield* siteAndHostHits(view, at);
    }
  },
};
