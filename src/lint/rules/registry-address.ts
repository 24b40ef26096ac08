import { fieldAt } from '../../kube/index.ts';
import { shown, type ManifestRule } from '../../providers/index.ts';

const key = 'cpaas.io/registry-address';
const form = /^[A-Za-z0-9.-]+:\d{1,5}$/;

export const registryAddress: ManifestRule = {
  code: 'MANIFEST_REGISTRY_ADDRESS',
  severity: 'error',
  what: 'The annotation cpaas.io/registry-address is <host>:<port>.',
  why: 'Nodes build image references from it; a scheme or a path makes every pull fail.',
  guide: 'Step 1',
  *check({ objects }) {
    for (const at of objects) {
      const found = fieldAt(at.object, 'metadata', 'annotations', key);
      if (found === undefined || (typeof found === 'string' && form.test(found))) continue;
      yield {
        at,
        path: ['metadata', 'annotations', key],
        message: `the registry address ${shown(found)} is not <host>:<port>`,
        expected: '<host>:<port>',
        found: shown(found),
      };
    }
  },
};
