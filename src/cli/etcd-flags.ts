import { resolve } from 'node:path';
import { InvalidArgumentError, type Option } from 'commander';
import { GlobalctlError } from '../base/index.ts';
import type { LabClient, LabEtcd } from '../lab/index.ts';
import type { App } from './app.ts';
import { flag } from './options.ts';

export interface EtcdFlags {
  readonly etcd?: readonly string[];
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
}

/** Gives a lab a real etcd to store in; the three below say how to reach one with TLS. */
export const etcdFlag = (
  description = 'store in this etcd v3 in place of memory; members separated by commas',
): Option => flag('--etcd <url>', description).argParser(endpoints);

export const etcdCaFlag = (): Option => flag('--etcd-ca <file>', 'PEM certificate of the authority of an https etcd');

export const etcdCertFlag = (): Option => flag('--etcd-cert <file>', 'PEM client certificate for that etcd');

export const etcdKeyFlag = (): Option => flag('--etcd-key <file>', 'PEM key of that client certificate');

function endpoints(text: string): readonly string[] {
  const urls = text.split(',').map((url) => url.trim().replace(/\/$/, ''));
  const schemes = urls.map((url) => /^(https?):\/\/(?:\[[0-9a-f:.]+\]|[^\s/:@[\]]+):\d+$/i.exec(url)?.[1]);
  if (schemes[0] === undefined || schemes.some((scheme) => scheme !== schemes[0]))
    throw new InvalidArgumentError('give URLs such as http://127.0.0.1:2379 or https://etcd.example.com:2379');
  return urls;
}

/** What the flags say. Throws USAGE for TLS files that do not go with the URL. */
export function etcdOf(app: App, flags: EtcdFlags): LabEtcd | undefined {
  const { etcd, etcdCa, etcdCert, etcdKey } = flags;
  const path = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(app.cwd, file);
  const secure = etcd?.[0]?.startsWith('https:') ?? false;
  if (secure !== (etcdCa !== undefined))
    throw new GlobalctlError('USAGE', {
      message: secure
        ? '--etcd with an https URL needs --etcd-ca, the certificate of its authority'
        : '--etcd-ca goes with an https URL in --etcd',
    });
  if ((etcdCert === undefined) !== (etcdKey === undefined) || (etcdCert !== undefined && !secure))
    throw new GlobalctlError('USAGE', {
      message: '--etcd-cert and --etcd-key go together, with an https URL in --etcd',
    });
  return etcd && { endpoints: etcd, caFile: path(etcdCa), certificateFile: path(etcdCert), keyFile: path(etcdKey) };
}

/** A lab that runs already keeps the store that it was started with; whoever asks for another one is told. */
export async function noteOtherStore(app: App, lab: LabClient, wanted: LabEtcd | undefined): Promise<void> {
  const { etcd } = await lab.status();
  const present = etcd?.endpoints.join(',');
  if (wanted && present !== wanted.endpoints.join(','))
    app.note(`the lab that runs already stores in ${present ?? 'memory'} and keeps doing so; end it to change that`);
}
