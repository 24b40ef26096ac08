import { formatDuration } from '../../base/index.ts';
import type { LabLink, LabStatus } from '../../lab/index.ts';
import type { App } from '../app.ts';

/** `lab status` for people, or as JSON. */
export function printStatus(app: App, status: LabStatus, output: string): void {
  if (output === 'json') return app.print(JSON.stringify(status, undefined, 2));
  const rows: [string, string][] = [
    ['home', status.home],
    ['process', `${String(status.pid)}, ${String(Math.round(status.memoryBytes / 2 ** 20))} MiB`],
    ...(status.sites ? [] : [['proxy', status.proxyUrl] as [string, string]]),
    ['speed', `${String(status.speed)}x, seed ${status.seed}`],
    ['idle', status.keep ? 'stays' : `ends after ${formatDuration(status.idleTimeoutMs)} without use`],
    ...(status.sites
      ? status.sites.map(({ name, hostIP, proxyUrl }): [string, string] => [
          'site',
          `${name} host ${hostIP}, proxy ${proxyUrl}`,
        ])
      : [['host', status.hostIP] as [string, string]]),
    ...(status.links ?? []).map((link): [string, string] => [
      'link',
      `${link.from} -> ${link.to} ${describeLink(link)}`,
    ]),
    ...(status.etcd
      ? [['etcd', `${status.etcd.endpoints.join(',')} below ${status.etcd.namespace}`] as [string, string]]
      : []),
    ...(status.envtest
      ? [
          [
            'servers',
            `kube-apiserver ${status.envtest.kubernetesVersion}, etcd ${status.envtest.etcdVersion} of ${status.envtest.folder}`,
          ] as [string, string],
        ]
      : []),
    ...Object.entries(status.names).map(([name, ip]): [string, string] => ['name', `${name} -> ${ip}`]),
    ...status.clusters.flatMap(({ site, name, server, nodes, on, failure }): [string, string][] => [
      [
        'cluster',
        `${site === undefined ? '' : `${site} `}${name} ${server} (${nodes.join(', ') || 'no nodes'})${on ? '' : ' without power'}`,
      ],
      ...(failure === undefined ? [] : [['trouble', `${name}: ${failure}`] as [string, string]]),
    ]),
    ...status.machines.map(({ site, cluster, name, state }): [string, string] => [
      'machine',
      [name, state, ...(site === undefined || cluster === undefined ? [] : [`of ${cluster} at ${site}`])].join(' '),
    ]),
  ];
  for (const [key, value] of rows) app.print(`${key.padEnd(8)} ${value}`);
}

/** How a link fares, in a few words. */
export function describeLink({ state, latencyMs, bytesPerSecond, blockedPorts }: LabLink): string {
  return [
    state,
    ...(latencyMs > 0 ? [`latency ${String(latencyMs)} ms`] : []),
    ...(bytesPerSecond === undefined ? [] : [`${String(bytesPerSecond)} bytes a second`]),
    ...(blockedPorts.length > 0 ? [`blocked ports ${blockedPorts.join(', ')}`] : []),
  ].join(', ');
}
