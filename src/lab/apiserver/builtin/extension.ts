import { conditionOf, fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, setDefault, setDefaultOfZero, type JsonObject } from '../json.ts';
import type { Column, ResourceDefinition, Strategy } from '../resource-definition.ts';
import { ageColumn, createdColumns, nameColumn, textAt, textColumn } from './columns.ts';
import { crdStrategy } from './crd-strategy.ts';
import { builtIn, specOf } from './define.ts';
import { apiServiceFaults, webhookFaults } from './rules/extension-rules.ts';

const ADMISSION = 'admissionregistration.k8s.io/v1';
const WEBHOOK_TIMEOUT_SECONDS = 10;

const webhookColumns: readonly Column[] = [
  nameColumn,
  { name: 'Webhooks', type: 'integer', value: (o) => objectsIn(o.webhooks).length },
  ageColumn,
];

function defaultMatching(holder: JsonObject): void {
  setDefault(holder, 'matchPolicy', 'Equivalent');
  setDefault(holder, 'namespaceSelector', {});
  setDefault(holder, 'objectSelector', {});
}

function defaultWebhook(webhook: JsonObject): void {
  setDefault(webhook, 'failurePolicy', 'Fail');
  defaultMatching(webhook);
  setDefault(webhook, 'timeoutSeconds', WEBHOOK_TIMEOUT_SECONDS);
  for (const rule of objectsIn(webhook.rules)) setDefault(rule, 'scope', '*');
  const service = isObject(webhook.clientConfig) ? webhook.clientConfig.service : undefined;
  if (isObject(service)) setDefault(service, 'port', 443);
}

const validatingStrategy: Partial<Strategy> = {
  validate: webhookFaults,
  unconditionalUpdate: false,
  generation: true,
  applyDefaults: (object) => objectsIn(object.webhooks).forEach(defaultWebhook),
};

const mutatingStrategy: Partial<Strategy> = {
  validate: webhookFaults,
  unconditionalUpdate: false,
  generation: true,
  applyDefaults: (object) => {
    for (const webhook of objectsIn(object.webhooks)) {
      defaultWebhook(webhook);
      setDefault(webhook, 'reinvocationPolicy', 'Never');
    }
  },
};

const policyStrategy: Partial<Strategy> = {
  unconditionalUpdate: false,
  generation: true,
  applyDefaults: (policy) => {
    const spec = specOf(policy);
    setDefault(spec, 'failurePolicy', 'Fail');
    if (!isObject(spec.matchConstraints)) return;
    defaultMatching(spec.matchConstraints);
    for (const list of [spec.matchConstraints.resourceRules, spec.matchConstraints.excludeResourceRules])
      for (const rule of objectsIn(list)) setDefault(rule, 'scope', '*');
  },
};

const policyBindingStrategy: Partial<Strategy> = {
  unconditionalUpdate: false,
  generation: true,
  applyDefaults: (binding) => {
    const { matchResources } = specOf(binding);
    if (isObject(matchResources)) defaultMatching(matchResources);
  },
};

const apiServiceStrategy: Partial<Strategy> = {
  validate: apiServiceFaults,
  unconditionalUpdate: false,
  applyDefaults: (object) => {
    if (isObject(specOf(object).service)) setDefaultOfZero(objectIn(specOf(object), 'service'), 'port', 443);
  },
};

function availability(apiService: KubeObject): string {
  const condition = conditionOf(apiService, 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

const apiServiceColumns: readonly Column[] = [
  nameColumn,
  textColumn('Service', (o) => {
    const service = fieldAt(o, 'spec', 'service');
    return isObject(service)
      ? `${textAt(o, 'spec', 'service', 'namespace')}/${textAt(o, 'spec', 'service', 'name')}`
      : 'Local';
  }),
  textColumn('Available', availability),
  ageColumn,
];

/** Kinds by which the API server itself is extended. */
export const extensionResources: readonly ResourceDefinition[] = [
  builtIn(ADMISSION, 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', {
    categories: ['api-extensions'],
    clusterScoped: true,
    strategy: validatingStrategy,
    columns: webhookColumns,
  }),
  builtIn(ADMISSION, 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', {
    categories: ['api-extensions'],
    clusterScoped: true,
    strategy: mutatingStrategy,
    columns: webhookColumns,
  }),
  builtIn(ADMISSION, 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    categories: ['api-extensions'],
    clusterScoped: true,
    status: true,
    strategy: policyStrategy,
  }),
  builtIn(ADMISSION, 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', {
    categories: ['api-extensions'],
    clusterScoped: true,
    strategy: policyBindingStrategy,
  }),
  builtIn('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    clusterScoped: true,
    status: true,
    storage: 'apiextensions.k8s.io/customresourcedefinitions',
    strategy: crdStrategy,
    columns: createdColumns,
  }),
  builtIn('apiregistration.k8s.io/v1', 'APIService', 'apiservices', {
    categories: ['api-extensions'],
    clusterScoped: true,
    status: true,
    storage: 'apiregistration.k8s.io/apiservices',
    strategy: apiServiceStrategy,
    columns: apiServiceColumns,
  }),
];
