import { gte, valid } from 'semver';
import {
  slip,
  filesOf,
  isRecord,
  kubeadmPaths,
  readEmbedded,
  shown,
  type MachineSource,
  type ManifestRule,
  type ManifestView,
} from '../../providers/index.ts';
import { fieldAt } from '../../kube/index.ts';

/** What each file of the guide holds. */
const kinds: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> = {
  [kubeadmPaths.psaConfig]: { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration' },
  [kubeadmPaths.auditPolicy]: { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' },
  [kubeadmPaths.kubeletPatch]: { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' },
  [kubeadmPaths.encryptionProvider]: { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' },
};

interface Fault {
  readonly message: string;
  readonly expected: string;
  readonly found: string;
}

const pullVerification = 'imagePullCredentialsVerificationPolicy';

/** Keys of the kubelet's patch: workers run no static Pods, vSphere names no CA, Kubernetes 1.35 wants one key more. */
function* patchFaults(
  patch: Record<string, unknown>,
  { provider }: ManifestView,
  { role, owner }: MachineSource,
): Generator<Fault> {
  const version = fieldAt(owner.object, 'spec', ...(role === 'worker' ? ['template', 'spec'] : []), 'version');
  const since135 = typeof version === 'string' && valid(version) !== null && gte(version, '1.35.0-0');
  const wanted: [key: string, value: unknown][] = [
    ['protectKernelDefaults', true],
    ['tlsCertFile', '/etc/kubernetes/pki/kubelet.crt'],
    ['tlsPrivateKeyFile', '/etc/kubernetes/pki/kubelet.key'],
    ...(provider.id === 'vsphere'
      ? [['clientCAFile', undefined] as [string, unknown]]
      : [['clientCAFile', '/etc/kubernetes/pki/ca.crt'] as [string, unknown]]),
    ...(role === 'worker' ? [['staticPodPath', null] as [string, unknown]] : []),
    ...(typeof version === 'string'
      ? [[pullVerification, since135 ? 'NeverVerify' : undefined] as [string, unknown]]
      : []),
  ];
  for (const [key, value] of wanted)
    if (patch[key] !== value)
      yield {
        message: `${key} of the kubelet's patch is ${shown(patch[key])}`,
        expected: value === undefined ? 'no such key' : JSON.stringify(value),
        found: shown(patch[key]),
      };
}

export const kubeadmContent: ManifestRule = {
  code: 'MANIFEST_KUBEADM_CONTENT',
  severity: 'error',
  what: 'Admission, audit and encryption configuration and the patch of the kubelet can be read and are of their kind; the patch has the keys of role, provider and Kubernetes.',
  why: 'Seen when a node boots: the API server or the kubelet ends at once, and the console of the machine alone says why.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    files:
      - path: /etc/kubernetes/audit/policy.yaml
        content: |
          apiVersion: audit.k8s.io/v1
          kind: Policy
          rules:
            - level: Metadata
`,
    'kind: Policy',
    'kind: AuditPolicy',
  ),
  *check(view) {
    for (const source of view.sources) {
      const { config: at } = source;
      if (!at) continue;
      for (const { path, file, at: place } of filesOf(source)) {
        const kind = kinds[path];
        const { content, encoding } = file;
        if (!kind || typeof content !== 'string' || (encoding !== undefined && encoding !== '')) continue;
        for (const fault of contentFaults(content, kind, view, source))
          yield { at, path: [...place, 'content'], ...fault, message: `${path}: ${fault.message}` };
      }
    }
  },
};

function* contentFaults(
  content: string,
  kind: { readonly apiVersion: string; readonly kind: string },
  view: ManifestView,
  source: MachineSource,
): Generator<Fault> {
  const read = readEmbedded(content);
  if (!read.readable || !isRecord(read.value)) {
    const found = read.readable ? shown(read.value).slice(0, 60) : read.fault;
    yield {
      message: read.readable ? 'the content is no object' : `the content cannot be read: ${read.fault}`,
      expected: kind.kind,
      found,
    };
    return;
  }
  for (const key of ['apiVersion', 'kind'] as const)
    if (read.value[key] !== kind[key])
      yield { message: `${key} is ${shown(read.value[key])}`, expected: kind[key], found: shown(read.value[key]) };
  if (kind.kind === 'KubeletConfiguration') yield* patchFaults(read.value, view, source);
  if (kind.kind === 'Policy' && !Array.isArray(read.value['rules']))
    yield { message: 'the audit policy has no rules', expected: 'a list rules', found: shown(read.value['rules']) };
}
