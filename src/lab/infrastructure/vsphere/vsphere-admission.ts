import { isDeepStrictEqual } from 'node:util';
import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { Validator } from '../../apiserver/index.ts';
import type { VSphereMachineConfigPool } from './objects.ts';

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The words of the template's webhook; a template is replaced, never edited. */
export const TEMPLATE_IMMUTABLE =
  'VSphereMachineTemplate spec.template.spec field is immutable. Please create a new resource instead.';

export function validateTemplate(template: KubeObject, old: KubeObject): Cause[] {
  const path = ['spec', 'template', 'spec'] as const;
  if (isDeepStrictEqual(fieldAt(template, ...path), fieldAt(old, ...path))) return [];
  return [{ reason: 'FieldValueForbidden', field: path.join('.'), message: `Forbidden: ${TEMPLATE_IMMUTABLE}` }];
}

/** Host names once each; the cluster of a pool changes only while nobody uses it. */
export function validatePool(pool: VSphereMachineConfigPool, old?: VSphereMachineConfigPool): Cause[] {
  const causes: Cause[] = [];
  const seen = new Set<string>();
  (pool.spec?.configs ?? []).forEach(({ hostname, persistentDisks = [] }, i) => {
    const at = `spec.configs[${String(i)}]`;
    if (seen.has(hostname))
      causes.push({
        reason: 'FieldValueDuplicate',
        field: `${at}.hostname`,
        message: `Duplicate value: "${hostname}"`,
      });
    seen.add(hostname);
    const names = persistentDisks.map((d) => d.name);
    const twice = names.find((n, j) => names.indexOf(n) !== j);
    if (twice !== undefined)
      causes.push({
        reason: 'FieldValueDuplicate',
        field: `${at}.persistentDisks`,
        message: `Duplicate value: "${twice}"`,
      });
  });
  const moved = old && old.spec?.clusterRef?.name !== pool.spec?.clusterRef?.name;
  if (moved && old.status?.consumerRef)
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'spec.clusterRef',
      message: `Forbidden: the pool is bound to ${old.status.consumerRef.kind} ${old.status.consumerRef.name}`,
    });
  return causes;
}

const group = 'infrastructure.cluster.x-k8s.io';

export const vsphereValidators: Readonly<Record<string, Validator>> = {
  [`vspheremachinetemplates.${group}`]: {
    name: `validation.vspheremachinetemplate.${group}`,
    validate: (operation, object, old) => (operation === 'UPDATE' && old ? validateTemplate(object, old) : undefined),
  },
  [`vspheremachineconfigpools.${group}`]: {
    name: `validation.vspheremachineconfigpool.${group}`,
    validate: (operation, object, old) => (operation === 'DELETE' ? undefined : validatePool(object, old)),
  },
};
