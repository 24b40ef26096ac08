import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with shell scripts in the place of programs. */
export interface FakePrograms extends AsyncDisposable {
  readonly folder: string;
}

export async function fakePrograms(scripts: Readonly<Record<string, string>>): Promise<FakePrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-fake-programs-'));
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** An etcd and a kube-apiserver that say which version they are and then do as told. */
export function fakeServers(then: { readonly etcd: string; readonly kubeApiServer: string }): Promise<FakePrograms> {
  return fakePrograms({
    etcd: `[ "$1" = --version ] && { echo 'etcd Version: 3.5.21'; exit 0; }\n${then.etcd}`,
    'kube-apiserver': `[ "$1" = --version ] && { echo 'Kubernetes v1.33.4'; exit 0; }\n${then.kubeApiServer}`,
  });
}
