import { expect, it } from 'vitest';
import { statusOnly } from './status-json.ts';

it('shows how an object stands and nothing of what was written into it', () => {
  const object = {
    apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1',
    kind: 'KubeadmControlPlane',
    metadata: { name: 'kcp', namespace: 'cpaas-system', annotations: { last: 'the key' } },
    spec: { kubeadmConfigSpec: { files: [{ content: 'the key' }] } },
    status: { phase: 'Running' },
  };
  const shown = statusOnly({ object, ready: 'True', children: [{ object, ready: 'False', children: [] }] });
  expect(JSON.stringify(shown)).not.toContain('the key');
  expect(shown).toMatchObject({
    object: { kind: 'KubeadmControlPlane', metadata: { name: 'kcp' }, status: { phase: 'Running' } },
    ready: 'True',
    children: [{ object: { metadata: { name: 'kcp' } }, ready: 'False' }],
  });
});
