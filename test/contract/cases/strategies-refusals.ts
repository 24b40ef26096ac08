import type { Json } from '../api-connection.ts';
import { expectFailure, type ContractCase, type World } from '../contract-case.ts';

/** One mistake, where it is made, and what the server says of it: `[title, field, message, cause's reason]`. */
interface Refusal {
  readonly title: string;
  readonly collection: (w: World) => string;
  readonly object: Json;
  readonly causes: readonly (readonly [field: string, message: string, reason: string])[];
}

/** A case for each refusal: the creation is Invalid, with these causes in this order, and changes nothing. */
export function refusalCases(refusals: readonly Refusal[]): ContractCase[] {
  return refusals.map(({ title, collection, object, causes }) => ({
    title,
    run: async (w) => {
      const answer = await w.api.call('POST', `${collection(w)}?dryRun=All`, object);
      expectFailure(answer, 422, 'Invalid', {
        details: { causes: causes.map(([field, message, reason]) => ({ reason, message, field })) },
      });
    },
  }));
}

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const container = (extras: Json = {}): Json => ({ name: 'c', image: 'i', ...extras });
const pod = (spec: Json): Json => ({ metadata: { name: 'refused' }, spec: { containers: [container()], ...spec } });
const podCase = (title: string, spec: Json, ...causes: Refusal['causes']): Refusal => ({
  title,
  collection: (w) => w.core('pods'),
  object: pod(spec),
  causes,
});
const containerCase = (title: string, extras: Json, ...causes: Refusal['causes']): Refusal =>
  podCase(title, { containers: [container(extras)] }, ...causes);

const invalid = 'FieldValueInvalid';
const required = 'FieldValueRequired';
const duplicate = 'FieldValueDuplicate';
const notSupported = 'FieldValueNotSupported';
const forbidden = 'FieldValueForbidden';

export const podRefusals = refusalCases([
  podCase('a Pod without containers is Invalid', { containers: [] }, ['spec.containers', 'Required value', required]),
  containerCase('a container needs a name', { name: '' }, ['spec.containers[0].name', 'Required value', required]),
  containerCase('a container needs an image', { image: '' }, ['spec.containers[0].image', 'Required value', required]),
  containerCase("a container's name is a DNS label", { name: 'A_b' }, [
    'spec.containers[0].name',
    `Invalid value: "A_b": ${LABEL}`,
    invalid,
  ]),
  podCase('two containers cannot have one name', { containers: [container(), container()] }, [
    'spec.containers[1].name',
    'Duplicate value: "c"',
    duplicate,
  ]),
  containerCase('an unknown pull policy is NotSupported', { imagePullPolicy: 'Sometimes' }, [
    'spec.containers[0].imagePullPolicy',
    'Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    notSupported,
  ]),
  containerCase('a port number has its bounds', { ports: [{ containerPort: 70_000 }] }, [
    'spec.containers[0].ports[0].containerPort',
    'Invalid value: 70000: must be between 1 and 65535, inclusive',
    invalid,
  ]),
  containerCase(
    'two ports cannot have one name',
    { ports: [1, 2].map((containerPort) => ({ containerPort, name: 'a' })) },
    ['spec.containers[0].ports[1].name', 'Duplicate value: "a"', duplicate],
  ),
  containerCase('an environment variable needs a name', { env: [{ value: 'x' }] }, [
    'spec.containers[0].env[0].name',
    'Required value',
    required,
  ]),
  containerCase(
    'an environment variable has a value or a source',
    { env: [{ name: 'a', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
    [
      'spec.containers[0].env[0].valueFrom',
      'Invalid value: "": may not be specified when `value` is not empty',
      invalid,
    ],
  ),
  containerCase('a mount needs its volume', { volumeMounts: [{ name: 'x', mountPath: '/x' }] }, [
    'spec.containers[0].volumeMounts[0].name',
    'Not found: "x"',
    'FieldValueNotFound',
  ]),
  podCase('two volumes cannot have one name', { volumes: [{ name: 'x' }, { name: 'x' }] }, [
    'spec.volumes[1].name',
    'Duplicate value: "x"',
    duplicate,
  ]),
  podCase('a volume has one source', { volumes: [{ name: 'x', emptyDir: {}, hostPath: { path: '/' } }] }, [
    'spec.volumes[0].hostPath',
    'Forbidden: may not specify more than 1 volume type',
    forbidden,
  ]),
  podCase('a volume of a Secret names it', { volumes: [{ name: 'x', secret: {} }] }, [
    'spec.volumes[0].secret.secretName',
    'Required value',
    required,
  ]),
  containerCase('a request cannot exceed its limit', { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }, [
    'spec.containers[0].resources.requests',
    'Invalid value: "2": must be less than or equal to cpu limit of 1',
    invalid,
  ]),
  containerCase('a negative request is Invalid', { resources: { requests: { cpu: '-1' } } }, [
    'spec.containers[0].resources.requests[cpu]',
    'Invalid value: "-1": must be greater than or equal to 0',
    invalid,
  ]),
  containerCase('a probe needs a handler', { livenessProbe: {} }, [
    'spec.containers[0].livenessProbe',
    'Required value: must specify a handler type',
    required,
  ]),
  containerCase(
    'a liveness probe succeeds at once',
    { livenessProbe: { successThreshold: 2, tcpSocket: { port: 1 } } },
    ['spec.containers[0].livenessProbe.successThreshold', 'Invalid value: 2: must be 1', invalid],
  ),
  podCase('an unknown restart policy is NotSupported', { restartPolicy: 'X' }, [
    'spec.restartPolicy',
    'Unsupported value: "X": supported values: "Always", "OnFailure", "Never"',
    notSupported,
  ]),
  podCase('tolerationSeconds are for NoExecute', { tolerations: [{ key: 'a', tolerationSeconds: 3 }] }, [
    'spec.tolerations[0].effect',
    'Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    invalid,
  ]),
  podCase(
    'a port of the host network is the same inside and outside',
    { hostNetwork: true, containers: [container({ ports: [{ containerPort: 80, hostPort: 81 }] })] },
    [
      'spec.containers[0].ports[0].hostPort',
      'Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
      invalid,
    ],
  ),
  podCase('ephemeral containers do not come at creation', { ephemeralContainers: [{ name: 'x', image: 'y' }] }, [
    'spec.ephemeralContainers',
    'Forbidden: cannot be set on create',
    forbidden,
  ]),
]);

const service = (title: string, spec: Json, ...causes: Refusal['causes']): Refusal => ({
  title,
  collection: (w) => w.core('services'),
  object: { metadata: { name: 'refused' }, spec: { ports: [{ port: 80 }], ...spec } },
  causes,
});

export const serviceRefusals = refusalCases([
  service('a Service without ports is Invalid', { ports: [] }, ['spec.ports', 'Required value', required]),
  service(
    'several ports need names',
    { ports: [{ port: 1 }, { port: 2 }] },
    ['spec.ports[0].name', 'Required value', required],
    ['spec.ports[1].name', 'Required value', required],
  ),
  service('an unknown type of Service is NotSupported', { type: 'X' }, [
    'spec.type',
    'Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    notSupported,
  ]),
  service('an ExternalName needs a name', { type: 'ExternalName' }, ['spec.externalName', 'Required value', required]),
  service('a Service of type ClusterIP has no node port', { ports: [{ port: 1, nodePort: 30_999 }] }, [
    'spec.ports[0].nodePort',
    "Forbidden: may not be used when `type` is 'ClusterIP'",
    forbidden,
  ]),
  service('a load balancer is not headless', { type: 'LoadBalancer', clusterIP: 'None' }, [
    'spec.clusterIPs[0]',
    'Invalid value: "None": may not be set to \'None\' for LoadBalancer services',
    invalid,
  ]),
]);
