import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { isObject, objectsIn, textOf } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { duplicate, forbidden, GoSyntax, invalid, nonNegative, oneOf, required } from './faults.ts';
import { cidr, countOrPercent, qualifiedName } from './formats.ts';
import { labelSelectorFaults } from './label-selector.ts';
import { TAINT_EFFECTS } from './scheduling-rules.ts';

/** Nodes, Leases, budgets, priorities, autoscalers: kinds with a few rules each. */

export function nodeFaults(node: KubeObject): StatusCause[] {
  const taints = objectsIn(fieldAt(node, 'spec', 'taints'));
  const seen = new Set<string>();
  const cidrs = fieldAt(node, 'spec', 'podCIDRs');
  return [
    ...taints.flatMap((taint, i) => {
      const at = `metadata.taints[${String(i)}]`;
      const key = textOf(taint.key);
      const effect = textOf(taint.effect);
      const faults = qualifiedName(`${at}.key`, key);
      if (effect === '') faults.push(required(`${at}.effect`));
      else faults.push(...oneOf(`${at}.effect`, effect, TAINT_EFFECTS));
      if (seen.has(`${key}:${effect}`)) {
        const shown = `core.Taint{Key:${JSON.stringify(key)}, Value:${JSON.stringify(textOf(taint.value))}, Effect:${JSON.stringify(effect)}, TimeAdded:<nil>}`;
        const fault = duplicate(at, new GoSyntax(shown));
        faults.push({ ...fault, message: `${fault.message ?? ''}: taints must be unique by key and effect pair` });
      }
      seen.add(`${key}:${effect}`);
      return faults;
    }),
    ...(Array.isArray(cidrs) ? cidrs.flatMap((c, i) => cidr(`spec.podCIDRs[${String(i)}]`, textOf(c))) : []),
  ];
}

export function leaseFaults(lease: KubeObject): StatusCause[] {
  const spec = isObject(lease.spec) ? lease.spec : {};
  const duration = spec.leaseDurationSeconds;
  return [
    ...(typeof duration === 'number' && duration <= 0
      ? [invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
      : []),
    ...nonNegative('spec.leaseTransitions', spec.leaseTransitions),
  ];
}

export function budgetFaults(budget: KubeObject): StatusCause[] {
  const spec = isObject(budget.spec) ? budget.spec : {};
  const faults: StatusCause[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    faults.push(
      invalid(
        'spec',
        // The real message prints the addresses of both pointers; nobody can rely on them.
        new GoSyntax('policy.PodDisruptionBudgetSpec{}'),
        'minAvailable and maxUnavailable cannot be both set',
      ),
    );
  return [
    ...faults,
    ...countOrPercent('spec.minAvailable', spec.minAvailable, true),
    ...countOrPercent('spec.maxUnavailable', spec.maxUnavailable, true),
    ...labelSelectorFaults('spec.selector', spec.selector),
  ];
}

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const systemPriorities = new Set(['system-node-critical', 'system-cluster-critical']);

export function priorityClassFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const { name = '' } = object.metadata;
  const value = object.value;
  const faults: StatusCause[] = [];
  if (name.startsWith('system-')) {
    if (!systemPriorities.has(name))
      faults.push(
        forbidden(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
        ),
      );
  } else if (typeof value === 'number' && value > HIGHEST_USER_PRIORITY)
    faults.push(
      forbidden('value', `maximum allowed value of a user defined priority is ${String(HIGHEST_USER_PRIORITY)}`),
    );
  faults.push(...oneOf('preemptionPolicy', object.preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  if (old && value !== old.value) faults.push(forbidden('value', 'may not be changed in an update.'));
  if (old && object.preemptionPolicy !== old.preemptionPolicy)
    faults.push(invalid('preemptionPolicy', object.preemptionPolicy, 'field is immutable'));
  return faults;
}

export function autoscalerFaults(object: KubeObject): StatusCause[] {
  const spec = isObject(object.spec) ? object.spec : {};
  const max = typeof spec.maxReplicas === 'number' ? spec.maxReplicas : 0;
  const min = typeof spec.minReplicas === 'number' ? spec.minReplicas : 1;
  const faults: StatusCause[] = [];
  if (min < 1) faults.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) faults.push(invalid('spec.maxReplicas', max, 'must be greater than 0'));
  if (max < min) faults.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  for (const field of ['kind', 'name'])
    if (textOf(fieldAt(spec, 'scaleTargetRef', field)) === '') faults.push(required(`spec.scaleTargetRef.${field}`));
  return faults;
}
