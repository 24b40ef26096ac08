import { stringify } from 'yaml';
import type { KubeadmConfigSpec } from '../kit/index.ts';

export interface UserDataFile {
  readonly path: string;
  readonly owner: string;
  /** Octal digits: `0644`. */
  readonly permissions: string;
  readonly content: string;
  readonly append?: boolean | undefined;
}

/** What a machine is told at its first boot, before it is put into a format. */
export interface UserData {
  readonly files: readonly UserDataFile[];
  readonly users: NonNullable<KubeadmConfigSpec['users']>;
  readonly preCommands: readonly string[];
  /** `init` or `join`. */
  readonly kubeadm: 'init' | 'join';
  /** kubeadm's configuration documents. */
  readonly kubeadmConfiguration: string;
  readonly postCommands: readonly string[];
}

const DONE = '/run/cluster-api/bootstrap-success.complete';

function dataUrl(content: string): string {
  return `data:,${encodeURIComponent(content)}`;
}

/**
 * Ignition as Cluster API's kubeadm provider renders it: a script run by a unit, beside the files and users. The configuration
 * document lies in plain text inside a data URL, so tokens such as PROVIDER_ID can be replaced in the rendered text.
 */
export function renderIgnition(data: UserData): string {
  const script = [
    '#!/bin/bash',
    'set -e',
    ...data.preCommands,
    `kubeadm ${data.kubeadm} --config /etc/kubeadm.yml`,
    `mkdir -p /run/cluster-api && echo success > ${DONE}`,
    'mv /etc/kubeadm.yml /tmp/',
    ...data.postCommands,
    '',
  ].join('\n');
  const file = (path: string, permissions: string, content: string, owner = 'root:root'): unknown => {
    const [user = 'root', group = 'root'] = owner.split(':');
    return {
      filesystem: 'root',
      path,
      user: { name: user },
      group: { name: group },
      contents: { source: dataUrl(content), verification: {} },
      mode: Number.parseInt(permissions, 8),
    };
  };
  return JSON.stringify({
    ignition: { config: {}, security: { tls: {} }, timeouts: {}, version: '2.3.0' },
    networkd: {},
    passwd: { users: data.users.map(({ name, sshAuthorizedKeys = [] }) => ({ name, sshAuthorizedKeys })) },
    storage: {
      files: [
        ...data.files.map((f) => ({
          ...(file(f.path, f.permissions, f.content, f.owner) as object),
          ...(f.append === true && { append: true }),
        })),
        file('/etc/kubeadm.sh', '0700', script),
        file('/etc/kubeadm.yml', '0600', data.kubeadmConfiguration),
      ],
    },
    systemd: {
      units: [
        {
          name: 'kubeadm.service',
          enabled: true,
          contents: [
            '[Unit]',
            'Description=kubeadm',
            `ConditionPathExists=!${DONE}`,
            '[Service]',
            'Type=oneshot',
            'ExecStart=/etc/kubeadm.sh',
            '[Install]',
            'WantedBy=multi-user.target',
            '',
          ].join('\n'),
        },
      ],
    },
  });
}

/** A cloud-config document as Cluster API's kubeadm provider renders it, for cloud-init. */
export function renderCloudConfig(data: UserData): string {
  const path = data.kubeadm === 'init' ? '/run/kubeadm/kubeadm.yaml' : '/run/kubeadm/kubeadm-join-config.yaml';
  const document = {
    write_files: [
      ...data.files.map((f) => ({
        path: f.path,
        owner: f.owner,
        permissions: f.permissions,
        ...(f.append === true && { append: true }),
        content: f.content,
      })),
      { path, owner: 'root:root', permissions: '0640', content: data.kubeadmConfiguration },
      {
        path: '/run/cluster-api/placeholder',
        owner: 'root:root',
        permissions: '0640',
        content: 'This placeholder file is used to create the /run/cluster-api sub directory',
      },
    ],
    runcmd: [
      ...data.preCommands,
      `kubeadm ${data.kubeadm} --config ${path} && echo success > ${DONE}`,
      ...data.postCommands,
    ],
    ...(data.users.length > 0 && {
      users: data.users.map(({ name, sudo, sshAuthorizedKeys, ...rest }) => ({
        name,
        ...(sudo !== undefined && { sudo }),
        ...(sshAuthorizedKeys && { ssh_authorized_keys: sshAuthorizedKeys }),
        ...rest,
      })),
    }),
  };
  return `## template: jinja\n#cloud-config\n\n${stringify(document, { lineWidth: 0 })}`;
}
