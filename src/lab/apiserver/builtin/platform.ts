import { fieldAt } from '../../../kube/index.ts';
import { setDefault, textOf } from '../json.ts';
import type { Column, ResourceDefinition } from '../resource-definition.ts';
import { ageColumn, nameColumn, numberAt, textAt, textColumn } from './columns.ts';
import { builtIn } from './define.ts';
import { budgetFaults, leaseFaults, priorityClassFaults } from './rules/platform-rules.ts';

const leaseColumns: readonly Column[] = [
  nameColumn,
  textColumn('Holder', (o) => textAt(o, 'spec', 'holderIdentity')),
  ageColumn,
];

const shown = (value: unknown): string => (value === undefined ? 'N/A' : textOf(value) || JSON.stringify(value));

const budgetColumns: readonly Column[] = [
  nameColumn,
  textColumn('Min Available', (o) => shown(fieldAt(o, 'spec', 'minAvailable'))),
  textColumn('Max Unavailable', (o) => shown(fieldAt(o, 'spec', 'maxUnavailable'))),
  { name: 'Allowed Disruptions', type: 'integer', value: (o) => numberAt(o, 'status', 'disruptionsAllowed') },
  ageColumn,
];

/** Leases, budgets, priorities and runtimes. */
export const platformResources: readonly ResourceDefinition[] = [
  builtIn('coordination.k8s.io/v1', 'Lease', 'leases', {
    strategy: { unconditionalUpdate: false, createOnUpdate: true, validate: leaseFaults },
    columns: leaseColumns,
  }),
  builtIn('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    shortNames: ['pdb'],
    status: true,
    strategy: { generation: true, unconditionalUpdate: false, validate: budgetFaults },
    columns: budgetColumns,
  }),
  builtIn('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', {
    shortNames: ['pc'],
    clusterScoped: true,
    strategy: {
      applyDefaults: (object) => {
        setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority');
      },
      validate: priorityClassFaults,
      prepareForCreate: (object) => {
        // Of its life the generation of a PriorityClass is 1.
        object.metadata.generation = 1;
      },
    },
    columns: [
      nameColumn,
      { name: 'Value', type: 'integer', value: (o) => (typeof o.value === 'number' ? o.value : 0) },
      { name: 'Global-Default', type: 'boolean', value: (o) => o.globalDefault === true },
      ageColumn,
      textColumn('PreemptionPolicy', (o) => textOf(o.preemptionPolicy)),
    ],
  }),
  builtIn('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', {
    clusterScoped: true,
    strategy: { unconditionalUpdate: false, createOnUpdate: true },
    columns: [nameColumn, textColumn('Handler', (o) => textOf(o.handler)), ageColumn],
  }),
];
