import { equalJson, isObject, objectsIn, textOf } from '../../json.ts';
import type { KubeObject } from '../../../../kube/index.ts';
import type { StatusCause } from '../../status-error.ts';
import { GoSyntax, invalid, notSupported, oneOf, required } from './faults.ts';
import { goTexts } from './formats.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Rules of a Role or ClusterRole. */
export function roleFaults(role: KubeObject): StatusCause[] {
  const filled = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
  return objectsIn(role.rules).flatMap((rule, i) => {
    const at = `rules[${String(i)}]`;
    const faults = filled(rule.verbs) ? [] : [required(`${at}.verbs`, 'verbs must contain at least one value')];
    if (filled(rule.nonResourceURLs)) {
      if (role.kind === 'Role')
        faults.push(
          invalid(
            `${at}.nonResourceURLs`,
            new GoSyntax(goTexts(rule.nonResourceURLs as unknown[])),
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      return faults;
    }
    if (!filled(rule.apiGroups))
      faults.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!filled(rule.resources))
      faults.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return faults;
  });
}

/** The role of a binding is for ever, and its subjects have names. */
export function bindingFaults(binding: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const role = isObject(binding.roleRef) ? binding.roleRef : {};
  const kinds = binding.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ['Role', 'ClusterRole'];
  const faults: StatusCause[] = oneOf('roleRef.apiGroup', role.apiGroup, [RBAC]);
  if (!kinds.includes(textOf(role.kind))) faults.push(notSupported('roleRef.kind', textOf(role.kind), kinds));
  if (textOf(role.name) === '') faults.push(required('roleRef.name'));
  objectsIn(binding.subjects).forEach((subject, i) => {
    const at = `subjects[${String(i)}]`;
    if (textOf(subject.name) === '') faults.push(required(`${at}.name`));
    switch (subject.kind) {
      case 'ServiceAccount':
        if (binding.kind === 'ClusterRoleBinding' && textOf(subject.namespace) === '')
          faults.push(required(`${at}.namespace`));
        break;
      case 'User':
      case 'Group':
        break;
      default:
        faults.push(notSupported(`${at}.kind`, textOf(subject.kind), ['ServiceAccount', 'User', 'Group']));
    }
  });
  if (old && !equalJson(binding.roleRef, old.roleRef)) {
    const shown = `rbac.RoleRef{APIGroup:${JSON.stringify(role.apiGroup)}, Kind:${JSON.stringify(role.kind)}, Name:${JSON.stringify(role.name)}}`;
    faults.push(invalid('roleRef', new GoSyntax(shown), 'cannot change roleRef'));
  }
  return faults;
}
