import {
  parseAddress,
  recordAt,
  shown,
  slip,
  type FieldPath,
  type MachineSource,
  type ManifestRule,
} from '../../providers/index.ts';

interface ValueForm {
  readonly accepts: (value: string) => boolean;
  readonly expected: string;
}

const oneOf = (...values: readonly string[]): ValueForm => ({
  accepts: (value) => values.includes(value),
  expected: values.join(' or '),
});
const matching = (form: RegExp, expected: string): ValueForm => ({ accepts: (value) => form.test(value), expected });

const flag = oneOf('true', 'false');
const count = matching(/^\d+$/, 'a whole number');
const folder = matching(/^\/\S*$/, 'an absolute path');
const address: ValueForm = { accepts: (value) => parseAddress(value) !== undefined, expected: 'an address' };

/** Arguments of the guide with a closed set of values; the programs end at once on any other (dcs.md §6, vsphere.md §6). */
const forms: Readonly<Record<string, ValueForm>> = {
  'audit-log-format': oneOf('json', 'legacy'),
  'audit-log-maxage': count,
  'audit-log-maxbackup': count,
  'audit-log-maxsize': count,
  'audit-log-mode': oneOf('batch', 'blocking', 'blocking-strict'),
  // A hyphen is the standard output of the API server.
  'audit-log-path': matching(/^(?:-|\/\S*)$/, 'an absolute path'),
  'bind-address': address,
  'flex-volume-plugin-dir': folder,
  profiling: flag,
  'protect-kernel-defaults': flag,
  'tls-cipher-suites': matching(/^TLS_[A-Z0-9_]+(?:,TLS_[A-Z0-9_]+)*$/, 'names of cipher suites with commas alone'),
  'tls-min-version': oneOf('VersionTLS12', 'VersionTLS13', 'VersionTLS11', 'VersionTLS10'),
  'volume-plugin-dir': folder,
};

function argumentBlocks({ configPath }: MachineSource): FieldPath[] {
  return [
    ...['apiServer', 'controllerManager', 'scheduler'].map((name) => ['clusterConfiguration', name, 'extraArgs']),
    ...['initConfiguration', 'joinConfiguration'].map((phase) => [phase, 'nodeRegistration', 'kubeletExtraArgs']),
  ].map((block) => [...configPath, ...block]);
}

export const argumentValues: ManifestRule = {
  code: 'MANIFEST_KUBEADM_ARGUMENT',
  severity: 'error',
  what: 'Arguments with a closed set of values have one of them.',
  why: 'Seen on the first node: API server, controller manager, scheduler or kubelet ends with "invalid argument" and is started again and again.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    clusterConfiguration:
      scheduler:
        extraArgs:
          tls-min-version: VersionTLS12
`,
    'tls-min-version: VersionTLS12',
    'tls-min-version: "1.2"',
  ),
  *check({ sources }) {
    for (const source of sources) {
      const { config: at } = source;
      for (const block of at ? argumentBlocks(source) : [])
        for (const [name, value] of Object.entries(recordAt(at?.object, block))) {
          const form = forms[name];
          // What is no text is the matter of another rule.
          if (!at || !form || typeof value !== 'string' || value.includes('${') || form.accepts(value)) continue;
          yield {
            at,
            path: [...block, name],
            message: `${name} is ${value === '' ? 'empty' : value}`,
            expected: form.expected,
            found: shown(value),
          };
        }
    }
  },
};
