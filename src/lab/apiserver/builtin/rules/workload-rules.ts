import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { equalJson, isObject, textOf, type JsonObject } from '../../json.ts';
import { parseLabelSelector, selectorText } from '../../selector.ts';
import type { StatusCause } from '../../status-error.ts';
import { forbidden, GoSyntax, immutable, invalid, nonNegative, notSupported, oneOf, required } from './faults.ts';
import { countOrPercent, goIntOrString, goTextMap, labelMap } from './formats.ts';
import { goLabelSelector, isEmptySelector, labelSelectorFaults } from './label-selector.ts';
import { podSpecFaults } from './pod-rules.ts';

/** What Deployments, ReplicaSets, DaemonSets and StatefulSets have in common, and what each has of its own. */

const NO_MATCH = '`selector` does not match template `labels`';

/** Labels of the template that the selector does not find. */
export function selectorMatchFaults(object: KubeObject): StatusCause[] {
  const labels = fieldAt(object, 'spec', 'template', 'metadata', 'labels');
  const matches = parseLabelSelector(selectorText(fieldAt(object, 'spec', 'selector')));
  if (matches?.((isObject(labels) ? labels : {}) as Record<string, string>) === true) return [];
  return [invalid('spec.template.metadata.labels', new GoSyntax(goTextMap(labels)), NO_MATCH)];
}

function selectorFaults(object: KubeObject, kind: string): StatusCause[] {
  const selector = fieldAt(object, 'spec', 'selector');
  if (!isObject(selector)) return [required('spec.selector')];
  const faults = labelSelectorFaults('spec.selector', selector);
  if (isEmptySelector(selector))
    faults.push(invalid('spec.selector', goLabelSelector(selector), `empty selector is invalid for ${kind}`));
  return faults;
}

/** The template of what runs for ever. */
export function templateFaults(object: KubeObject, restartPolicies: readonly string[] = ['Always']): StatusCause[] {
  const template = fieldAt(object, 'spec', 'template');
  const spec = fieldAt(template, 'spec');
  const faults = [
    // The real server leaves `metadata` out of this path.
    ...labelMap('spec.template.labels', fieldAt(template, 'metadata', 'labels')),
    ...podSpecFaults('spec.template.spec', spec),
  ];
  const policy = fieldAt(spec, 'restartPolicy');
  if (!restartPolicies.includes(textOf(policy)))
    faults.push(notSupported('spec.template.spec.restartPolicy', policy, restartPolicies));
  if (fieldAt(spec, 'activeDeadlineSeconds') !== undefined)
    faults.push(
      forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported'),
    );
  return faults;
}

function numbers(object: KubeObject, fields: readonly string[]): StatusCause[] {
  return fields.flatMap((field) => nonNegative(`spec.${field}`, fieldAt(object, 'spec', field)));
}

function immutableSelector(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const selector = fieldAt(object, 'spec', 'selector');
  return old && !equalJson(selector, fieldAt(old, 'spec', 'selector'))
    ? [immutable('spec.selector', goLabelSelector(selector))]
    : [];
}

export function deploymentFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const selector = selectorFaults(object, 'deployment');
  const deadline = fieldAt(object, 'spec', 'progressDeadlineSeconds');
  const minReady = fieldAt(object, 'spec', 'minReadySeconds') ?? 0;
  return [
    ...numbers(object, ['replicas']),
    ...selector,
    ...(selector.length > 0 && isObject(fieldAt(object, 'spec', 'selector')) ? [] : selectorMatchFaults(object)),
    ...templateFaults(object),
    ...(isBroken(selector) ? [invalidSelector(object)] : []),
    ...rolloutFaults(object),
    ...numbers(object, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
    ...(typeof deadline === 'number' && deadline <= (minReady as number)
      ? [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
    ...immutableSelector(object, old),
  ];
}

const isBroken = (faults: readonly StatusCause[]): boolean => faults.some((f) => f.field !== 'spec.selector');

function invalidSelector(object: KubeObject): StatusCause {
  return invalid('spec.selector', goLabelSelector(fieldAt(object, 'spec', 'selector')), 'invalid label selector');
}

function rolloutFaults(object: KubeObject): StatusCause[] {
  const strategy = fieldAt(object, 'spec', 'strategy');
  const type = textOf(fieldAt(strategy, 'type'));
  const rolling = fieldAt(strategy, 'rollingUpdate');
  if (type === 'Recreate')
    return rolling === undefined
      ? []
      : [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
  if (type !== 'RollingUpdate') {
    const shown = new GoSyntax(
      `apps.DeploymentStrategy{Type:${JSON.stringify(type)}, RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}`,
    );
    return [notSupported('spec.strategy', shown, ['Recreate', 'RollingUpdate'])];
  }
  const at = 'spec.strategy.rollingUpdate';
  const unavailable = fieldAt(rolling, 'maxUnavailable');
  const surge = fieldAt(rolling, 'maxSurge');
  const faults = [
    ...countOrPercent(`${at}.maxUnavailable`, unavailable, true),
    ...countOrPercent(`${at}.maxSurge`, surge),
  ];
  if (isZero(unavailable) && isZero(surge))
    faults.push(invalid(`${at}.maxUnavailable`, goIntOrString(unavailable), 'may not be 0 when `maxSurge` is 0'));
  return faults;
}

const isZero = (value: unknown): boolean => value === 0 || value === '0%';

export function replicaSetFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const selector = selectorFaults(object, 'deployment');
  return [
    ...numbers(object, ['replicas', 'minReadySeconds']),
    ...selector,
    ...(selector.length > 0 ? [] : selectorMatchFaults(object)),
    ...templateFaults(object),
    ...immutableSelector(object, old),
  ];
}

export function daemonSetFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const selector = selectorFaults(object, 'daemonset');
  return [
    ...selector,
    ...(selector.length > 0 ? [] : selectorMatchFaults(object)),
    ...templateFaults(object),
    ...numbers(object, ['minReadySeconds', 'revisionHistoryLimit']),
    ...daemonUpdateFaults(object),
    ...immutableSelector(object, old),
  ];
}

function daemonUpdateFaults(object: KubeObject): StatusCause[] {
  const strategy = fieldAt(object, 'spec', 'updateStrategy');
  const type = textOf(fieldAt(strategy, 'type'));
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') {
    const shown = new GoSyntax(
      `apps.DaemonSetUpdateStrategy{Type:${JSON.stringify(type)}, RollingUpdate:(*apps.RollingUpdateDaemonSet)(nil)}`,
    );
    return [notSupported('spec.updateStrategy', shown, ['RollingUpdate', 'OnDelete'])];
  }
  const at = 'spec.updateStrategy.rollingUpdate';
  const unavailable = fieldAt(strategy, 'rollingUpdate', 'maxUnavailable');
  const surge = fieldAt(strategy, 'rollingUpdate', 'maxSurge');
  const faults = [
    ...countOrPercent(`${at}.maxUnavailable`, unavailable, true),
    ...countOrPercent(`${at}.maxSurge`, surge, true),
  ];
  if (!isZero(unavailable) && !isZero(surge))
    faults.push(invalid(`${at}.maxSurge`, goIntOrString(surge), 'may not be set when maxUnavailable is non-zero'));
  if (isZero(unavailable) && isZero(surge))
    faults.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return faults;
}

export function statefulSetFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const selector = selectorFaults(object, 'statefulset');
  const policy = fieldAt(object, 'spec', 'podManagementPolicy');
  const fixed = old ? fixedStatefulSetFaults(object, old) : [];
  if (fixed.length > 0) return fixed;
  return [
    ...(policy === 'OrderedReady' || policy === 'Parallel'
      ? []
      : [invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]),
    ...statefulUpdateFaults(object),
    ...['whenDeleted', 'whenScaled'].flatMap((when) =>
      oneOf(
        `spec.persistentVolumeClaimRetentionPolicy.${when}`,
        fieldAt(object, 'spec', 'persistentVolumeClaimRetentionPolicy', when),
        ['Retain', 'Delete'],
      ),
    ),
    ...numbers(object, ['replicas', 'minReadySeconds']),
    ...selector,
    ...(selector.length > 0 ? [] : selectorMatchFaults(object)),
    ...statefulTemplateFaults(object),
  ];
}

/** The Pods of a StatefulSet are judged when they are made: only then the volumes of its claims are among theirs. */
function statefulTemplateFaults(object: KubeObject): StatusCause[] {
  const template = fieldAt(object, 'spec', 'template');
  const policy = fieldAt(template, 'spec', 'restartPolicy');
  return [
    ...labelMap('spec.template.labels', fieldAt(template, 'metadata', 'labels')),
    ...oneOf('spec.template.spec.restartPolicy', policy, ['Always']),
    ...(fieldAt(template, 'spec', 'activeDeadlineSeconds') === undefined
      ? []
      : [
          forbidden(
            'spec.template.spec.activeDeadlineSeconds',
            'activeDeadlineSeconds in StatefulSet is not Supported',
          ),
        ]),
  ];
}

function statefulUpdateFaults(object: KubeObject): StatusCause[] {
  const strategy = fieldAt(object, 'spec', 'updateStrategy');
  const type = textOf(fieldAt(strategy, 'type'));
  const rolling = fieldAt(strategy, 'rollingUpdate');
  const partition = fieldAt(rolling, 'partition') ?? 0;
  if (type === 'RollingUpdate') return nonNegative('spec.updateStrategy.rollingUpdate.partition', partition);
  if (type === 'OnDelete') {
    if (rolling === undefined) return [];
    const shown = new GoSyntax(
      `apps.RollingUpdateStatefulSetStrategy{Partition:${JSON.stringify(partition)}, MaxUnavailable:(*intstr.IntOrString)(nil)}`,
    );
    return [invalid('spec.updateStrategy.rollingUpdate', shown, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  const shown = new GoSyntax(
    `apps.StatefulSetUpdateStrategy{Type:${JSON.stringify(type)}, RollingUpdate:(*apps.RollingUpdateStatefulSetStrategy)(nil)}`,
  );
  return [invalid('spec.updateStrategy', shown, "must be 'RollingUpdate' or 'OnDelete'")];
}

const changeable = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

function fixedStatefulSetFaults(object: KubeObject, old: KubeObject): StatusCause[] {
  const fixed = (o: KubeObject): JsonObject =>
    Object.fromEntries(Object.entries(isObject(o.spec) ? o.spec : {}).filter(([key]) => !changeable.has(key)));
  if (equalJson(fixed(object), fixed(old))) return [];
  return [
    forbidden(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ];
}
