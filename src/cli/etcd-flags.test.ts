import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { registerLab } from './commands/lab.ts';
import { runCommand } from './test-app.fixture.ts';

const cwd = tmpdir();
const up = ['lab', 'up', '--home', join(cwd, 'globalctl-never-started')];
const https = ['--etcd', 'https://etcd.example.com:2379'];

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['is no URL', ['--etcd', 'etcd.example.com:2379'], 'give URLs such as http://127.0.0.1:2379'],
  ['has no port', ['--etcd', 'http://etcd.example.com'], 'give URLs such as http://127.0.0.1:2379'],
  ['carries a password', ['--etcd', 'http://root:word@etcd.example.com:2379'], 'give URLs such as'],
  ['mixes plain and TLS', ['--etcd', 'http://a:2379,https://b:2379'], 'give URLs such as http://127.0.0.1:2379'],
  ['is https without an authority', https, 'needs --etcd-ca'],
  [
    'has an authority for plain HTTP',
    ['--etcd', 'http://127.0.0.1:2379', '--etcd-ca', 'ca.crt'],
    '--etcd-ca goes with',
  ],
  ['has a certificate without its key', [...https, '--etcd-ca', 'ca.crt', '--etcd-cert', 'c.crt'], 'go together'],
])('an etcd for a lab that %s is refused before anything starts', async (_, flags, message) => {
  const { exitCode, stderr } = await runCommand(registerLab, [...up, ...flags], { cwd });
  expect(stderr).toContain(message);
  expect(exitCode).toBe(2);
});

it('takes the etcd and its files from the environment, files from the folder of the command', async () => {
  vi.stubEnv('GLOBALCTL_ETCD', 'https://127.0.0.1:1');
  vi.stubEnv('GLOBALCTL_ETCD_CA', 'no-such-ca.crt');
  const { error, stderr } = await runCommand(registerLab, up, { cwd });
  expect(error).toBe('FILE_UNREADABLE');
  expect(stderr).toContain(join(cwd, 'no-such-ca.crt'));
});
