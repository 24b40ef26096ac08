import { isIP } from 'node:net';
import type { BootData } from './boot-data.ts';
import type { GuestHardware } from './guest-hardware.ts';
import type { InitConfiguration, NodeRegistration } from './kubeadm-configuration.ts';

/** Folders that kubeadm mounts into the API server's Pod by itself. */
const DEFAULT_MOUNTS = [
  '/etc/kubernetes/pki',
  '/etc/ssl/certs',
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
];

/** Arguments of the API server that name a file which must be there when it starts. */
const FILE_ARGUMENTS = ['admission-control-config-file', 'audit-policy-file', 'encryption-provider-config'] as const;

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Where on the node the file lies that the API server's Pod sees at a path; undefined when no volume shows it. */
export function nodePathOf(configuration: InitConfiguration, path: string): string | undefined {
  if (DEFAULT_MOUNTS.some((m) => within(path, m))) return path;
  const mount = configuration.apiServerVolumes.find((v) => within(path, v.mountPath));
  // Without the volume the Pod does not see the node's folder, whatever lies in it.
  return mount && mount.hostPath + path.slice(mount.mountPath.length);
}

/** Why the API server's Pod would end at once with these arguments, in its own words; undefined when it would run. */
export function apiServerFault(configuration: InitConfiguration, files: ReadonlySet<string>): string | undefined {
  for (const name of FILE_ARGUMENTS) {
    const path = configuration.apiServerArgs[name];
    if (path === undefined || DEFAULT_MOUNTS.some((m) => within(path, m))) continue;
    const nodePath = nodePathOf(configuration, path);
    if (nodePath === undefined || !files.has(nodePath))
      return `kube-apiserver: --${name}: open ${path}: no such file or directory`;
  }
  return undefined;
}

/** Why the kubelet would not start or not register its node; undefined when it would. */
export function kubeletFault(
  node: NodeRegistration,
  hardware: GuestHardware,
  files: ReadonlySet<string>,
  data: BootData,
): string | undefined {
  const nodeIp = node.kubeletArgs['node-ip'];
  if (nodeIp !== undefined) {
    const bad = nodeIp.split(',').find((ip) => isIP(ip) === 0);
    if (bad !== undefined) return `kubelet: bad --node-ip "${bad}"`;
    if (!nodeIp.split(',').some((ip) => hardware.addresses.includes(ip)))
      return `kubelet: node IP: "${nodeIp}" not found in the host's network interfaces`;
  }
  const patch = data.files.get('/etc/kubernetes/patches/kubeletconfiguration0+strategic.json');
  if (patch) {
    let settings: Record<string, unknown>;
    try {
      settings = JSON.parse(patch.content) as Record<string, unknown>;
    } catch {
      return 'kubeadm: could not apply patches to component config kubeletconfiguration: invalid character in JSON';
    }
    for (const key of ['tlsCertFile', 'tlsPrivateKeyFile'])
      if (typeof settings[key] === 'string' && !files.has(settings[key]))
        return `kubelet: failed to load kubelet config: open ${settings[key]}: no such file or directory`;
  }
  return undefined;
}
