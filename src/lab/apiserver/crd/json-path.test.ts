import { describe, expect, it } from 'vitest';
import { evaluateJsonPath } from './json-path.ts';

const object = {
  metadata: { labels: { 'cluster.x-k8s.io/cluster-name': 'global' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'False', count: 2 },
      { type: 'Available', status: 'True' },
    ],
    addresses: ['10.0.0.1', '10.0.0.2'],
    nothing: null,
  },
};

describe('the JSONPath of printer columns', () => {
  it.each([
    ['.status.conditions[?(@.type=="Ready")].status', ['False']],
    ["{.status.conditions[?(@.type=='Available')].status}", ['True']],
    ['.status.conditions[?(@.count==2)].type', ['Ready']],
    ['.status.conditions[?(@.count)].type', ['Ready']],
    ['.status.conditions[*].type', ['Ready', 'Available']],
    ['.status.addresses[0]', ['10.0.0.1']],
    ['.status.addresses[-1]', ['10.0.0.2']],
    ["$.metadata.labels['cluster\\.x-k8s\\.io/cluster-name']", ['global']],
    ["$.metadata.labels['cluster.x-k8s.io/cluster-name']", []],
    ['.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', ['global']],
    ['.status.nothing', []],
    ['.spec.absent.deeper', []],
    ['.status.addresses[7]', []],
  ])('%s selects %j', (path, found) => {
    expect(evaluateJsonPath(object, path)).toEqual(found);
  });
});
