import { expect } from 'vitest';
import type { Json } from '../api-connection.ts';
import { at, expectFailure, listAt, textAt, type ContractCase, type World } from '../contract-case.ts';

const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
/** CN=mia, O=dev, with a key that is kept nowhere. */
const PEM = `-----BEGIN CERTIFICATE REQUEST-----
MIICYTCCAUkCAQAwHDEMMAoGA1UEAwwDbWlhMQwwCgYDVQQKDANkZXYwggEiMA0G
CSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDlS1gfU9aKSQMxl0uyE2ECAIYUHOAW
GznvxnDEVvm4ADRZzuLPi8zloUBZ3miDa6jBjOnFLLm8L9TQ95Za90KbsT9tvMr/
sVquvZOANYD9oFCQo8IJZonjScXTRYPgslEfYdgam9XVOYGDQNi4DNK1GP8+xHaU
GtpvS7faeMg5sYI9hxrICMhXmD0CHsIxOQLVw+odBBRIXbWmHYrBrt/Vg1Jr4Uxt
Yjt56xvubFm5Kr9M32jLqcR8MocRjVX2rpCuwUPw0xE390lAEezmGFaGoMWuKAJr
EeZ1C9GORzVLM2WAHOt9mUkECLc8LvVgeIt+hng1lCtCFLqkftS4ZKY/AgMBAAGg
ADANBgkqhkiG9w0BAQsFAAOCAQEAPVY+kAbmg3vKiLcGlDFrNPHbVepQtum7WSyY
gqsAUUvA8dNzGyoufxuXnfcVDWPZ1mhkrbQNoMiCIP/6Pq9V+8CLSCKYE+eIIi1n
LsM3KNyVXLTFqksu8UM/YoLb3EEkR4HTbxYPbkFOAHSjSFRVk3add5ysaJE1hxQc
5MJGUH9uF/hzXQ4PFEweL2tdOPdVKdg+CGc6vCfW0uFypk6d4wqGPFPsUQiYD77p
dM2/gbueSBfkp/nYRR43WkSNU5kMki1hbuzmuJziItPbnBIu8jxBRl58jGwfocPV
J43sN3HQM2z52xucEITt11SKwzIb84qqWP+HdDMBgHZGejkQkg==
-----END CERTIFICATE REQUEST-----
`;

const request = (name: string, spec: Json = {}): Json => ({
  metadata: { name },
  spec: {
    request: Buffer.from(PEM).toString('base64'),
    signerName: 'example.com/contract',
    usages: ['client auth'],
    ...spec,
  },
});

const made = async (w: World, spec: Json = {}): Promise<Json> => {
  const name = `${w.namespace}-${w.name('csr')}`;
  return await w.given(PATH, request(name, spec));
};

const decided = (object: Json, type: string): Json => ({
  ...object,
  status: { conditions: [{ type, status: 'True', reason: 'Tried', message: 'as a test' }] },
});

/** Requests for certificates: kept with who asked, and decided upon by a subresource. */
export const signingRequests: ContractCase[] = [
  {
    title: 'a signing request says who made it, whatever its writer says',
    run: async (w) => {
      const object = await made(w, { username: 'somebody', groups: ['else'] });
      expect(textAt(object, 'spec', 'username')).not.toBe('somebody');
      expect(at(object, 'spec', 'groups')).toContain('system:authenticated');
      expect(object['status']).toEqual({});
      expect(at(object, 'metadata', 'generation')).toBeUndefined();
    },
  },
  {
    title: 'a signing request is refused for what is wrong with it',
    run: async (w) => {
      const wrong = { request: 'aGFsbG8=', signerName: 'x', usages: ['none', 'none'], expirationSeconds: 10 };
      const answer = await w.api.call('POST', PATH, request(w.name('csr'), wrong));
      expectFailure(answer, 422, 'Invalid');
      const causes = listAt(answer.body, 'details', 'causes').map((c) => [c['field'], c['reason']]);
      expect(causes.sort()).toEqual(
        [
          ['spec.expirationSeconds', 'FieldValueInvalid'],
          ['spec.request', 'FieldValueInvalid'],
          ['spec.signerName', 'FieldValueInvalid'],
          ['spec.usages[0]', 'FieldValueNotSupported'],
          ['spec.usages[1]', 'FieldValueDuplicate'],
          ['spec.usages[1]', 'FieldValueNotSupported'],
        ].sort(),
      );
      expect(answer.text).toContain('PEM block type must be CERTIFICATE REQUEST');
    },
  },
  {
    title: 'what a signing request asks for cannot be changed',
    run: async (w) => {
      const object = await made(w);
      const path = `${PATH}/${textAt(object, 'metadata', 'name')}`;
      const answer = await w.merge(path, { metadata: { labels: { a: 'b' } }, spec: { signerName: 'example.com/y' } });
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({
        metadata: { labels: { a: 'b' } },
        spec: { signerName: 'example.com/contract' },
      });
    },
  },
  {
    title: 'a signing request is approved by its subresource, and not taken back',
    run: async (w) => {
      const object = await made(w);
      const path = `${PATH}/${textAt(object, 'metadata', 'name')}`;
      const refused = await w.api.call('PUT', `${path}/status`, decided(object, 'Approved'));
      expectFailure(refused, 422, 'Invalid');
      expect(refused.text).toContain('updates may not add a condition of type');
      const approved = await w.api.call('PUT', `${path}/approval`, decided(object, 'Approved'));
      expect(approved.code).toBe(200);
      const [condition] = listAt(approved.body, 'status', 'conditions');
      expect(condition).toMatchObject({ type: 'Approved', reason: 'Tried' });
      expect(textAt(condition, 'lastUpdateTime')).toMatch(/^\d{4}-.*Z$/);
      expect(textAt(condition, 'lastTransitionTime')).toMatch(/^\d{4}-.*Z$/);
      const back = await w.merge(`${path}/approval`, { status: { conditions: [] } });
      expectFailure(back, 422, 'Invalid');
      expect(back.text).toContain('updates may not remove a condition of type');
    },
  },
  {
    title: 'signing requests print who asked, for how long, and what was decided',
    run: async (w) => {
      const object = await made(w, { expirationSeconds: 3600 });
      const path = `${PATH}/${textAt(object, 'metadata', 'name')}`;
      await w.api.call('PUT', `${path}/approval`, decided(object, 'Denied'));
      const { body } = await w.api.call('GET', path, undefined, { accept: TABLE });
      expect(listAt(body, 'columnDefinitions').map((c) => c['name'])).toEqual([
        'Name',
        'Age',
        'SignerName',
        'Requestor',
        'RequestedDuration',
        'Condition',
      ]);
      expect(at(body, 'rows', '0', 'cells', '2')).toBe('example.com/contract');
      expect(at(body, 'rows', '0', 'cells', '4')).toBe('60m');
      expect(at(body, 'rows', '0', 'cells', '5')).toBe('Denied');
    },
  },
];
