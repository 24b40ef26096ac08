import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { equalJson, objectIn, objectsIn, setDefault, textOf, type JsonObject } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import type { StatusCause } from '../status-error.ts';
import { specOf } from './define.ts';
import { defaultPodSpec } from './pod-template.ts';

const NO_EXECUTE_SECONDS = 300;

/** Tolerations that admission adds to every Pod, so that a node's trouble drives it out only after a while. */
const standardTolerations = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: NO_EXECUTE_SECONDS,
}));

export const podStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (pod) => {
    const spec = specOf(pod);
    defaultPodSpec(spec);
    setDefault(spec, 'enableServiceLinks', true);
  },
  prepareForCreate: (pod) => {
    const spec = specOf(pod);
    setDefault(spec, 'serviceAccountName', 'default');
    setDefault(spec, 'serviceAccount', spec.serviceAccountName);
    setDefault(spec, 'priority', 0);
    setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
    const tolerations = objectsIn(spec.tolerations);
    const missing = standardTolerations.filter((s) => !tolerations.some((t) => tolerates(t, s.key)));
    if (missing.length > 0) spec.tolerations = [...tolerations, ...missing.map((t) => ({ ...t }))];
    pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
  },
  validate: (pod, old) => [...containerErrors(pod), ...(old ? immutableErrors(pod, old) : [])],
  selectableFields: (pod) => {
    const text = (...path: string[]): string => textOf(fieldAt(pod, ...path));
    return {
      'spec.nodeName': text('spec', 'nodeName'),
      'spec.restartPolicy': text('spec', 'restartPolicy'),
      'spec.schedulerName': text('spec', 'schedulerName'),
      'spec.serviceAccountName': text('spec', 'serviceAccountName'),
      'spec.hostNetwork': String(fieldAt(pod, 'spec', 'hostNetwork') === true),
      'status.phase': text('status', 'phase'),
      'status.podIP': text('status', 'podIP'),
      'status.nominatedNodeName': text('status', 'nominatedNodeName'),
    };
  },
  gracePeriodSeconds: (pod, asked) => {
    const phase = fieldAt(pod, 'status', 'phase');
    // Nobody would confirm the end of a Pod that is on no node, or that has ended.
    if (textOf(fieldAt(pod, 'spec', 'nodeName')) === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
    const own = fieldAt(pod, 'spec', 'terminationGracePeriodSeconds');
    return Math.max(0, asked ?? (typeof own === 'number' ? own : 30));
  },
};

function tolerates(toleration: JsonObject, key: string): boolean {
  const effect = textOf(toleration.effect);
  if (effect !== '' && effect !== 'NoExecute') return false;
  const own = textOf(toleration.key);
  return own === key || (own === '' && toleration.operator === 'Exists');
}

function qosClass(spec: JsonObject): string {
  const all = [...objectsIn(spec.containers), ...objectsIn(spec.initContainers)];
  const amounts = all.map((c) => ({
    requests: (fieldAt(c, 'resources', 'requests') ?? {}) as JsonObject,
    limits: (fieldAt(c, 'resources', 'limits') ?? {}) as JsonObject,
  }));
  if (amounts.every((a) => Object.keys(a.requests).length === 0 && Object.keys(a.limits).length === 0))
    return 'BestEffort';
  const guaranteed = amounts.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((r) => limits[r] !== undefined && equalJson(limits[r], requests[r])),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** What every Pod and every template must have. `prefix` is the path of the Pod's spec. */
export function containerErrors(holder: KubeObject, prefix = 'spec'): StatusCause[] {
  const spec = fieldAt(holder, ...prefix.split('.'));
  const containers = objectsIn(fieldAt(spec, 'containers'));
  if (containers.length === 0)
    return [{ reason: 'FieldValueRequired', message: 'Required value', field: `${prefix}.containers` }];
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const field = `${prefix}.containers[${String(i)}]`;
    const name = textOf(container.name);
    if (names.has(name))
      causes.push({
        reason: 'FieldValueDuplicate',
        message: `Duplicate value: ${JSON.stringify(name)}`,
        field: `${field}.name`,
      });
    names.add(name);
    if (textOf(container.image) === '' && prefix === 'spec')
      causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: `${field}.image` });
  }
  return causes;
}

/** Of a Pod's spec only images, tolerations and a few numbers may change; and it may be bound to a node once. */
function immutableErrors(pod: KubeObject, old: KubeObject): StatusCause[] {
  const fixed = (object: KubeObject): unknown => {
    const { activeDeadlineSeconds: _a, tolerations: _t, terminationGracePeriodSeconds: _g, ...spec } = specOf(object);
    const images = (list: unknown): unknown => objectsIn(list).map(({ image: _i, ...container }) => container);
    return { ...spec, containers: images(spec.containers), initContainers: images(spec.initContainers) };
  };
  const before = fixed(old) as JsonObject;
  const after = fixed(pod) as JsonObject;
  if (textOf(before.nodeName) === '') delete after.nodeName;
  if (equalJson(before, after)) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      field: 'spec',
    },
  ];
}

/** The labels of the template of a workload. */
export function templateLabels(workload: KubeObject): JsonObject {
  const labels = fieldAt(workload, 'spec', 'template', 'metadata', 'labels');
  return (labels ?? {}) as JsonObject;
}

/** The Pod spec of a workload's template, with its defaults filled in. */
export function defaultTemplate(spec: JsonObject): void {
  defaultPodSpec(objectIn(objectIn(spec, 'template'), 'spec'));
}
