import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { objectsIn, textOf } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { duplicate, forbidden, GoSyntax, invalid, notSupported, required } from './faults.ts';

/** What a certificate may be for (certificates.k8s.io/v1). */
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const SHORTEST_SECONDS = 600;
const SIGNER = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

export function signingRequestFaults(object: KubeObject): StatusCause[] {
  const { request, usages, signerName, expirationSeconds } = (object.spec ?? {}) as Record<string, unknown>;
  const faults: StatusCause[] = [];
  const bytes = Buffer.from(textOf(request), 'base64');
  if (!bytes.toString('latin1').includes('-----BEGIN CERTIFICATE REQUEST-----')) {
    const source = `[]byte{${[...bytes].map((byte) => `0x${byte.toString(16)}`).join(', ')}}`;
    faults.push(invalid('spec.request', new GoSyntax(source), 'PEM block type must be CERTIFICATE REQUEST'));
  }
  faults.push(...usageFaults(usages), ...signerFaults(textOf(signerName)));
  if (typeof expirationSeconds === 'number' && expirationSeconds < SHORTEST_SECONDS)
    faults.push(
      invalid(
        'spec.expirationSeconds',
        expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    );
  return faults;
}

function usageFaults(usages: unknown): StatusCause[] {
  if (!Array.isArray(usages) || usages.length === 0) return [required('spec.usages')];
  return usages.flatMap((usage, index) => {
    const field = `spec.usages[${String(index)}]`;
    return [
      ...(USAGES.includes(textOf(usage)) ? [] : [notSupported(field, usage, USAGES)]),
      ...(usages.indexOf(usage) < index ? [duplicate(field, usage)] : []),
    ];
  });
}

function signerFaults(name: string): StatusCause[] {
  if (name === '') return [required('spec.signerName')];
  if (name === 'kubernetes.io/legacy-unknown')
    return [invalid('spec.signerName', name, 'the legacy signerName is not allowed via this API version')];
  return SIGNER.test(name)
    ? []
    : [
        invalid(
          'spec.signerName',
          name,
          "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        ),
      ];
}

/** Approval and denial are added where they may be, once, and never taken back. */
export function signingStatusFaults(object: KubeObject, old: KubeObject, subresource: string): StatusCause[] {
  const conditions = objectsIn(fieldAt(object, 'status', 'conditions'));
  const before = objectsIn(fieldAt(old, 'status', 'conditions'));
  const faults = conditions.flatMap((condition, index) =>
    textOf(condition.status) === '' ? [required(`status.conditions[${String(index)}].status`)] : [],
  );
  for (const type of ['Approved', 'Denied']) {
    const [has, had] = [conditions, before].map((list) => list.some((condition) => condition.type === type));
    if (has === had) continue;
    if (had === true)
      faults.push(forbidden('status.conditions', `updates may not remove a condition of type "${type}"`));
    else if (subresource !== 'approval')
      faults.push(forbidden('status.conditions', `updates may not add a condition of type "${type}"`));
  }
  return faults;
}
