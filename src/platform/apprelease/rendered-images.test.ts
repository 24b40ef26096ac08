import { describe, expect, it } from 'vitest';
import { parseImageReference } from './image-reference.ts';
import { manifestObjects } from './manifest-objects.ts';
import { renderedImages } from './rendered-images.ts';

describe('manifestObjects', () => {
  it('reads what Helm rendered as Helm does: YAML 1.1 without its dates and base-60 numbers', () => {
    const [object] = manifestObjects(
      'kind: A\nmode: 0644\non: yes\ndate: 2026-01-01\ntime: 12:30:45\nbase: &b { x: 1 }\nmerged: { <<: *b, z: 2 }\n',
      'x',
    );
    expect(object).toEqual({
      kind: 'A',
      mode: 0o644,
      true: true,
      date: '2026-01-01',
      time: '12:30:45',
      base: { x: 1 },
      merged: { x: 1, z: 2 },
    });
  });

  it('takes lists apart, passes over empty documents, and names the place of what it cannot read', () => {
    const text =
      '---\n# nothing\n---\nkind: ConfigMapList\nitems: [{ kind: ConfigMap }, { kind: ConfigMap }]\n---\nkind: A\n';
    expect(manifestObjects(text, 'x').map(({ kind }) => kind)).toEqual(['ConfigMap', 'ConfigMap', 'A']);
    expect(() => manifestObjects('kind: [', 'release x')).toThrow('release x: the manifest cannot be read');
  });
});

describe('renderedImages', () => {
  it('finds the images of Pods wherever they stand, with the first object that needs each', () => {
    const objects = manifestObjects(
      `
kind: CronJob
metadata: { name: nightly, namespace: a }
spec: { jobTemplate: { spec: { template: { spec: { initContainers: [{ image: i:1 }], containers: [{ image: c:1 }] } } } } }
---
kind: StatefulSet
metadata: { name: store }
spec: { template: { spec: { containers: [{ image: c:1 }, { name: none }], volumes: [{ image: { reference: v:1 } }] } } }
---
kind: Widget
metadata: { name: operated }
spec: { podTemplate: { spec: { ephemeralContainers: [{ image: e:1 }] } } }
---
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec: { schema: { containers: [{ image: not-this }] } }
`,
      'x',
    );
    expect([...renderedImages(objects)]).toEqual([
      ['i:1', 'CronJob a/nightly'],
      ['c:1', 'CronJob a/nightly'],
      ['v:1', 'StatefulSet store'],
      ['e:1', 'Widget operated'],
    ]);
  });
});

describe('parseImageReference', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'latest'],
    ['ait/x:v1', 'docker.io', 'ait/x', 'v1'],
    ['172.18.0.1:11443/ait/x:v1', '172.18.0.1:11443', 'ait/x', 'v1'],
    ['localhost/x', 'localhost', 'x', 'latest'],
    ['registry.example.com/a/b@sha256:00', 'registry.example.com', 'a/b', 'sha256:00'],
    ['registry.example.com/a/b:v1@sha256:00', 'registry.example.com', 'a/b', 'sha256:00'],
  ])('takes %s apart as container runtimes do', (image, registry, repository, reference) => {
    expect(parseImageReference(image)).toEqual({ registry, repository, reference });
  });
});
