import { describe, expect, it } from 'vitest';
import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isJsonObject } from '../../../kube/schema/index.ts';
import { coreCrds } from '../../../kube/crds/index.ts';
import { definitionOfCrd } from '../crd/definition-of-crd.ts';
import { builtInResources } from '../builtin/index.ts';
import { ResourceRegistry } from '../resource-registry.ts';
import { OpenApiDocuments } from './open-api-documents.ts';

function registryWithMachines(): ResourceRegistry {
  const registry = new ResourceRegistry(builtInResources);
  for (const crd of coreCrds) {
    const definition = definitionOfCrd(crd);
    if (definition !== undefined) registry.set(definition);
  }
  return registry;
}

function parsed(documents: OpenApiDocuments, path: string): unknown {
  return JSON.parse(documents.document(path)?.text ?? 'null');
}

/** Every `$ref` below a value. */
function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    key === '$ref' && typeof entry === 'string' ? [entry] : referencesIn(entry),
  );
}

describe('OpenApiDocuments', () => {
  const documents = new OpenApiDocuments(registryWithMachines(), 'v1.33.7');

  it('lists a document for every group version, with the hash of its content in the address', () => {
    const { paths } = documents.index();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/cluster.x-k8s.io/v1beta1']),
    );
    expect(paths['apis/apps/v1']?.serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
  });

  it('refers to components of the same document only', () => {
    for (const path of Object.keys(documents.index().paths)) {
      const document = parsed(documents, path);
      const components = Object.keys(fieldAt(document, 'components', 'schemas') as object);
      const missing = referencesIn(document).filter(
        (ref) => !components.includes(ref.replace('#/components/schemas/', '')),
      );
      expect(missing, path).toEqual([]);
    }
  });

  it('says for every kind which path has it and that its PATCH takes fieldValidation', () => {
    const document = parsed(documents, 'apis/apps/v1');
    const patch = fieldAt(document, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch');
    expect(fieldAt(patch, 'x-kubernetes-group-version-kind')).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
    const parameters = fieldAt(patch, 'parameters') as { name: string }[];
    expect(parameters.map((p) => p.name)).toContain('fieldValidation');
    expect(Object.keys(fieldAt(patch, 'requestBody', 'content') as object)).toContain(
      'application/strategic-merge-patch+json',
    );
  });

  it('describes built-in fields by reference, with their patch keys', () => {
    const containers = fieldAt(
      parsed(documents, 'api/v1'),
      'components',
      'schemas',
      'io.k8s.api.core.v1.PodSpec',
      'properties',
      'containers',
    );
    expect(containers).toMatchObject({
      type: 'array',
      description: expect.stringMatching(/^The containers/) as string,
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
      'x-kubernetes-patch-merge-key': 'name',
    });
  });

  it('describes custom resources under their reversed group, without strategic merge', () => {
    const document = parsed(documents, 'apis/cluster.x-k8s.io/v1beta1');
    const machine = fieldAt(document, 'components', 'schemas', 'io.x-k8s.cluster.v1beta1.Machine');
    expect(machine).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: 'cluster.x-k8s.io', version: 'v1beta1', kind: 'Machine' }],
      properties: {
        metadata: {
          description: expect.any(String) as string,
          allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
        },
        spec: { properties: { providerID: { type: 'string' } } },
      },
    });
    const path = '/apis/cluster.x-k8s.io/v1beta1/namespaces/{namespace}/machines/{name}';
    const content = fieldAt(document, 'paths', path, 'patch', 'requestBody', 'content') as object;
    expect(Object.keys(content)).not.toContain('application/strategic-merge-patch+json');
  });

  it('changes the hash of a group version when a CRD of it changes, and only that', () => {
    const registry = registryWithMachines();
    const changing = new OpenApiDocuments(registry, 'v1.33.7');
    const before = changing.index().paths;
    const machines = coreCrds.find((crd) => crd.metadata.name === 'machines.cluster.x-k8s.io');
    const changed = definitionOfCrd(withField(machines as KubeObject));
    if (changed !== undefined) registry.set(changed);
    const after = changing.index().paths;
    expect(after['apis/apps/v1']).toEqual(before['apis/apps/v1']);
    expect(after['apis/cluster.x-k8s.io/v1beta1']).not.toEqual(before['apis/cluster.x-k8s.io/v1beta1']);
    expect(changing.document('apis/cluster.x-k8s.io/v1beta1')?.text).toContain('somethingNew');
  });

  it('has no document for what is not served', () => {
    expect(documents.document('apis/nowhere/v1')).toBeUndefined();
    expect(documents.document('../etc/passwd')).toBeUndefined();
  });
});

function withField(crd: KubeObject): KubeObject {
  const copy = structuredClone(crd);
  const versions = fieldAt(copy, 'spec', 'versions') as {
    schema: { openAPIV3Schema: { properties: Record<string, unknown> } };
  }[];
  for (const version of versions) version.schema.openAPIV3Schema.properties['somethingNew'] = { type: 'string' };
  return copy;
}
