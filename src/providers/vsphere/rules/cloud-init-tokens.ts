import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const localHostname = '{{ local_hostname }}';
const metadataHostname = '{{ ds.meta_data.hostname }}';

export const cloudInitTokensRule: ManifestRule = {
  code: 'MANIFEST_TOKEN',
  severity: 'error',
  what: 'Node names are the cloud-init words {{ local_hostname }} and {{ ds.meta_data.hostname }}.',
  why: 'cloud-init fills them in on each node; a fixed name would make every node register as the same one.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    joinConfiguration:
      nodeRegistration:
        name: "{{ local_hostname }}"
`,
    'name: "{{ local_hostname }}"',
    'name: global-cp-1',
  ),
  *check({ sources }) {
    for (const { config: at, configPath, role } of sources) {
      if (!at) continue;
      for (const phase of role === 'controlPlane'
        ? ['initConfiguration', 'joinConfiguration']
        : ['joinConfiguration']) {
        const path = [...configPath, phase, 'nodeRegistration', 'name'];
        const found = fieldAt(at.object, ...path);
        const address = [...path.slice(0, -1), 'kubeletExtraArgs', 'node-ip'];
        const written = fieldAt(at.object, ...address);
        if (written !== undefined)
          yield {
            at,
            path: address,
            message: 'node-ip is set by the provider, from the first NIC of the slot',
            expected: 'no such argument',
            found: shown(written),
            hint: 'Remove it.',
          };
        if (found !== localHostname)
          yield { at, path, message: `the node name is ${shown(found)}`, expected: localHostname, found: shown(found) };
      }
      const commands = [...configPath, 'preKubeadmCommands'];
      const setsName = listAt(at.object, commands).filter(
        (command) => typeof command === 'string' && command.includes('hostnamectl set-hostname'),
      );
      for (const command of setsName)
        if (!String(command).includes(metadataHostname))
          yield {
            at,
            path: commands,
            message: 'the command that sets the host name does not take it from cloud-init',
            expected: `hostnamectl set-hostname "${metadataHostname}"`,
            found: shown(command),
          };
    }
  },
};
