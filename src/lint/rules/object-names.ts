import { splitApiVersion } from '../../kube/index.ts';
import {
  INSTALLER_REQUEST,
  isDnsLabel,
  isDnsSubdomain,
  isServiceName,
  slip,
  type ObjectsRule,
  type ObjectsView,
  type PlacedObject,
} from '../../providers/index.ts';

interface NameForm {
  readonly accepts: (name: string) => boolean;
  readonly expected: string;
}

const words = 'lower-case letters, digits and hyphens, a letter or digit at both ends';
const subdomain: NameForm = { accepts: isDnsSubdomain, expected: `${words}; dots between such parts; at most 253` };
const label: NameForm = { accepts: isDnsLabel, expected: `${words}, at most 63` };
const service: NameForm = { accepts: isServiceName, expected: `${words}, a letter first, at most 63` };
/** Roles and their bindings, such as system:cloud-controller-manager, are one step of a URL. */
const step: NameForm = {
  accepts: (name) => !/[/%]/.test(name) && name !== '.' && name !== '..',
  expected: 'a name without slash and per cent sign',
};

/** What the API server, Cluster API or the provider takes as the name of an object. */
function formOf({ provider, scope }: ObjectsView, { object }: PlacedObject): NameForm | undefined {
  const { apiVersion, kind } = object;
  // Their one name is the matter of another rule.
  const ofGlobal = kind === 'Cluster' || kind === provider?.kinds.cluster.kind;
  if (kind === INSTALLER_REQUEST || (scope.role === 'global' && ofGlobal)) return undefined;
  const { group } = splitApiVersion(apiVersion);
  if (group === 'rbac.authorization.k8s.io') return step;
  if (group === '' && kind === 'Service') return service;
  if (group === '' && kind === 'Namespace') return label;
  // Its name becomes a label of its machines, and DCS takes templates by such names alone (dcs.md §8.10).
  if (kind === 'MachineDeployment' || kind === 'DCSMachineTemplate') return label;
  return subdomain;
}

export const objectNames: ObjectsRule = {
  code: 'MANIFEST_NAME_FORM',
  severity: 'error',
  what: 'Names of objects are of the form that Kubernetes demands of their kind: DNS names of 253 or 63 characters.',
  why: 'Seen when it is applied: the API server refuses the object, with what stands before it applied; a deployment with too long a name makes no machine.',
  guide: 'Naming Convention',
  needsProvider: false,
  appliesTo: 'every',
  example: slip(
    `kind: MachineDeployment
metadata:
  name: global-md-0
`,
    'name: global-md-0',
    'name: global-md_0',
  ),
  *check(view) {
    for (const at of view.objects) {
      const form = formOf(view, at);
      const name = String(at.object.metadata.name);
      if (form && !/\$\{|^<.*>$/.test(name) && !form.accepts(name))
        yield {
          at,
          path: ['metadata', 'name'],
          message: `${name.length > 80 ? `a name of ${String(name.length)} characters` : name} cannot be the name of a ${at.object.kind}`,
          expected: form.expected,
          found: name,
        };
      const { namespace } = at.object.metadata;
      if (typeof namespace === 'string' && !/\$\{|^<.*>$/.test(namespace) && !isDnsLabel(namespace))
        yield {
          at,
          path: ['metadata', 'namespace'],
          message: `${namespace} cannot be the name of a namespace`,
          expected: label.expected,
          found: namespace,
        };
    }
  },
};
