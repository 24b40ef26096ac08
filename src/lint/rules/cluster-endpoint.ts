import { fieldAt } from '../../kube/index.ts';
import { isRecord, shown, slip, type ManifestRule, type PlacedObject, type RuleHit } from '../../providers/index.ts';

const path = ['spec', 'controlPlaneEndpoint'];

export const clusterEndpoint: ManifestRule = {
  code: 'MANIFEST_ENDPOINT',
  severity: 'error',
  what: 'Where Cluster itself declares the control plane endpoint, it is that of the infra cluster; the API server listens on 6443.',
  why: 'Cluster API keeps what stands in Cluster and never looks at the infra cluster again: kubeconfigs and certificates lead elsewhere.',
  guide: 'Step 4',
  example: slip(
    `kind: Cluster
metadata:
  name: global
spec:
  controlPlaneEndpoint: { host: 10.10.20.10, port: 6443 }
`,
    '{ host: 10.10.20.10, port: 6443 }',
    '{ host: 10.10.20.99, port: 6443 } # DCSCluster has 10.10.20.10',
  ),
  *check({ provider, scope: { root: at }, ofKind }) {
    if (!at) return;
    yield* portHits(at);
    const endpoint = fieldAt(at.object, ...path);
    if (!isRecord(endpoint)) return;
    const infra = ofKind(provider.kinds.cluster.kind)[0]?.object;
    const vip = fieldAt(infra, ...provider.shape.endpoint);
    // The ELB of HCS may be known by its domain.
    const known = [vip, fieldAt(infra, 'spec', 'controlPlaneLoadBalancer', 'vipDomainName')];
    const { host, port } = endpoint;
    // Empty fields are those of an endpoint that Cluster API has yet to fill in.
    if (typeof host === 'string' && host !== '' && typeof vip === 'string' && !known.includes(host))
      yield {
        at,
        path: [...path, 'host'],
        message: `Cluster has the endpoint ${host}, ${provider.kinds.cluster.kind} has ${vip}`,
        expected: `${vip}, or no controlPlaneEndpoint`,
        found: host,
      };
    if (port !== undefined && port !== 0 && port !== 6443)
      yield {
        at,
        path: [...path, 'port'],
        message: `the port is ${shown(port)}`,
        expected: '6443',
        found: shown(port),
      };
  },
};

/** The load balancer forwards to 6443 of the nodes; kubeadm would bind the API server elsewhere. */
function* portHits(at: PlacedObject): Generator<RuleHit> {
  const path = ['spec', 'clusterNetwork', 'apiServerPort'];
  const port = fieldAt(at.object, ...path);
  if (port !== undefined && port !== 6443)
    yield { at, path, message: `the API server would listen on ${shown(port)}`, expected: '6443', found: shown(port) };
}
