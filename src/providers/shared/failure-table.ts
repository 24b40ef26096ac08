import { conditionsOf } from '../../kube/index.ts';
import type { FailureEvidence, FailureReading } from '../contract.ts';

/** A row of a provider's error table: the sign, and what it means. */
export interface FailureSign extends FailureReading {
  /** A condition that is not true, with this reason. */
  readonly reason?: string;
  /** Words in a condition's message, an event or a log line. */
  readonly words?: RegExp;
}

/** Reads evidence by a table, the first row that matches wins; undefined when none does. */
export function readByTable(signs: readonly FailureSign[], evidence: FailureEvidence): FailureReading | undefined {
  const failing = conditionsOf(evidence.object).filter((condition) => condition.status !== 'True');
  const texts = [...failing.map((condition) => condition.message ?? ''), ...(evidence.messages ?? [])];
  const sign = signs.find(
    ({ reason, words }) =>
      (reason !== undefined && failing.some((condition) => condition.reason === reason)) ||
      (words !== undefined && texts.some((text) => words.test(text))),
  );
  return sign && { cause: sign.cause, cure: sign.cure };
}

/** Signs that mean the same with every provider (runbook §10). */
export const commonSigns: readonly FailureSign[] = [
  {
    words: /no matches for kind|could not find the requested resource/i,
    cause: "The provider's kinds are not installed in the bootstrap cluster.",
    cure: 'Check its AppRelease and its CRDs: kubectl get apprelease -n cpaas-system; kubectl get crd.',
  },
  {
    words: /(ErrImagePull|ImagePullBackOff)/,
    cause: 'A node cannot pull an image: the registry address is not reachable from the subnet of the nodes.',
    cure: 'Check annotation cpaas.io/registry-address of Cluster global and the route from the nodes to it.',
  },
  {
    words: /x509|certificate (signed by unknown|has expired)|tls:/i,
    cause: 'The infrastructure API shows a certificate that is not trusted.',
    cure: 'Check address, thumbprint or CA of the API endpoint, and that no proxy stands between.',
  },
  {
    words: /401 Unauthorized|invalid credential|authentication failed/i,
    cause: 'The infrastructure API refuses the credentials.',
    cure: 'Put the right user and password into the credential Secret; the provider reads it again by itself.',
  },
  {
    words: /connection refused|no route to host|i\/o timeout|context deadline exceeded/i,
    cause: 'An address does not answer from where the provider runs.',
    cure: 'Check the route from the bootstrap host to the infrastructure API and to the control plane VIP.',
  },
  {
    words: /quota|insufficient (capacity|resource|disk)|no space left/i,
    cause: 'The infrastructure has no quota or no space left for the machine.',
    cure: 'Ask the administrator of the infrastructure for more, or free some; the provider tries again by itself.',
  },
  {
    reason: 'WaitingForIPAllocation',
    cause: 'The machine runs, and its guest has not reported an address.',
    cure: 'Look at the console of the machine: its network, and the guest tools of its image.',
  },
];
