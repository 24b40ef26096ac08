import { expect } from 'vitest';
import { expectFailure, textAt, type ContractCase } from '../contract-case.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export const versions: readonly ContractCase[] = [
  {
    title: '/ lists the addresses that are served',
    run: async (w) =>
      expect((await w.get('/'))['paths']).toEqual(
        expect.arrayContaining(['/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/healthz', '/version']),
      ),
  },
  ...['/livez', '/readyz', '/healthz'].map((path): ContractCase => ({
    title: `${path}?verbose lists its checks`,
    run: async (w) => {
      const { code, text } = await w.api.call('GET', `${path}?verbose`);
      expect(code).toBe(200);
      expect(text).toContain('[+]ping ok\n');
      expect(text).toContain('[+]etcd ok\n');
      expect(text.endsWith(`${path.slice(1)} check passed\n`)).toBe(true);
    },
  })),
  {
    title: 'a check of health can be asked for alone, and can be left out',
    run: async (w) => {
      expect(await w.api.call('GET', '/livez/etcd')).toMatchObject({ code: 200, text: 'ok' });
      const all = await w.api.call('GET', '/readyz?verbose&exclude=etcd');
      expect(all.text).toContain('[+]etcd excluded: ok\n');
    },
  },
  {
    title: 'a check of health that does not exist is a 404 in plain text',
    run: async (w) =>
      expect(await w.api.call('GET', '/readyz/nothing')).toMatchObject({ code: 404, text: '404 page not found\n' }),
  },
  ...['/version', '/api', '/apis/apps/v1'].map((path): ContractCase => ({
    title: `POST ${path} is MethodNotAllowed`,
    run: async (w) => {
      const answer = await w.api.call('POST', path, {});
      expectFailure(answer, 405, 'MethodNotAllowed', {
        message: 'the server does not allow this method on the requested resource',
        details: {},
      });
    },
  })),
  ...['/api/v2', '/apis/apps/v9', '/apis/apps/v1/namespaces/x/foos'].map((path): ContractCase => ({
    title: `${path}, a version or resource that is not served, is a 404 Status`,
    run: async (w) =>
      expectFailure(await w.api.call('GET', path), 404, 'NotFound', {
        message: 'the server could not find the requested resource',
        details: {},
      }),
  })),
  {
    title: 'an address with a broken escape is a 400',
    run: async (w) => expect((await w.api.call('GET', '/api/v1/namespaces/%zz')).code).toBe(400),
  },
  {
    title: 'an address that nothing is served at is a 404 in plain text',
    run: async (w) =>
      expect(await w.api.call('GET', '/foo')).toMatchObject({ code: 404, text: '404 page not found\n' }),
  },
  ...['/api', '/apis'].map((path): ContractCase => ({
    title: `aggregated discovery of ${path} has an ETag, and 304 for who knows it`,
    run: async (w) => {
      const first = await w.api.call('GET', path, undefined, { accept: AGGREGATED });
      const etag = first.headers['etag'];
      expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
      expect(first.headers).toMatchObject({ vary: 'Accept', 'cache-control': 'public' });
      // Other cases make and remove resources meanwhile; /api is the core group alone.
      if (path === '/apis') return;
      const again = await w.api.call('GET', path, undefined, {
        accept: AGGREGATED,
        headers: { 'if-none-match': String(etag) },
      });
      expect(again).toMatchObject({ code: 304, text: '' });
    },
  })),
  {
    title: 'an OpenAPI document at its hash may be kept for good, and is 304 for who has it',
    run: async (w) => {
      const index = await w.get('/openapi/v3');
      const url = textAt(index, 'paths', 'apis/apps/v1', 'serverRelativeURL');
      const document = await w.api.call('GET', url);
      expect(document.headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' });
      expect(document.headers).toHaveProperty('expires');
      const headers = { 'if-none-match': String(document.headers['etag']) };
      expect((await w.api.call('GET', url, undefined, { headers })).code).toBe(304);
    },
  },
  {
    title: 'an OpenAPI document at a former hash has moved to the present one',
    run: async (w) => {
      const answer = await w.api.call('GET', '/openapi/v3/apis/apps/v1?hash=FORMER');
      expect(answer.code).toBe(301);
      expect(answer.headers['location']).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
    },
  },
  {
    title: 'an OpenAPI document of a group that is not served is a 404',
    run: async (w) => expect((await w.api.call('GET', '/openapi/v3/apis/nowhere/v1')).code).toBe(404),
  },
];
