import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../index.ts';
import { customResourceValidator, formatFieldError, isJsonObject, type StructuralSchema } from '../schema/index.ts';
import { coreCrds, dcsCrds, hcsCrds, kubeadmCrds, vsphereCrds } from './index.ts';

interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  schema: { openAPIV3Schema: StructuralSchema };
  subresources?: Record<string, unknown>;
  additionalPrinterColumns?: { name: string; type: string; jsonPath: string; priority?: number }[];
}

interface CrdSpec {
  group: string;
  scope: string;
  names: Record<string, unknown>;
  versions: CrdVersion[];
}

const all = [...coreCrds, ...kubeadmCrds, ...dcsCrds, ...hcsCrds, ...vsphereCrds];
const specOf = (crd: KubeObject): CrdSpec => crd['spec'] as CrdSpec;

function schemaOf(name: string): StructuralSchema {
  const crd = all.find((c) => c.metadata.name === name);
  const schema = crd === undefined ? undefined : specOf(crd).versions.find((v) => v.storage)?.schema.openAPIV3Schema;
  if (schema === undefined) throw new Error(`no CRD ${name}`);
  return schema;
}

const vendorFolder = fileURLToPath(new URL('../../../../shared/crds', import.meta.url));
const hasVendorCrds = existsSync(vendorFolder);
if (!hasVendorCrds)
  process.stderr.write('skipped: comparison with the vendor CRDs (folder ../shared/crds is missing)\n');

function vendorCrds(): Map<string, KubeObject> {
  const found = new Map<string, KubeObject>();
  for (const file of readdirSync(vendorFolder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.yaml')) continue;
    const crd = parse(readFileSync(`${vendorFolder}/${file}`, 'utf8')) as KubeObject;
    found.set(crd.metadata.name ?? '', crd);
  }
  return found;
}

/** Everything that decides about an object, prose left out. */
function essence(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(essence);
  if (!isJsonObject(schema)) return schema;
  const entries = Object.entries(schema).filter(([key, value]) => key !== 'description' || typeof value !== 'string');
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === 'required' && Array.isArray(value) ? [...(value as string[])].sort() : essence(value),
    ]),
  );
}

describe('the CRDs of Cluster API and the providers', () => {
  it('have one storage version each and unique names', () => {
    expect(new Set(all.map((c) => c.metadata.name)).size).toBe(all.length);
    for (const crd of all) expect(specOf(crd).versions.filter((v) => v.storage)).toHaveLength(1);
  });

  describe.skipIf(!hasVendorCrds)('compared with the vendors', () => {
    const vendors = hasVendorCrds ? vendorCrds() : new Map<string, KubeObject>();
    const cases = all.map((crd): [string, KubeObject] => [crd.metadata.name ?? '', crd]);

    it.each(cases)('%s has the names, scope, versions, subresources and columns of the vendor', (name, ours) => {
      const vendor = vendors.get(name);
      expect(vendor, name).toBeDefined();
      if (vendor === undefined) return;
      const outline = (crd: KubeObject): unknown => {
        const { group, names, scope, versions } = specOf(crd);
        return {
          group,
          names,
          scope,
          versions: versions.map(
            ({
              name: version,
              served,
              storage,
              deprecated = false,
              subresources = {},
              additionalPrinterColumns = [],
            }) => ({
              version,
              served,
              storage,
              deprecated,
              subresources,
              columns: storage ? additionalPrinterColumns.map((c) => essence(c)) : [],
            }),
          ),
        };
      };
      expect(outline(ours)).toEqual(outline(vendor));
    });

    it.each(cases)('%s decides about objects as the schema of the vendor does', (name, ours) => {
      const vendor = vendors.get(name);
      if (vendor === undefined) return;
      const stored = (crd: KubeObject): unknown =>
        essence(specOf(crd).versions.find((v) => v.storage)?.schema.openAPIV3Schema);
      expect(stored(ours)).toEqual(stored(vendor));
    });
  });

  it('refuse the userdata format that the guide writes, naming the two that exist', async () => {
    const validator = await customResourceValidator(schemaOf('kubeadmcontrolplanes.controlplane.cluster.x-k8s.io'));
    const object = {
      spec: {
        version: 'v1.33.1',
        machineTemplate: { infrastructureRef: {} },
        kubeadmConfigSpec: { format: 'cloud-init' },
      },
    };
    expect(validator.validate(object).map(formatFieldError)).toEqual([
      'spec.kubeadmConfigSpec.format: Unsupported value: "cloud-init": supported values: "cloud-config", "ignition"',
    ]);
  });

  it('want exactly one datastore for a persistent disk of a DCS pool', async () => {
    const validator = await customResourceValidator(schemaOf('dcsiphostnamepools.infrastructure.cluster.x-k8s.io'));
    const disk = { quantityGB: 10, slot: 0 };
    const pool = (more: Record<string, unknown>): unknown => ({
      spec: { pool: [{ ip: '10.0.0.1', persistentDisk: [{ ...disk, ...more }] }] },
    });
    expect(validator.validate(pool({ datastoreName: 'a' }))).toEqual([]);
    for (const wrong of [{}, { datastoreName: 'a', datastoreClusterName: 'b' }]) {
      expect(validator.validate(pool(wrong)).map(formatFieldError)).toEqual([
        'spec.pool[0].persistentDisk[0]: Invalid value: "object": exactly one of datastoreClusterName or datastoreName is required',
      ]);
    }
  });

  it('refuse a hostname twice in an HCS pool', async () => {
    const validator = await customResourceValidator(schemaOf('hcsmachineconfigpools.infrastructure.cluster.x-k8s.io'));
    const config = { hostname: 'n1', networks: [{ ipAddress: '10.0.0.1' }] };
    expect(validator.validate({ spec: { configs: [config, config] } }).map(formatFieldError)).toEqual([
      'spec.configs[1]: Duplicate value: map[string]interface {}{"hostname":"n1"}',
    ]);
  });

  it('give a control plane its rollout strategy', async () => {
    const validator = await customResourceValidator(schemaOf('kubeadmcontrolplanes.controlplane.cluster.x-k8s.io'));
    expect(validator.applyDefaults({ spec: { version: 'v1' } })).toMatchObject({
      spec: { rolloutStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    });
  });
});
