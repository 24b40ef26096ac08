import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GlobalctlError } from '../../../base/index.ts';
import { findEnvtestBinaries } from './binaries.ts';
import { fakePrograms, fakeServers } from './fake-programs.fixture.ts';

const etcd = "echo 'etcd Version: 3.5.21'";

async function refusal(folder: string): Promise<GlobalctlError> {
  return await findEnvtestBinaries(folder).then(
    () => expect.fail('taken'),
    (error: unknown) => error as GlobalctlError,
  );
}

it('takes the programs of a folder and says which versions they are', async () => {
  await using programs = await fakeServers({ etcd: '', kubeApiServer: '' });
  expect(await findEnvtestBinaries(programs.folder)).toEqual({
    folder: programs.folder,
    etcd: join(programs.folder, 'etcd'),
    kubeApiServer: join(programs.folder, 'kube-apiserver'),
    kubernetesVersion: 'v1.33.4',
    etcdVersion: '3.5.21',
  });
});

it('names the folder that is none', async () => {
  const error = await refusal('/no/such/folder');
  expect(error.code).toBe('LAB_CONTROL_PLANE');
  expect(error.message).toContain('/no/such/folder');
});

it('names the program that is missing', async () => {
  await using programs = await fakePrograms({ etcd });
  const error = await refusal(programs.folder);
  expect(error.code).toBe('LAB_CONTROL_PLANE');
  expect(error.details.subject).toBe(join(programs.folder, 'kube-apiserver'));
  expect(error.message).toContain('is missing or cannot be executed');
});

it('names the program that may not be executed', async () => {
  await using programs = await fakeServers({ etcd: '', kubeApiServer: '' });
  await chmod(join(programs.folder, 'etcd'), 0o644);
  expect((await refusal(programs.folder)).details.subject).toBe(join(programs.folder, 'etcd'));
});

it.each([
  ['ends at once', 'echo no libc >&2; exit 127', 'no libc'],
  ['says nothing of its version', 'echo hello', 'hello'],
  ['is too old', 'echo Kubernetes v1.20.3', 'v1.20.3'],
])('shows what a program said that %s', async (_, script, found) => {
  await using programs = await fakePrograms({ etcd, 'kube-apiserver': script });
  const error = await refusal(programs.folder);
  expect(error.code).toBe('LAB_CONTROL_PLANE');
  expect(error.details.found).toContain(found);
});
