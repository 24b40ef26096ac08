import { fieldAt, textAt, type KubeObject } from './object.ts';

/** What a Lease of `coordination.k8s.io/v1` says about who acts. */
export interface LeaseRecord {
  /** Empty when nobody holds it. */
  readonly holder: string;
  /** How long contenders wait after the last renewal that they saw. */
  readonly durationMs: number;
  /** `leaseTransitions`: how often it has changed hands. */
  readonly transitions: number;
  /** Changes with every renewal and every change of hands, and with nothing else. */
  readonly version: string;
}

export function readLeaseRecord(lease: KubeObject): LeaseRecord {
  const holder = textAt(lease, 'spec', 'holderIdentity') ?? '';
  const transitions = Number(fieldAt(lease, 'spec', 'leaseTransitions') ?? 0);
  const version = JSON.stringify([lease.metadata.uid, holder, transitions, fieldAt(lease, 'spec', 'renewTime')]);
  return {
    holder,
    transitions,
    version,
    durationMs: Number(fieldAt(lease, 'spec', 'leaseDurationSeconds') ?? 1) * 1000,
  };
}

/** A MicroTime of the Kubernetes API: six digits after the second, which its decoder insists on. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
