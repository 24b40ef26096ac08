import { describe, expect, it } from 'vitest';
import { renderCloudConfig, renderIgnition, type UserData } from '../capi/kubeadm/index.ts';
import { parseBootData, renderJinja } from './boot-data.ts';
import { parseKubeadmConfiguration } from './kubeadm-configuration.ts';

const data: UserData = {
  files: [
    { path: '/etc/a.yaml', owner: 'root:root', permissions: '0644', content: 'a: "100% é"\n' },
    { path: '/opt/run.sh', owner: 'root:root', permissions: '0755', content: '#!/bin/bash\n' },
  ],
  users: [{ name: 'boot', sshAuthorizedKeys: ['ssh-ed25519 AAAA'] }],
  preCommands: ['echo "before: {{ local_hostname }}"'],
  kubeadm: 'join',
  kubeadmConfiguration: 'kind: JoinConfiguration\n',
  postCommands: ['echo after'],
};

describe.each([
  { format: 'ignition', text: renderIgnition(data) },
  { format: 'cloud-config', text: renderCloudConfig(data) },
] as const)('User data in $format', ({ format, text }) => {
  it('is read back as it was rendered', () => {
    const parsed = parseBootData(text);
    expect(parsed.format).toBe(format);
    expect(parsed.files.get('/etc/a.yaml')).toEqual({ content: 'a: "100% é"\n', permissions: '0644' });
    expect(parsed.files.get('/opt/run.sh')?.permissions).toBe('0755');
    expect(parsed.users).toEqual([{ name: 'boot', sshKeys: ['ssh-ed25519 AAAA'] }]);
    const kubeadm = parsed.commands.findIndex((c) => c.startsWith('kubeadm join --config '));
    expect(parsed.commands.indexOf('echo "before: {{ local_hostname }}"')).toBeLessThan(kubeadm);
    expect(parsed.commands.indexOf('echo after')).toBeGreaterThan(kubeadm);
    const path = /--config (\S+)/.exec(parsed.commands[kubeadm] ?? '')?.[1] ?? '';
    expect(parsed.files.get(path)?.content).toBe('kind: JoinConfiguration\n');
  });
});

describe('Boot data', () => {
  it('that is not what its first character promises is refused with the words of the first-boot software', () => {
    expect(() => parseBootData('{"ignition": ')).toThrow('config is not valid');
    expect(() => parseBootData('{}')).toThrow('unsupported config version');
    expect(() => parseBootData('just words')).toThrow('Yaml load allows only mappings');
  });

  it('has its metadata expressions filled in by cloud-init only where it says so', () => {
    const template = 'name: {{ local_hostname }} {{ ds.meta_data.hostname }} {{ v1.unknown }}';
    expect(renderJinja(template, 'cp-1')).toBe(template);
    expect(renderJinja(`## template: jinja\n${template}`, 'cp-1')).toContain(
      'name: cp-1 cp-1 CI_MISSING_JINJA_VAR/v1.unknown',
    );
  });

  it("holds kubeadm's arguments as a map or as a list of names and values", () => {
    const join = (args: string): unknown =>
      parseKubeadmConfiguration(`kind: JoinConfiguration\nnodeRegistration:\n  kubeletExtraArgs: ${args}\n`)?.node
        .kubeletArgs;
    expect(join('{node-ip: 10.0.0.1}')).toEqual({ 'node-ip': '10.0.0.1' });
    expect(join('[{name: node-ip, value: 10.0.0.1}]')).toEqual({ 'node-ip': '10.0.0.1' });
    expect(parseKubeadmConfiguration('kind: ClusterConfiguration\n')).toBeUndefined();
  });
});
