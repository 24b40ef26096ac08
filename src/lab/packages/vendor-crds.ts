import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, type KubeObject } from '../../kube/index.ts';

/** Every custom resource definition in the YAML files below a folder, by name. Throws FILE_UNREADABLE. */
export async function readCrdFolder(folder: string): Promise<Map<string, KubeObject>> {
  const crds = new Map<string, KubeObject>();
  let files: string[];
  try {
    files = (await readdir(folder, { recursive: true })).filter((file) => /\.(ya?ml|json)$/.test(file));
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `cannot read the folder ${folder}`,
      subject: folder,
      cause: error,
    });
  }
  for (const file of files.sort()) {
    for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
      const object = document.errors.length === 0 ? (document.toJS() as KubeObject | null) : null;
      const name = fieldAt(object, 'metadata', 'name');
      if (object?.kind === 'CustomResourceDefinition' && typeof name === 'string') crds.set(name, object);
    }
  }
  if (crds.size === 0)
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `${folder} holds no custom resource definitions`,
      subject: folder,
    });
  return crds;
}

/**
 * The definitions of a chart with the vendor's in their places, and with those that the vendor has beyond ours: the same
 * group, and a kind of the same family (`vsphere...`).
 */
export function withVendorCrds(ours: readonly KubeObject[], vendor: ReadonlyMap<string, KubeObject>): KubeObject[] {
  const families = new Set(ours.map(familyOf));
  const known = new Set(ours.map((crd) => crd.metadata.name));
  const extra = [...vendor.values()].filter((crd) => !known.has(crd.metadata.name) && families.has(familyOf(crd)));
  return [...ours.map((crd) => vendor.get(crd.metadata.name ?? '') ?? crd), ...extra];
}

/** Group of a definition, and for the shared infrastructure group the provider's prefix too. */
function familyOf(crd: KubeObject): string {
  const group = String(fieldAt(crd, 'spec', 'group'));
  const prefix = /^(dcs|hcs|vsphere)/.exec(crd.metadata.name ?? '')?.[0] ?? '';
  return group === 'infrastructure.cluster.x-k8s.io' ? `${group}/${prefix}` : group;
}
