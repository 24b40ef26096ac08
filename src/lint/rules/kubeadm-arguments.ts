import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  filesOf,
  kubeadmPaths,
  listAt,
  recordAt,
  shown,
  type MachineSource,
  type ManifestRule,
  type ManifestView,
  type RuleHit,
} from '../../providers/index.ts';

/** Made by kubeadm or by the program itself, below folders that are mounted or created anyway. */
const madeElsewhere = [
  /^\/etc\/kubernetes\/pki\//,
  /^\/etc\/kubernetes\/audit\/audit\.log$/,
  /^\/etc\/kubernetes\/[a-z-]+\.conf$/,
];

/** Whether something other than the list of files brings a file to the node. */
function delivered({ provider }: ManifestView, path: string): boolean {
  // On DCS and HCS the provider writes the encryption file by itself.
  if (path === kubeadmPaths.encryptionProvider) return provider.id !== 'vsphere';
  return madeElsewhere.some((form) => form.test(path));
}

function* argumentHits(view: ManifestView, source: MachineSource, files: ReadonlySet<string>): Generator<RuleHit> {
  const { config: at, configPath } = source;
  if (!at) return;
  for (const component of ['apiServer', 'controllerManager', 'scheduler']) {
    const path = [...configPath, 'clusterConfiguration', component, 'extraArgs'];
    for (const [name, value] of Object.entries(recordAt(at.object, path))) {
      if (typeof value !== 'string')
        yield {
          at,
          path: [...path, name],
          message: `argument ${name} is no text`,
          expected: `"${shown(value)}" in quotes`,
          found: shown(value),
          hint: 'Write it in quotes: YAML reads it as another type, and the API server takes text alone.',
          fixes: [{ change: 'set', at, path: [...path, name], value: shown(value), quote: true }],
        };
      else if (value.startsWith('/etc/kubernetes/') && !files.has(value) && !delivered(view, value))
        yield {
          at,
          path: [...path, name],
          message: `argument ${name} names ${value}, which no entry of files delivers`,
          expected: `an entry of files with path ${value}`,
          found: value,
        };
    }
  }
}

/** Arguments of the kubelet are text as well. */
function* kubeletHits({ config: at, configPath }: MachineSource): Generator<RuleHit> {
  if (!at) return;
  for (const phase of ['initConfiguration', 'joinConfiguration']) {
    const path = [...configPath, phase, 'nodeRegistration', 'kubeletExtraArgs'];
    for (const [name, value] of Object.entries(recordAt(at.object, path)))
      if (typeof value === 'boolean' || typeof value === 'number')
        yield {
          at,
          path: [...path, name],
          message: `kubelet argument ${name} is no text`,
          expected: `"${shown(value)}" in quotes`,
          found: shown(value),
          hint: 'Write it in quotes: YAML reads it as another type, and the API server takes text alone.',
          fixes: [{ change: 'set', at, path: [...path, name], value: shown(value), quote: true }],
        };
  }
}

/** A folder of patches that stays empty is passed over by kubeadm without a word. */
function* patchHits({ config: at, configPath }: MachineSource, files: ReadonlySet<string>): Generator<RuleHit> {
  if (!at) return;
  for (const phase of ['initConfiguration', 'joinConfiguration']) {
    const path = [...configPath, phase, 'patches', 'directory'];
    const folder = fieldAt(at.object, ...path);
    if (typeof folder !== 'string' || [...files].some((file) => file.startsWith(`${folder.replace(/\/$/, '')}/`)))
      continue;
    yield {
      at,
      path,
      message: `no entry of files lies in the folder of patches ${folder}`,
      expected: kubeadmPaths.patches,
      found: folder,
    };
  }
}

/** Scripts that a command starts and nobody delivers; one that is asked for with `if [ -f` comes with the image. */
function* commandHits({ config: at, configPath }: MachineSource, files: ReadonlySet<string>): Generator<RuleHit> {
  if (!at) return;
  for (const list of ['preKubeadmCommands', 'postKubeadmCommands'])
    for (const [index, command] of listAt(at.object, [...configPath, list]).entries()) {
      const script =
        typeof command === 'string'
          ? /^(?:bash |sh )?(\/usr\/local\/bin\/\S+\.sh)$/.exec(command.trim())?.[1]
          : undefined;
      if (script === undefined || files.has(script)) continue;
      yield {
        at,
        path: [...configPath, list, index],
        message: `the command starts ${script}, which no entry of files delivers`,
        expected: `an entry of files with path ${script}`,
        found: shown(command),
      };
    }
}

export const kubeadmArguments: ManifestRule = {
  code: 'MANIFEST_KUBEADM_ARGUMENT',
  severity: 'error',
  what: 'Arguments, patch folders and commands name files that an entry of files, or the provider, delivers; arguments are text.',
  why: 'Seen on the first node: the API server ends with "no such file" and is started again and again; the control plane never comes up.',
  guide: 'Step 4',
  fix: 'Puts quotes around arguments that YAML reads as another type.',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    clusterConfiguration:
      apiServer:
        extraArgs:
          audit-policy-file: /etc/kubernetes/audit/policy.yaml
`,
    'audit-policy-file: /etc/kubernetes/audit/policy.yaml',
    'audit-policy-file: /etc/kubernetes/audit-policy.yaml # the entry of files is /etc/kubernetes/audit/policy.yaml',
  ),
  *check(view) {
    for (const source of view.sources) {
      const files = new Set(filesOf(source).map(({ path }) => path));
      yield* argumentHits(view, source, files);
      yield* kubeletHits(source);
      yield* patchHits(source, files);
      yield* commandHits(source, files);
    }
  },
};
