import type { KubeObject } from '../../kube/index.ts';
import { INSTALLER_REQUEST, isRecord } from '../../providers/index.ts';
import { isKubeObject } from '../../manifests/index.ts';

/** What a document of a YAML or JSON file is. */
export type DocumentClass =
  | { readonly is: 'object'; readonly object: KubeObject }
  /** A file of another program, or of ours: `what` names it. */
  | { readonly is: 'other'; readonly what: string }
  /** It means to be a Kubernetes object and is none. */
  | { readonly is: 'broken'; readonly missing: string }
  | { readonly is: 'unknown' };

/** The parts of an installer request (guide step 8) that nothing else has together. */
const requestParts = ['basic', 'registry', 'console', 'cluster', 'product', 'deployMode', 'hostIP'];

/** Says what a document is. `name` is what an installer request is called: the name of its file. */
export function classifyDocument(value: unknown, name: string): DocumentClass {
  if (!isRecord(value)) return { is: 'unknown' };
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion === 'string' && typeof kind === 'string') {
    const what = otherKind(apiVersion, kind);
    if (what !== undefined) return { is: 'other', what };
    if (isKubeObject(value)) return { is: 'object', object: value };
    if (isRecord(metadata) && typeof metadata['generateName'] === 'string')
      return { is: 'object', object: value as KubeObject };
    return { is: 'broken', missing: 'metadata.name' };
  }
  if (isInstallerRequest(value))
    return {
      is: 'object',
      object: { apiVersion: 'cpaas-installer/v1', kind: INSTALLER_REQUEST, metadata: { name }, ...value },
    };
  if (typeof kind === 'string') return { is: 'broken', missing: 'apiVersion' };
  if (isRecord(metadata) && 'spec' in value) return { is: 'broken', missing: 'kind' };
  return { is: 'unknown' };
}

function otherKind(apiVersion: string, kind: string): string | undefined {
  if (/^kustomize\.config\.k8s\.io\//.test(apiVersion)) return `a ${kind} of kustomize`;
  if (/^globalctl\.dev\//.test(apiVersion)) return `a ${kind} file of globalctl`;
  if (/^kind\.x-k8s\.io\//.test(apiVersion)) return 'a configuration of kind';
  if (/^(?:kubeadm\.k8s\.io|kubelet\.config\.k8s\.io|apiserver\.config\.k8s\.io|audit\.k8s\.io)\//.test(apiVersion))
    return `a ${kind} of a Kubernetes program`;
  if (apiVersion === 'v1' && kind === 'Config') return 'a kubeconfig';
  return undefined;
}

function isInstallerRequest(value: Readonly<Record<string, unknown>>): boolean {
  const present = requestParts.filter((part) => part in value).length;
  return present >= 3 && (isRecord(value['console']) || isRecord(value['basic']));
}
