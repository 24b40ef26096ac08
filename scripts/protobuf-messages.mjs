#!/usr/bin/env node
/**
 * Writes src/lab/apiserver/protobuf/message-table.ts: field numbers and JSON names of the messages in which typed clients send
 * built-in kinds, from the Go types that Kubernetes publishes (k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver,
 * k8s.io/kube-aggregator).
 *
 *   node scripts/protobuf-messages.mjs <folder with <group>.<version>.go, the types.go files of core.v1, apps.v1, meta.v1 ...>
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('usage: node scripts/protobuf-messages.mjs FOLDER\n');
  process.exit(2);
}

const ROOTS = `core.v1: Namespace Secret ConfigMap ServiceAccount Service Pod PodTemplate ReplicationController Node Endpoints Event ResourceQuota LimitRange PersistentVolume PersistentVolumeClaim Binding
apps.v1: Deployment ReplicaSet DaemonSet StatefulSet ControllerRevision
batch.v1: Job CronJob
rbac.v1: Role RoleBinding ClusterRole ClusterRoleBinding
authorization.v1: SelfSubjectAccessReview SubjectAccessReview LocalSubjectAccessReview SelfSubjectRulesReview
authentication.v1: TokenRequest TokenReview SelfSubjectReview
policy.v1: PodDisruptionBudget Eviction
networking.v1: Ingress IngressClass NetworkPolicy
coordination.v1: Lease
events.v1: Event
discovery.v1: EndpointSlice
node.v1: RuntimeClass
scheduling.v1: PriorityClass
storage.v1: StorageClass CSIDriver CSINode CSIStorageCapacity VolumeAttachment
autoscaling.v1: Scale HorizontalPodAutoscaler
autoscaling.v2: HorizontalPodAutoscaler
certificates.v1: CertificateSigningRequest
admissionregistration.v1: ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
apiextensions.v1: CustomResourceDefinition
apiregistration.v1: APIService
meta.v1: DeleteOptions Status`;
const GROUPS = {
  rbac: 'rbac.authorization.k8s.io',
  authorization: 'authorization.k8s.io',
  authentication: 'authentication.k8s.io',
  networking: 'networking.k8s.io',
  coordination: 'coordination.k8s.io',
  events: 'events.k8s.io',
  scheduling: 'scheduling.k8s.io',
  storage: 'storage.k8s.io',
  discovery: 'discovery.k8s.io',
  node: 'node.k8s.io',
  certificates: 'certificates.k8s.io',
  admissionregistration: 'admissionregistration.k8s.io',
  apiextensions: 'apiextensions.k8s.io',
  apiregistration: 'apiregistration.k8s.io',
  core: '',
  meta: 'meta.k8s.io',
};
/** Types whose JSON is not their fields. */
const SPECIAL = {
  'meta.v1.Time': 't',
  'meta.v1.MicroTime': 'u',
  'meta.v1.Duration': 'D',
  'meta.v1.FieldsV1': 'f',
  'resource.Quantity': 'q',
  'intstr.IntOrString': 'o',
  'runtime.RawExtension': 'r',
  'authentication.v1.ExtraValue': 'x',
  'authorization.v1.ExtraValue': 'x',
  'certificates.v1.ExtraValue': 'x',
  'apiextensions.v1.JSON': 'r',
  'apiextensions.v1.JSONSchemaPropsOrArray': 'A',
  'apiextensions.v1.JSONSchemaPropsOrBool': 'B',
  'apiextensions.v1.JSONSchemaPropsOrStringArray': 'S',
};
const SCALARS = {
  string: 's',
  int32: 'i',
  int64: 'i',
  int: 'i',
  uint32: 'i',
  uint16: 'i',
  uint8: 'i',
  bool: 'b',
  float32: 'd',
  float64: 'd',
  '[]byte': 'y',
  'types.UID': 's',
  'types.NamespacedName': 's',
};

const structs = new Map();
const named = new Map();
for (const file of readdirSync(folder).filter((f) => f.endsWith('.go'))) {
  const pkg = file.replace(/\.go$/, '');
  const imports = new Map();
  const text = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  for (const m of text.matchAll(/^(?:import |\t)(?:(\w+) )?"k8s\.io\/(api|apimachinery\/pkg\/apis)\/(\w+)\/(v\d)"$/gm))
    imports.set(m[1] ?? m[4], `${m[3]}.${m[4]}`);
  const qualify = (type) => {
    if (SCALARS[type]) return type;
    const [name, member] = type.split('.');
    if (member === undefined) return `${pkg}.${type}`;
    return imports.has(name) ? `${imports.get(name)}.${member}` : type;
  };
  for (const m of text.matchAll(/^type (\w+) ([\w.[\]*]+)\s*$/gm)) named.set(`${pkg}.${m[1]}`, { type: m[2], qualify });
  for (const m of text.matchAll(/^type (\w+) struct ?\{\}$/gm)) structs.set(`${pkg}.${m[1]}`, { fields: [], qualify });
  for (const m of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    const fields = [];
    for (const line of m[2].split('\n')) {
      const f = /^\t(?:(\w+)\s+)?([\w.[\]*]+)\s+`(.*)`/.exec(line);
      const tag = f && /protobuf:"\w+,(\d+),/.exec(f[3]);
      if (!tag) continue;
      // Types without JSON names of their own are among the special ones.
      const json = /json:"([^"]*)"/.exec(f[3])?.[1].split(',');
      if (!json) continue;
      fields.push({
        name: json[0] === '' ? '~' : json[0],
        number: tag[1],
        type: f[2],
        keep: f[2].startsWith('*') || !json.includes('omitempty'),
      });
    }
    structs.set(`${pkg}.${m[1]}`, { fields, qualify });
  }
}

const wanted = new Map();
function expression(type, qualify) {
  const bare = type.replace(/^\*/, '');
  if (SCALARS[bare]) return SCALARS[bare];
  if (bare.startsWith('[]')) return `[]${expression(bare.slice(2), qualify)}`;
  const map = /^map\[[\w.]+\](.+)$/.exec(bare);
  if (map) return `{}${expression(map[1], qualify)}`;
  const name = qualify(bare);
  if (SPECIAL[name]) return SPECIAL[name];
  if (named.has(name)) return expression(named.get(name).type, named.get(name).qualify);
  if (structs.has(name)) {
    need(name);
    return `@${name}`;
  }
  throw new Error(`unknown type ${name}`);
}
function need(name) {
  if (wanted.has(name)) return;
  wanted.set(name, '');
  const { fields, qualify } = structs.get(name);
  wanted.set(
    name,
    fields.map((f) => `${f.name}=${f.number}${expression(f.type, qualify)}${f.keep ? '!' : ''}`).join(' '),
  );
}

const kinds = [];
for (const line of ROOTS.split('\n')) {
  const [pkg, names] = line.split(': ');
  const [group, version] = pkg.split('.');
  const apiVersion = group in GROUPS ? `${GROUPS[group]}${GROUPS[group] && '/'}${version}` : `${group}/${version}`;
  for (const kind of names.split(' ')) {
    need(`${pkg}.${kind}`);
    kinds.push(`${apiVersion} ${kind} ${pkg}.${kind}`);
  }
}

const lines = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, fields]) => `${name} ${fields}`);
writeFileSync(
  new URL('../src/lab/apiserver/protobuf/message-table.ts', import.meta.url),
  `/**
 * Field numbers of the protobuf messages in which typed clients send built-in kinds, one message a line; see message-types.ts for
 * the notation. Written by scripts/protobuf-messages.mjs from the published Go types; not edited by hand.
 */
export const MESSAGE_KINDS = \`
${kinds.join('\n')}
\`;

export const MESSAGE_FIELDS = \`
${lines.join('\n')}
\`;
`,
);
