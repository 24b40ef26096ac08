import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { textOf } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { invalid, required } from './faults.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const PROPOSAL = 'https://github.com/kubernetes/enhancements/pull/1111';
const RULE = `protected groups must have approval annotation "${ANNOTATION}"`;

/** What the annotation says of an API of the community's own groups, and the words for it. */
export interface Approval {
  readonly state: 'Approved' | 'Unapproved' | 'Missing' | 'Invalid';
  readonly message: string;
}

/** undefined for a group that needs no approval. */
export function approvalOf(crd: KubeObject): Approval | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(textOf(fieldAt(crd, 'spec', 'group')))) return undefined;
  const text = crd.metadata.annotations?.[ANNOTATION] ?? '';
  if (text === '') return { state: 'Missing', message: `${RULE}, see ${PROPOSAL}` };
  if (text.startsWith('unapproved')) return { state: 'Unapproved', message: `not approved: ${JSON.stringify(text)}` };
  if (URL.canParse(text) && new URL(text).host !== '') return { state: 'Approved', message: `approved in ${text}` };
  return {
    state: 'Invalid',
    message: `${RULE} with either a URL or a reason starting with "unapproved", see ${PROPOSAL}`,
  };
}

/** Refuses what is not approved, unless it stood like this before. */
export function approvalFaults(crd: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const approval = approvalOf(crd);
  if (!approval || (old && approvalOf(old)?.state === approval.state)) return [];
  const at = `metadata.annotations[${ANNOTATION}]`;
  if (approval.state === 'Missing') return [required(at, approval.message)];
  if (approval.state === 'Invalid') return [invalid(at, crd.metadata.annotations?.[ANNOTATION], approval.message)];
  return [];
}

/** The condition of a definition of a protected group. */
export function approvalCondition(crd: KubeObject) {
  const approval = approvalOf(crd);
  return (
    approval && {
      type: 'KubernetesAPIApprovalPolicyConformant',
      status: approval.state === 'Approved' ? ('True' as const) : ('False' as const),
      reason: `${approval.state}Annotation`,
      message: approval.message,
    }
  );
}
