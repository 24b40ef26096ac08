import {
  slip,
  filesOf,
  isRecord,
  kubeadmPaths,
  listAt,
  shown,
  type MachineSource,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';

const modeForm = /^0?[0-7]{3,4}$/;

/** Files whose mode the guide gives; everything else may have any. */
const modes: Readonly<Record<string, string>> = {
  [kubeadmPaths.psaConfig]: '0644',
  [kubeadmPaths.kubeletPatch]: '0644',
  [kubeadmPaths.auditPolicy]: '0644',
  [kubeadmPaths.encryptionProvider]: '0644',
  [kubeadmPaths.imageLoader]: '0755',
};

function requiredFiles({ provider }: ManifestView, { role }: MachineSource): string[] {
  const { kubeletPatch, psaConfig, auditPolicy, imageLoader } = kubeadmPaths;
  return [
    kubeletPatch,
    ...(role === 'controlPlane' ? [psaConfig, auditPolicy] : []),
    ...(provider.id === 'vsphere' ? [imageLoader] : []),
  ];
}

function* entryHits(at: PlacedObject, path: readonly (string | number)[], entry: unknown): Generator<RuleHit> {
  if (!isRecord(entry) || typeof entry['path'] !== 'string' || !entry['path'].startsWith('/')) {
    const found = isRecord(entry) ? entry['path'] : entry;
    yield { at, path, message: 'the file has no absolute path', expected: 'path: /…', found: shown(found) };
    return;
  }
  const { permissions, owner, content, contentFrom } = entry;
  const mode = modes[entry['path']];
  if (permissions !== undefined && (typeof permissions !== 'string' || !modeForm.test(permissions)))
    yield {
      at,
      path: [...path, 'permissions'],
      message: `the permissions of ${entry['path']} are no text of octal digits`,
      expected: `"${mode ?? '0644'}" in quotes`,
      found: shown(permissions),
      ...(mode !== undefined && {
        fixes: [{ change: 'set', at, path: [...path, 'permissions'], value: mode, quote: true }],
      }),
    };
  else if (mode !== undefined && permissions !== mode)
    yield {
      at,
      path: [...path, 'permissions'],
      message: `${entry['path']} has permissions ${shown(permissions)}`,
      expected: `"${mode}"`,
      found: shown(permissions),
      fixes: [{ change: 'set', at, path: [...path, 'permissions'], value: mode, quote: true }],
    };
  if (mode !== undefined && owner !== 'root:root')
    yield {
      at,
      path: [...path, 'owner'],
      message: `${entry['path']} belongs to ${shown(owner)}`,
      expected: 'root:root',
      found: shown(owner),
      fixes: [{ change: 'set', at, path: [...path, 'owner'], value: 'root:root' }],
    };
  if ((content === undefined) === (contentFrom === undefined))
    yield {
      at,
      path,
      message: `${entry['path']} has ${content === undefined ? 'no content' : 'content and contentFrom'}`,
      expected: 'one of content and contentFrom',
      found: content === undefined ? 'neither' : 'both',
    };
}

export const kubeadmFiles: ManifestRule = {
  code: 'MANIFEST_KUBEADM_FILE',
  severity: 'error',
  what: 'The files of the guide are there once each, owned by root, with quoted octal permissions and one source of content.',
  why: 'Seen when a node boots: kubeadm or the API server ends with "no such file", or the API server refuses permissions that YAML read as a number.',
  guide: 'Step 4',
  fix: 'Sets owner and permissions of the files of the guide.',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    files:
      - path: /etc/kubernetes/audit/policy.yaml
        owner: root:root
        permissions: "0644"
`,
    'permissions: "0644"',
    'permissions: 0644 # a number: 420 or 644',
  ),
  *check(view) {
    for (const source of view.sources) {
      const { config: at, configPath } = source;
      if (!at) continue;
      const list = [...configPath, 'files'];
      for (const [index, entry] of listAt(at.object, list).entries()) yield* entryHits(at, [...list, index], entry);
      const seen = new Set<string>();
      for (const { path, file, at: place } of filesOf(source)) {
        if (seen.has(path) && file['append'] !== true)
          yield {
            at,
            path: [...place, 'path'],
            message: `${path} is written twice`,
            expected: 'one entry',
            found: path,
          };
        seen.add(path);
      }
      for (const path of requiredFiles(view, source))
        if (!seen.has(path))
          yield {
            at,
            path: list,
            message: `${path} is missing from files`,
            expected: `an entry with path ${path}`,
            found: 'none',
          };
    }
  },
};
