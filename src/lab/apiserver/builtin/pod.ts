import { fieldAt } from '../../../kube/index.ts';
import { equalJson, objectsIn, setDefault, textOf, type JsonObject } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import { specOf } from './define.ts';
import { defaultPodSpec } from './pod-template.ts';
import { newPodFaults, podSpecFaults, podUpdateFaults } from './rules/pod-rules.ts';

const NO_EXECUTE_SECONDS = 300;

/** Tolerations that admission adds to every Pod, so that a node's trouble drives it out only after a while. */
const standardTolerations = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: NO_EXECUTE_SECONDS,
}));

function addTolerations(spec: JsonObject): void {
  const tolerations = objectsIn(spec.tolerations);
  const missing = standardTolerations.filter((s) => !tolerations.some((t) => tolerates(t, s.key)));
  if (missing.length > 0) spec.tolerations = [...tolerations, ...missing.map((t) => ({ ...t }))];
}

export const podStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (pod) => {
    const spec = specOf(pod);
    defaultPodSpec(spec);
    setDefault(spec, 'enableServiceLinks', true);
  },
  prepareForCreate: (pod) => {
    const spec = specOf(pod);
    setDefault(spec, 'priority', 0);
    setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
    addTolerations(spec);
    pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
  },
  prepareForUpdate: (pod) => addTolerations(specOf(pod)),
  validate: (pod, old) => [
    ...podSpecFaults('spec', pod.spec),
    ...(old ? podUpdateFaults(pod, old) : newPodFaults(pod)),
  ],
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
