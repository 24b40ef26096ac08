import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock, type Clock } from '../../base/index.ts';
import { PLATFORM_NAMESPACE, resources } from '../../kube/index.ts';
import { CertificateAuthority } from '../../lab/pki/index.ts';
import { phaseOf, Stage } from '../../../test/rigs/installer/stage.ts';
import { ACCESS_SECRET } from './access.ts';
import { issueCertificate } from './certificates/issue.ts';
import type { RunningInstaller } from './start-installer.ts';

const REF = { name: ACCESS_SECRET, namespace: PLATFORM_NAMESPACE };
const LOOK_MS = 10_000;

let stage: Stage;
let folder: string;
beforeAll(async () => {
  [stage, folder] = await Promise.all([Stage.start(), mkdtemp(join(tmpdir(), 'installer-access-'))]);
});
afterEach(() => stage.clear());
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  /** Of the certificate that was shown. */
  readonly serialNumber: string;
}

/** The status of a call on a connection of its own; undefined when the certificate is not trusted. */
function call(installer: RunningInstaller, how: { ca: string; token: string }): Promise<Answer | undefined> {
  const options: RequestOptions = {
    ca: how.ca,
    headers: { authorization: `Bearer ${how.token}` },
    agent: false,
  };
  return new Promise((resolve) => {
    get(new URL('/cpaas-installer/api/progress', installer.url), options, (response) => {
      response.resume();
      const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
      resolve({ status: response.statusCode ?? 0, serialNumber });
    }).once('error', () => resolve(undefined));
  });
}

async function change(data: Record<string, string>): Promise<void> {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')]);
  const body = { data: Object.fromEntries(encoded) as Record<string, string> };
  await stage.client.patch(resources.secrets, REF, { type: 'merge', body });
}

const READ_ANEW = 'token and certificate have been read anew';

describe('token and certificate of the service', () => {
  it('are those of the Secret, and follow it without a restart', async () => {
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure' } });
    const before = { ca: await stage.accessValue('ca.crt'), token: await stage.accessValue('token') };
    const first = await call(installer, before);
    expect(first?.status).toBe(200);

    await change({ token: 'another-token' });
    await stage.said(READ_ANEW);
    expect((await call(installer, before))?.status).toBe(401);
    expect((await call(installer, { ...before, token: 'another-token' }))?.status).toBe(200);

    const nowMs = Date.now();
    const authority = await issueCertificate({ commonName: 'another', use: 'authority', days: 10, nowMs });
    await change({ 'ca.crt': authority.certificate, 'ca.key': authority.key });
    await stage.said(READ_ANEW, 2);
    expect(await call(installer, { ...before, token: 'another-token' })).toBeUndefined();
    expect((await call(installer, { ca: authority.certificate, token: 'another-token' }))?.status).toBe(200);
    expect(stage.lines.join('\n')).not.toContain('another-token');
  });

  it('are made anew where the Secret was deleted, and stay as they are where it was damaged', async () => {
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure' } });
    const before = { ca: await stage.accessValue('ca.crt'), token: await stage.accessValue('token') };
    await change({ token: '' });
    await stage.said('token and certificate cannot be read: INSTALLER_STATE_INVALID');
    expect((await call(installer, before))?.status).toBe(200);
    await stage.client.delete(resources.secrets, REF);
    await stage.said(READ_ANEW);
    const after = { ca: await stage.accessValue('ca.crt'), token: await stage.accessValue('token') };
    expect(after.token).not.toBe(before.token);
    expect((await call(installer, after))?.status).toBe(200);
    expect(await call(installer, before)).toBeUndefined();
  });

  it('end the streams of those who came with what was replaced', async () => {
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure' } });
    const [ca, token] = [await stage.accessValue('ca.crt'), await stage.accessValue('token')];
    const ended = await new Promise<() => Promise<void>>((resolve, reject) => {
      const options = { ca, headers: { authorization: `Bearer ${token}` } };
      get(new URL('/cpaas-installer/api/events', installer.url), options, (response) => {
        const end = new Promise<void>((done) => response.resume().once('end', done));
        resolve(() => end);
      }).once('error', reject);
    });
    await change({ token: 'another-token' });
    await ended();
  });

  it('are those of files where such are given, which are read again; a pair that does not match changes nothing', async () => {
    const clock = new ManualClock(Date.now());
    const authority = await CertificateAuthority.create('company');
    const pair = (): Promise<{ certificatePem: string; keyPem: string }> =>
      authority.issue({ commonName: 'installer', dnsNames: [], ipAddresses: ['127.0.0.1'] });
    const path = (name: string): string => join(folder, name);
    const place = async (token: string, tls: { certificatePem: string; keyPem: string }): Promise<void> => {
      await writeFile(path('token'), `${token}\n`);
      await writeFile(path('tls.crt'), tls.certificatePem);
      await writeFile(path('tls.key'), tls.keyPem);
    };
    const [one, two] = [await pair(), await pair()];
    await place('first', one);
    const files = {
      token: path('token'),
      certificate: { certificateFile: path('tls.crt'), keyFile: path('tls.key') },
    };
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure', files }, upkeepClock: clock });
    const ca = authority.certificatePem;
    const first = await call(installer, { ca, token: 'first' });
    expect(first?.status).toBe(200);
    // Nothing in the cluster says how it is called: no Secret was made.
    expect(await stage.client.find(resources.secrets, REF)).toBeUndefined();

    await place('second', { certificatePem: two.certificatePem, keyPem: one.keyPem });
    await clock.advance(LOOK_MS);
    await stage.said('token and certificate cannot be read');
    expect(await call(installer, { ca, token: 'first' })).toEqual(first);
    await place('second', two);
    await clock.advance(LOOK_MS);
    await stage.said(READ_ANEW);
    expect((await call(installer, { ca, token: 'first' }))?.status).toBe(401);
    const second = await call(installer, { ca, token: 'second' });
    expect(second?.status).toBe(200);
    expect(second?.serialNumber).not.toBe(first?.serialNumber);
  });

  it('come with a certificate that is issued anew long before it expires', async () => {
    const clock = new ManualClock(Date.now());
    let laterMs = 0;
    const upkeepClock: Clock = {
      now: () => clock.now() + laterMs,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure' }, upkeepClock });
    const how = { ca: await stage.accessValue('ca.crt'), token: await stage.accessValue('token') };
    const first = await call(installer, how);
    await clock.advance(LOOK_MS);
    expect(await call(installer, how)).toEqual(first);
    laterMs = 271 * 86_400_000;
    await clock.advance(LOOK_MS);
    await stage.said(READ_ANEW);
    expect(first?.status).toBe(200);
    // The new one is not valid yet on the clock of this connection, which is the real one.
    expect(await call(installer, how)).toBeUndefined();
  });
});
