import { expect } from 'vitest';
import type { Json } from '../api-connection.ts';
import { at, expectFailure, listAt, textAt, UNSCHEDULED, type ContractCase, type World } from '../contract-case.ts';

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

const pod = (name: string, spec: Json = {}, metadata: Json = {}): Json => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'example/main:1' }], ...spec },
});

const made = (w: World, spec: Json = {}, metadata: Json = {}): Promise<Json> =>
  w.given(w.core('pods'), pod(w.name('pod'), spec, metadata));

/** What a ServiceAccount gives to the Pods that run as it. */
export const accounts: ContractCase[] = [
  {
    title: 'a Pod runs as the account default and gets a volume with its token',
    run: async (w) => {
      const { spec } = await made(w, { initContainers: [{ name: 'first', image: 'i' }] });
      expect(spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' });
      const [volume, ...others] = listAt(spec, 'volumes');
      expect(others).toEqual([]);
      expect(volume).toEqual({
        name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/) as string,
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
        },
      });
      const mount = { name: textAt(volume, 'name'), readOnly: true, mountPath: PATH };
      for (const list of ['initContainers', 'containers'])
        expect(listAt(spec, list)[0]).toMatchObject({ volumeMounts: [mount] });
    },
  },
  {
    title: 'a Pod that wants no token gets none',
    run: async (w) => {
      const { spec } = await made(w, { automountServiceAccountToken: false });
      expect(spec).toMatchObject({ serviceAccountName: 'default' });
      expect(at(spec, 'volumes')).toBeUndefined();
      expect(at(spec, 'containers', '0', 'volumeMounts')).toBeUndefined();
    },
  },
  {
    title: 'an account may give no token, and a Pod may want it all the same',
    run: async (w) => {
      const name = w.name('closed');
      await w.given(w.core('serviceaccounts'), { metadata: { name }, automountServiceAccountToken: false });
      expect(at(await made(w, { serviceAccountName: name }), 'spec', 'volumes')).toBeUndefined();
      const own = await made(w, { serviceAccountName: name, automountServiceAccountToken: true });
      expect(listAt(own, 'spec', 'volumes')).toHaveLength(1);
    },
  },
  {
    title: 'what a container has at the place of the token stays, and others get theirs',
    run: async (w) => {
      const own = { name: 'mine', mountPath: PATH };
      const { spec } = await made(w, {
        volumes: [{ name: 'mine', emptyDir: {} }],
        containers: [
          { name: 'a', image: 'i', volumeMounts: [own] },
          { name: 'b', image: 'i' },
        ],
      });
      expect(listAt(spec, 'volumes').map((v) => textAt(v, 'name').slice(0, 9))).toEqual(['mine', 'kube-api-']);
      expect(listAt(spec, 'containers')).toMatchObject([
        { volumeMounts: [own] },
        { volumeMounts: [{ mountPath: PATH }] },
      ]);
    },
  },
  {
    title: 'a Pod without pull secrets gets those of its account',
    run: async (w) => {
      const name = w.name('pulling');
      await w.given(w.core('serviceaccounts'), { metadata: { name }, imagePullSecrets: [{ name: 'login' }] });
      expect(at(await made(w, { serviceAccountName: name }), 'spec', 'imagePullSecrets')).toEqual([{ name: 'login' }]);
      const own = await made(w, { serviceAccountName: name, imagePullSecrets: [{ name: 'mine' }] });
      expect(at(own, 'spec', 'imagePullSecrets')).toEqual([{ name: 'mine' }]);
    },
  },
  {
    title: 'a Pod of an account that does not exist is Forbidden',
    run: async (w) => {
      const name = w.name('pod');
      const answer = await w.api.call('POST', w.core('pods'), pod(name, { serviceAccountName: 'nobody' }));
      expectFailure(answer, 403, 'Forbidden', {
        message: `pods "${name}" is forbidden: error looking up service account ${w.namespace}/nobody: serviceaccount "nobody" not found`,
      });
    },
  },
  {
    title: 'a Pod is of generation 1 also when it has been bound to a node',
    run: async (w) => {
      const name = textAt(await made(w, UNSCHEDULED), 'metadata', 'name');
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'n' } };
      expect(await w.api.call('POST', w.core('pods', name, 'binding'), binding)).toMatchObject({ code: 201 });
      const bound = await w.get(w.core('pods', name));
      expect(at(bound, 'spec', 'nodeName')).toBe('n');
      // Before 1.33 the generation of Pods is not kept.
      expect([undefined, 1]).toContain(at(bound, 'metadata', 'generation'));
    },
  },
];
