import { slip, isRecord, listAt, recordAt, shown, type ManifestRule } from '../../providers/index.ts';

const apiServer = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'apiServer'];

/** Arguments that name a file; the folder pki is mounted by kubeadm itself. */
function filesNamed(args: Record<string, unknown>): [string, string][] {
  return Object.entries(args).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && value.startsWith('/etc/kubernetes/') && !value.startsWith('/etc/kubernetes/pki/')
      ? [[name, value]]
      : [],
  );
}

const folderTypes: readonly unknown[] = [undefined, null, '', 'Directory', 'DirectoryOrCreate'];
const bare = (path: string): string => path.replace(/\/$/, '');

export const kubeadmVolume: ManifestRule = {
  code: 'MANIFEST_KUBEADM_VOLUME',
  severity: 'error',
  what: 'API server arguments that name files go together with a volume that holds them.',
  why: 'The API server runs in a container: without the volume it ends with "no such file" and the first node never comes up.',
  guide: 'Step 4',
  fix: 'Sets the type of the folder.',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    clusterConfiguration:
      apiServer:
        extraVolumes:
          - { name: vol-dir-0, hostPath: /etc/kubernetes, mountPath: /etc/kubernetes, pathType: Directory }
`,
    `extraVolumes:
          - { name: vol-dir-0, hostPath: /etc/kubernetes, mountPath: /etc/kubernetes, pathType: Directory }`,
    'extraVolumes: [] # the arguments name files below /etc/kubernetes',
  ),
  *check({ ofKind }) {
    for (const at of ofKind('KubeadmControlPlane')) {
      const volumes = listAt(at.object, [...apiServer, 'extraVolumes']).filter(isRecord);
      const mounts = volumes.flatMap(({ mountPath, hostPath }) =>
        // A file lies on the node under the path that the argument names: both sides of the mount are one folder.
        typeof mountPath === 'string' && typeof hostPath === 'string' && bare(mountPath) === bare(hostPath)
          ? [bare(mountPath)]
          : [],
      );
      const unseen = filesNamed(recordAt(at.object, [...apiServer, 'extraArgs'])).filter(
        ([, file]) => !mounts.some((mount) => file === mount || file.startsWith(`${mount}/`)),
      );
      const log = recordAt(at.object, [...apiServer, 'extraArgs'])['audit-log-path'];
      const readOnly = volumes.findIndex(
        ({ mountPath, readOnly }) =>
          readOnly === true &&
          typeof mountPath === 'string' &&
          typeof log === 'string' &&
          log.startsWith(`${bare(mountPath)}/`),
      );
      if (readOnly >= 0)
        yield {
          at,
          path: [...apiServer, 'extraVolumes', readOnly, 'readOnly'],
          message: `the API server cannot write ${shown(log)} into a volume that is read-only`,
          expected: 'no readOnly',
          found: 'true',
          hint: 'Remove readOnly.',
        };
      for (const [index, { hostPath, pathType }] of volumes.entries())
        // The folder is there before the container: the kubelet refuses a Pod whose volume is of another type.
        if (bare(String(hostPath)) === '/etc/kubernetes' && !folderTypes.includes(pathType))
          yield {
            at,
            path: [...apiServer, 'extraVolumes', index, 'pathType'],
            message: `/etc/kubernetes is a folder and no ${shown(pathType)}`,
            expected: 'Directory',
            found: shown(pathType),
            fixes: [{ change: 'set', at, path: [...apiServer, 'extraVolumes', index, 'pathType'], value: 'Directory' }],
          };
      if (unseen.length > 0)
        yield {
          at,
          path: [...apiServer, 'extraVolumes'],
          message: `no volume brings into the API server what its arguments name: ${unseen.map((pair) => pair.join(' ')).join(', ')}`,
          expected: 'volume vol-dir-0 with hostPath and mountPath /etc/kubernetes',
          found: mounts.length === 0 ? 'no volume' : mounts.join(', '),
        };
    }
  },
};
