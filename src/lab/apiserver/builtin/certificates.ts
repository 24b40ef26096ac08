import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, textOf } from '../json.ts';
import { apiTime } from '../object-lifecycle.ts';
import type { Column, ResourceDefinition, Strategy } from '../resource-definition.ts';
import { ageColumn, nameColumn, printedDuration, textAt, textColumn } from './columns.ts';
import { builtIn, specOf } from './define.ts';
import { signingRequestFaults, signingStatusFaults } from './rules/certificate-rules.ts';

/** CertificateSigningRequests are kept, approved and denied; nobody signs them. */
const signingStrategy: Partial<Strategy> = {
  unconditionalUpdate: true,
  prepareForCreate: (object, { user }) => {
    const spec = specOf(object);
    // Whatever the writer says of himself: the server knows who he is.
    for (const field of ['username', 'uid', 'groups', 'extra']) Reflect.deleteProperty(spec, field);
    spec.username = user.username;
    if (user.uid !== undefined) spec.uid = user.uid;
    if (user.groups.length > 0) spec.groups = [...user.groups];
    if (user.extra !== undefined && Object.keys(user.extra).length > 0) spec.extra = { ...user.extra };
  },
  prepareForUpdate: (object, old) => {
    object.spec = old.spec;
  },
  prepareForSubresource: (object, old, { subresource, nowMs }) => {
    const status = objectIn(object, 'status');
    const before = isObject(old.status) ? old.status : {};
    if (subresource === 'approval') object.status = { ...before, conditions: status.conditions };
    const known = objectsIn(before.conditions);
    for (const condition of objectsIn(status.conditions)) {
      const same = known.find(({ type }) => type === condition.type);
      condition.lastUpdateTime ??= apiTime(nowMs);
      condition.lastTransitionTime ??=
        same !== undefined && same.status === condition.status ? same.lastTransitionTime : apiTime(nowMs);
    }
  },
  validate: signingRequestFaults,
  validateSubresource: signingStatusFaults,
  selectableFields: (object) => ({ 'spec.signerName': textAt(object, 'spec', 'signerName') }),
};

function conditionText(object: KubeObject): string {
  const conditions = objectsIn(fieldAt(object, 'status', 'conditions'));
  const decision = conditions.find(({ type }) => type === 'Approved' || type === 'Denied');
  const words = [decision ? textOf(decision.type) : 'Pending'];
  if (conditions.some(({ type }) => type === 'Failed')) words.push('Failed');
  if (textAt(object, 'status', 'certificate') !== '') words.push('Issued');
  return words.join(',');
}

const columns: readonly Column[] = [
  nameColumn,
  ageColumn,
  textColumn('SignerName', (o) => textAt(o, 'spec', 'signerName'), { none: '<none>' }),
  textColumn('Requestor', (o) => textAt(o, 'spec', 'username')),
  textColumn('RequestedDuration', (o) => {
    const seconds = fieldAt(o, 'spec', 'expirationSeconds');
    return typeof seconds === 'number' ? printedDuration(seconds * 1000) : '<none>';
  }),
  textColumn('Condition', conditionText),
];

/** The group `certificates.k8s.io`. */
export const certificateResources: readonly ResourceDefinition[] = [
  builtIn('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', {
    shortNames: ['csr'],
    clusterScoped: true,
    status: true,
    subresources: ['approval'],
    strategy: signingStrategy,
    columns,
  }),
];
