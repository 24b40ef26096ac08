import type { ContractCase } from '../contract-case.ts';
import { ofSchema, refusalCase, version, type Refusal } from '../definition-refusals.ts';

const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const PROTECTED =
  'metadata.annotations[api-approved.kubernetes.io]: %: protected groups must have approval annotation "api-approved.kubernetes.io"%, see https://github.com/kubernetes/enhancements/pull/1111';
const approval = (value: string, detail: string): string => PROTECTED.replace('%', value).replace('%', detail);

const names = (changes: object): Refusal['spec'] => ({ names: { plural: 'things', kind: 'Thing', ...changes } });
const versioned = (changes: object): Refusal['spec'] => ({ versions: [version({ ...changes })] });
const column = (changes: object): Refusal['spec'] =>
  versioned({ additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.a', ...changes }] });
const scale = (changes: object): Refusal['spec'] =>
  versioned({
    subresources: { scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n', ...changes } },
  });
const selectable = (jsonPath: string, schema: object = { type: 'string' }): Refusal['spec'] => ({
  versions: [
    {
      ...(
        ofSchema({ type: 'object', properties: { spec: { type: 'object', properties: { c: schema } } } })[
          'versions'
        ] as object[]
      )[0],
      selectableFields: [{ jsonPath }],
    },
  ],
});
const goVersion = (name: string, storage: boolean): string =>
  `apiextensions.CustomResourceDefinitionVersion{Name:"${name}", Served:true, Storage:${String(storage)}, Deprecated:false, DeprecationWarning:(*string)(nil), Schema:(*apiextensions.CustomResourceValidation)(nil), Subresources:(*apiextensions.CustomResourceSubresources)(nil), AdditionalPrinterColumns:[]apiextensions.CustomResourceColumnDefinition(nil), SelectableFields:[]apiextensions.SelectableField(nil)}`;
const goVersions = (...versions: string[]): string =>
  `spec.versions: Invalid value: []apiextensions.CustomResourceDefinitionVersion{${versions.join(', ')}}`;

const refusals: readonly Refusal[] = [
  {
    title: 'whose kind has an underscore',
    spec: names({ kind: 'Thing_x', singular: 'thing', listKind: 'ThingList' }),
    message: `spec.names.kind: Invalid value: "Thing_x": may have mixed case, but should otherwise match: ${LABEL}`,
  },
  {
    title: 'without a kind',
    spec: names({ kind: '' }),
    message:
      '[spec.names.singular: Required value, spec.names.kind: Required value, spec.names.listKind: Required value]',
  },
  {
    title: 'whose list has the kind of its items',
    spec: names({ listKind: 'Thing' }),
    message: 'spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same',
  },
  {
    title: 'with a short name in capitals',
    spec: names({ shortNames: ['TH'] }),
    message: `spec.names.shortNames[0]: Invalid value: "TH": ${LABEL}`,
  },
  {
    title: 'with a category that is no label',
    spec: names({ categories: ['a b'] }),
    message: `spec.names.categories[0]: Invalid value: "a b": ${LABEL}`,
  },
  { title: 'without a scope', spec: { scope: '' }, message: 'spec.scope: Required value' },
  {
    title: 'of a group without a dot',
    spec: { group: 'foo' },
    message: 'spec.group: Invalid value: "foo": should be a domain with at least one dot',
  },
  {
    title: 'of a protected group without an approval',
    spec: { group: 'contract.k8s.io' },
    message: approval('Required value', ''),
  },
  {
    title: 'of a protected group whose approval is neither an address nor a reason',
    spec: { group: 'contract.k8s.io' },
    metadata: { annotations: { 'api-approved.kubernetes.io': 'yes' } },
    message: approval('Invalid value: "yes"', ' with either a URL or a reason starting with "unapproved"'),
  },
  {
    title: 'without versions',
    spec: { versions: [] },
    message: `[${goVersions()}: must have exactly one version marked as storage version, status.storedVersions: Invalid value: []string(nil): must have at least one stored version]`,
  },
  {
    title: 'with a version twice',
    spec: { versions: [version(), version({ storage: false })] },
    message: `${goVersions(goVersion('v1', true), goVersion('v1', false))}: must contain unique version names`,
  },
  {
    title: 'with two versions to store',
    spec: { versions: [version(), version({ name: 'v2' })] },
    message: `[${goVersions(goVersion('v1', true), goVersion('v2', true))}: must have exactly one version marked as storage version, status.storedVersions: Invalid value: []string{"v1"}: must have the storage version v2]`,
  },
  {
    title: 'with a version in capitals',
    spec: versioned({ name: 'V1' }),
    message: `[spec.versions[0].name: Invalid value: "V1": ${LABEL}, spec.version: Invalid value: "V1": ${LABEL}]`,
  },
  {
    title: 'that warns of a version that is not deprecated',
    spec: versioned({ deprecationWarning: 'x' }),
    message: 'spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions',
  },
  {
    title: 'with a schema in one version only',
    spec: { versions: [version(), { name: 'v2', served: true, storage: false }] },
    message: 'spec.versions[1].schema.openAPIV3Schema: Required value: schemas are required',
  },
  {
    title: 'of two versions, one with a faulty schema, names that version',
    spec: {
      versions: [
        version(),
        version({ name: 'v2', storage: false, schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } } }),
      ],
    },
    message:
      'spec.versions[1].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
  },
  {
    title: 'that scales by a path without a dot',
    spec: scale({ specReplicasPath: 'spec.n' }),
    message:
      'spec.subresources.scale.specReplicasPath: Invalid value: "spec.n": must be a simple json path starting with .',
  },
  {
    title: 'that counts replicas outside of the status',
    spec: scale({ statusReplicasPath: '.spec.n' }),
    message:
      'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status',
  },
  {
    title: 'whose scale has no paths',
    spec: versioned({ subresources: { scale: {} } }),
    message:
      '[spec.subresources.scale.specReplicasPath: Required value, spec.subresources.scale.statusReplicasPath: Required value]',
  },
  {
    title: 'with a selectable field that its schema does not have',
    spec: selectable('.spec.d'),
    message:
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.d": is an invalid path: does not refer to a valid field',
  },
  {
    title: 'with an object as a selectable field',
    spec: selectable('.spec.c', { type: 'object' }),
    message:
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.c": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
  },
  {
    title: 'with a column of no known type',
    spec: column({ type: 'text' }),
    message:
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
  },
  {
    title: 'with a column whose path begins without a dot',
    spec: column({ jsonPath: '{.a}' }),
    message:
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "{.a}": must be a simple json path starting with .',
  },
  {
    title: 'with a column of no known format',
    spec: column({ format: 'zz' }),
    message:
      'spec.additionalPrinterColumns[0].format: Invalid value: "zz": must be one of byte,date,date-time,double,float,int32,int64,password',
  },
  {
    title: 'that converts in no known way',
    spec: { conversion: { strategy: 'Foo' } },
    message: 'spec.conversion.strategy: Unsupported value: "Foo": supported values: "None", "Webhook"',
  },
  {
    title: 'that converts by a webhook it does not name',
    spec: { conversion: { strategy: 'Webhook' } },
    message:
      '[spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook, spec.conversion.conversionReviewVersions: Required value]',
  },
  {
    title: 'with spec.preserveUnknownFields',
    spec: { preserveUnknownFields: true },
    message:
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
  },
];

export const definitionRefusals: readonly ContractCase[] = refusals.map(refusalCase);
