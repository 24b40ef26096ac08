import type { RuleFacts } from '../providers/index.ts';

/** What the engine itself says of texts, comments and schemas, in the form of rules: for `explain`, reports and severities. */
export const engineRules: readonly RuleFacts[] = [
  {
    code: 'LINT_UNREADABLE',
    severity: 'error',
    what: 'Every document is YAML or JSON that kubectl can read, without a key that stands twice in a block.',
    why: 'kubectl refuses the whole file, and a second key silently replaces the first in other programs.',
    guide: 'Step 4',
    appliesTo: 'every',
    example: {
      bad: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: b\n',
      good: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n',
    },
  },
  {
    code: 'LINT_NOT_AN_OBJECT',
    severity: 'error',
    what: 'Every document of a manifest is a Kubernetes object with apiVersion, kind and metadata.name.',
    why: 'kubectl apply stops at it, with part of the manifest applied.',
    guide: 'Step 4',
    appliesTo: 'every',
    example: {
      bad: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: cpaas-system\n',
      good: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: cpaas-system\n',
    },
  },
  {
    code: 'LINT_SCHEMA',
    severity: 'error',
    what: 'Every value fits the schema of its kind: types, required fields, allowed values, and the rules of CRDs.',
    why: 'The API server refuses the object when it is applied.',
    guide: 'Step 5',
    appliesTo: 'every',
    example: {
      bad: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: cpaas-system\ndata:\n  replicas: 3\n',
      good: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: cpaas-system\ndata:\n  replicas: "3"\n',
    },
  },
  {
    code: 'LINT_UNKNOWN_FIELD',
    severity: 'error',
    what: 'Every field is one that its kind knows.',
    why: 'The API server drops unknown fields without a word: what was meant by them never happens.',
    guide: 'Step 5',
    appliesTo: 'every',
    example: {
      bad: 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: cpaas-system\nstringdata:\n  user: b\n',
      good: 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: cpaas-system\nstringData:\n  user: b\n',
    },
  },
  {
    code: 'LINT_IGNORE',
    severity: 'error',
    what: 'A comment that ignores a finding names a rule and says why.',
    why: 'Without the reason nobody can tell later whether it still holds.',
    guide: 'Step 4',
    appliesTo: 'every',
    example: {
      bad: '# globalctl-ignore MANIFEST_NAMESPACE\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n',
      good: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: cpaas-system\n',
    },
  },
  {
    code: 'LINT_IGNORE_UNUSED',
    severity: 'warning',
    what: 'A comment that ignores a finding stands where there is one.',
    why: 'A comment that is left over hides the next mistake at its place.',
    guide: 'Step 4',
    appliesTo: 'every',
    example: {
      bad: '# globalctl-ignore LINT_SCHEMA the chart reads numbers\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: cpaas-system\n',
      good: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: cpaas-system\n',
    },
  },
];
