import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../../lab/pki/index.ts';
import type { RunningInstaller } from '../start-installer.ts';
import { dcsBody, encode } from '../../../../test/rigs/installer/request-body.ts';
import { phaseOf, Stage, untilAborted } from '../../../../test/rigs/installer/stage.ts';

/** `INSTALLER_FUZZ=10000` is the longer form. */
const BODIES = Number(process.env['INSTALLER_FUZZ'] ?? 500);
const LIMIT_MS = 10_000;

/** Stands wherever a secret could, and must come back nowhere. */
const SECRET = 'zV7-hidden-Kq9';
const FORMS = [SECRET, encode(SECRET), encode(encode(SECRET)), JSON.stringify(SECRET).slice(1, -1)];

let stage: Stage;
let installer: RunningInstaller;
let certificate: string;
let privateKey: string;
beforeAll(async () => {
  stage = await Stage.start();
  let attempts = 0;
  installer = await stage.install([
    phaseOf('a', ({ signal }) =>
      attempts++ === 0 ? Promise.reject(new Error(`refused ${SECRET}`)) : untilAborted(signal),
    ),
  ]);
  const authority = await CertificateAuthority.create('company');
  const pair = await authority.issue({ commonName: 'console', dnsNames: ['platform.example.com'] });
  [certificate, privateKey] = [encode(pair.certificatePem), encode(pair.keyPem)];
});
afterAll(() => stage.close());

/** Is worked on all the time. */
const accepted = { ...dcsBody, basic: { username: 'admin@cpaas.io', password: encode(SECRET) } };

const secret = fc.constantFrom(...FORMS);
const junk = fc.oneof(
  fc.jsonValue(),
  secret,
  fc.constantFrom(
    '',
    '\u0000',
    '-1',
    '999.999.999.999',
    '::',
    '10.0.0.0/99',
    'a'.repeat(5000),
    '__proto__',
    '🙂',
    '\ud800',
  ),
  fc.constantFrom<unknown>(0, -1, 65_536, 1e308, null, true, [], {}),
);

/** The guide's body, with some of its places taken by something else, emptied, or beside something unknown. */
const mutated = fc
  .array(
    fc.record({
      path: fc.constantFrom(
        ...['basic', 'basic.username', 'basic.password', 'registry', 'registry.domain', 'registry.username'],
        ...['registry.password', 'console', 'console.host', 'console.globalHost', 'console.httpPort', 'console.cert'],
        ...['console.cert.selfSigned', 'console.cert.thirdParty', 'console.cert.thirdParty.certificate'],
        ...['console.cert.thirdParty.privateKey', 'console.cert.thirdParty.pkcs12', 'cluster', 'cluster.clusterCIDR'],
        ...['cluster.serviceCIDR', 'cluster.features', 'cluster.features.ha', 'cluster.features.ha.vip', 'product'],
        ...['deployMode', 'hostIP', 'unknown', '__proto__', 'constructor.prototype', 'a/b~c'],
      ),
      value: junk,
      how: fc.constantFrom('set', 'delete'),
    }),
    { maxLength: 4 },
  )
  .map((changes) => {
    const body: Record<string, unknown> = structuredClone(accepted);
    for (const { path, value, how } of changes) {
      const keys = path.split('.');
      const last = keys.pop() ?? '';
      let place: unknown = body;
      for (const key of keys) place = Object(place) === place ? (place as Record<string, unknown>)[key] : undefined;
      if (typeof place !== 'object' || place === null || place === Object.prototype) continue;
      if (how === 'delete') Reflect.deleteProperty(place, last);
      else Object.defineProperty(place, last, { value, enumerable: true, configurable: true, writable: true });
    }
    return Buffer.from(JSON.stringify(body));
  });

/** Other requests, and the accepted one, with nothing wrong about them. */
const valid = fc
  .record({ hostIP: fc.constantFrom('192.0.2.5', '192.0.2.6'), product: fc.constantFrom(['base', 'acp'], ['base']) })
  .map((changes) => Buffer.from(JSON.stringify({ ...accepted, ...changes })));

const withCertificate = fc
  .record({
    certificate: fc.oneof(fc.constant('real'), secret, fc.base64String()),
    privateKey: fc.oneof(fc.constant('real'), secret, fc.base64String()),
    more: fc.dictionary(fc.string(), fc.oneof(secret, fc.string()), { maxKeys: 3 }),
  })
  .map((c) => {
    const thirdParty = {
      ...c.more,
      certificate: c.certificate === 'real' ? certificate : c.certificate,
      privateKey: c.privateKey === 'real' ? privateKey : c.privateKey,
    };
    return Buffer.from(JSON.stringify({ ...dcsBody, console: { ...dcsBody.console, cert: { thirdParty } } }));
  });

/** Valid JSON that was cut, or has bytes changed; and bytes of any kind. */
const broken = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(mutated, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const changed = Buffer.from(bytes);
    changed[at % changed.length] = byte;
    return changed.subarray(0, at % 3 === 0 ? at % changed.length : undefined);
  }),
  fc.constant(Buffer.from('['.repeat(100_000))),
  fc.constant(Buffer.from(`{"password": ${SECRET}}`)),
);

const call = fc.record({
  body: fc.oneof(
    { weight: 10, arbitrary: mutated },
    { weight: 1, arbitrary: valid },
    { weight: 4, arbitrary: withCertificate },
    { weight: 4, arbitrary: broken },
  ),
  type: fc.oneof(
    { weight: 20, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('text/plain', 'application/json;charset=utf-16', 'application/xml', SECRET),
    },
  ),
});

describe('the REST API', () => {
  it(
    `takes ${String(BODIES)} generated bodies: an answer to each, none of them 5xx, and no secret of them anywhere`,
    async () => {
      const seen = new Map<number, number>();
      const first = await fetch(`${installer.url}/cpaas-installer/api/config/dcs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(accepted),
      });
      expect(first.status).toBe(200);
      await fc.assert(
        fc.asyncProperty(call, async ({ body, type }) => {
          const response = await fetch(`${installer.url}/cpaas-installer/api/config/dcs`, {
            method: 'POST',
            headers: { 'content-type': type },
            body,
            signal: AbortSignal.timeout(LIMIT_MS),
          });
          const text = await response.text();
          seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
          expect([200, 400, 409, 413, 415, 422], text).toContain(response.status);
          const answer = JSON.parse(text) as { code?: string; faults?: { pointer: string }[] };
          if (response.status !== 200) expect(answer.code).toMatch(/^INSTALLER_/);
          for (const { pointer } of answer.faults ?? []) expect(pointer).toMatch(/^(\/([^~/]|~[01])*)*$/s);
          // A name that is unknown is named; values never are.
          const values = text.replaceAll(/"pointer":"(?:[^"\\]|\\.)*"/g, '');
          for (const form of FORMS) expect(values).not.toContain(form);
        }),
        { numRuns: BODIES, seed: Number(process.env['INSTALLER_FUZZ_SEED'] ?? 7) },
      );
      // Each kind of answer was met, so the bodies are not all of one sort.
      expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 400, 409, 415, 422]));
      const progress = await (await fetch(`${installer.url}/cpaas-installer/api/progress`)).text();
      const metrics = await (await fetch(`${installer.url}/metrics`)).text();
      const told = [progress, metrics, ...stage.lines].join('\n');
      for (const form of FORMS) expect(told).not.toContain(form);
      expect(told).toContain('refused [redacted]');
    },
    60_000 + BODIES * 20,
  );
});
