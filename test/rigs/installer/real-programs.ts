import { programOnPath } from '../../../src/etcd/debian-etcd.fixture.ts';
import { findBinary } from '../../../src/platform/helm/index.ts';
import type { RealPrograms } from './installation.ts';

/** Debian's etcd and a Helm, or what is missing of them. */
export async function findRealPrograms(): Promise<Required<RealPrograms> | { readonly missing: string }> {
  const etcd = programOnPath('etcd');
  if (etcd === undefined) return { missing: 'no etcd on PATH (Debian: apt-get install etcd-server)' };
  try {
    return { etcd, helm: (await findBinary('helm')).path };
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
