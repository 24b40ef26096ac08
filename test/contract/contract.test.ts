// The Kubernetes API as its documentation describes it, in cases. Against the lab, or against a real API server:
// KUBEBUILDER_ASSETS names a folder with `kube-apiserver` and `etcd`, CONTRACT_KUBECONFIG the kubeconfig of a running cluster.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { ApiConnection } from './api-connection.ts';
import { defaultAccount } from './accounts.ts';
import { accessReviews } from './cases/authz-reviews.ts';
import { accounts } from './cases/pod-accounts.ts';
import { apply } from './cases/apply.ts';
import { auth } from './cases/auth.ts';
import { grants } from './cases/authz-grants.ts';
import { tokens } from './cases/auth-tokens.ts';
import { bootstrapObjects } from './cases/bootstrap.ts';
import { compaction } from './cases/compaction.ts';
import { conversions } from './cases/conversion.ts';
import { crds } from './cases/crds.ts';
import { definitionLifecycle } from './cases/crds-lifecycle.ts';
import { definitionRefusals } from './cases/crds-refusals.ts';
import { definitionRules } from './cases/crds-rules.ts';
import { crud } from './cases/crud.ts';
import { deletion } from './cases/deletion.ts';
import { discovery } from './cases/discovery.ts';
import { signingRequests } from './cases/signing-requests.ts';
import { dryRunAndFieldValidation } from './cases/dry-run-field-validation.ts';
import { impersonation } from './cases/impersonation.ts';
import { listOptions } from './cases/list-options.ts';
import { immutableFields } from './cases/immutable.ts';
import { listsAndPagination } from './cases/lists-pagination.ts';
import { nodesLeasesAndEvents } from './cases/nodes-leases-events.ts';
import { patches } from './cases/patches.ts';
import { protobufBodies } from './cases/protobuf.ts';
import { representations } from './cases/representations.ts';
import { statusErrors } from './cases/status-errors.ts';
import { structuralSchemas } from './cases/structural-schemas.ts';
import { streams } from './cases/streams.ts';
import { strategyDefaults } from './cases/strategies-defaults.ts';
import { podRefusals, serviceRefusals } from './cases/strategies-refusals.ts';
import { versions } from './cases/versions.ts';
import { watches } from './cases/watch.ts';
import { workloadRefusals, workloadSelectors } from './cases/workloads-refusals.ts';
import { World } from './contract-case.ts';
import { knownDifferencesOfTheLab } from './known-differences.ts';
import { startContractServer, type ContractServer } from './contract-server.ts';
import { establish, widgetDefinition } from './widget-definition.ts';

const server: ContractServer = await startContractServer(process.env);
const api = await ApiConnection.open(server.kubeconfig);
const world = new World(api, Date.now().toString(36), server.compact);

const topics = {
  discovery,
  'addresses and versions': versions,
  crud,
  'status errors': statusErrors,
  'lists and pagination': listsAndPagination,
  'options of lists': listOptions,
  representations,
  'protobuf bodies': protobufBodies,
  'logs and streams of Pods': streams,
  watches,
  'server-side apply': apply,
  patches,
  deletion,
  'custom resource definitions': crds,
  'what definitions are refused for': definitionRefusals,
  'schemas of definitions': structuralSchemas,
  'how definitions live': definitionLifecycle,
  'versions of custom resources': conversions,
  'rules of definitions': definitionRules,
  'dry run and field validation': dryRunAndFieldValidation,
  'defaults of built-in kinds': strategyDefaults,
  'what Pods and Services are refused for': [...podRefusals, ...serviceRefusals],
  'what workloads are refused for': [...workloadRefusals, ...workloadSelectors],
  'what cannot change': immutableFields,
  'nodes, leases, events and autoscalers': nodesLeasesAndEvents,
  'authentication and authorization': auth,
  impersonation,
  'questions about access': accessReviews,
  'tokens of service accounts': tokens,
  'accounts of Pods': accounts,
  'certificate signing requests': signingRequests,
  'grants of roles': grants,
  'what a server begins with': bootstrapObjects,
  'reads of a forgotten past': compaction,
};

beforeAll(async () => {
  await world.given('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: world.namespace },
  });
  // Its controller runs beside a whole cluster only, and Pods need it.
  if (server.controllers) await defaultAccount(world);
  else await world.given(world.core('serviceaccounts'), { metadata: { name: 'default' } });
  await establish(world, widgetDefinition(world.group));
}, 120_000);

afterAll(async () => {
  await api.call('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${world.group}`);
  await api.call('DELETE', `/api/v1/namespaces/${world.namespace}`);
  await api.close();
  await server.close();
});

const known = (title: string): boolean => server.lab && knownDifferencesOfTheLab.has(title);

for (const [topic, cases] of Object.entries(topics))
  describe(`${server.description}: ${topic}`, () => {
    for (const { title, needs, compacts, run } of cases)
      if (needs === undefined)
        (known(title) ? it.fails : it.skipIf(compacts === true && !server.compact))(title, () => run(world));
  });

describe(`${server.description}: what controllers do`, () => {
  beforeAll(() => server.startControllers?.());

  const runs = server.controllers || server.startControllers !== undefined;
  for (const { title, needs, run } of Object.values(topics).flat())
    if (needs !== undefined)
      (known(title) ? it.fails : it.skipIf(!runs))(`${title} (needs the ${needs})`, () => run(world));
});
