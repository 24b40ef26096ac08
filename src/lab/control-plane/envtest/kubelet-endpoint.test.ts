import { request } from 'node:https';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../base/index.ts';
import { PodLogStore } from '../../kubelet/index.ts';
import { CertificateAuthority, type KeyPair } from '../../pki/index.ts';
import { startKubeletEndpoint, type KubeletEndpoint } from './kubelet-endpoint.ts';

const logs = new PodLogStore();
let authority: CertificateAuthority;
let client: KeyPair;
let endpoint: KubeletEndpoint;

beforeAll(async () => {
  authority = await CertificateAuthority.create('kubernetes');
  client = await authority.issue({ commonName: 'kube-apiserver-kubelet-client', usages: ['client'] });
  endpoint = await startKubeletEndpoint({ authority, logs, clock: systemClock });
  logs.start('app/web', 'main');
  for (const line of ['one', 'two', 'three']) logs.append('app/web', 'main', line, 1000);
});

afterAll(() => endpoint?.close());

function ask(
  path: string,
  { certificate = client, onText }: { certificate?: KeyPair; onText?: () => void } = {},
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: 'localhost',
        port: endpoint.port,
        path,
        agent: false,
        ca: authority.certificatePem,
        cert: certificate.certificatePem,
        key: certificate.keyPem,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          onText?.();
        });
        answer.once('end', () => resolve({ code: answer.statusCode ?? 0, text }));
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

it('gives a container’s log, as much of it as is asked for', async () => {
  expect(await ask('/containerLogs/app/web/main')).toEqual({ code: 200, text: 'one\ntwo\nthree\n' });
  expect(await ask('/containerLogs/app/web/main?tailLines=1')).toEqual({ code: 200, text: 'three\n' });
  expect((await ask('/containerLogs/app/web/main?tailLines=1&timestamps=true')).text).toBe(
    '1970-01-01T00:00:01.000Z three\n',
  );
});

it('follows a log until the container ends', async () => {
  logs.start('app/web', 'side');
  logs.append('app/web', 'side', 'first', 1000);
  let further = ['second', 'third'];
  const { text } = await ask('/containerLogs/app/web/side?follow=true', {
    onText: () => {
      for (const line of further) logs.append('app/web', 'side', line, 1000);
      further = [];
      // Its successor's beginning is the container's end.
      logs.start('app/web', 'side');
    },
  });
  expect(text).toBe('first\nsecond\nthird\n');
});

it('says of a container without a log that it has not started', async () => {
  const { code, text } = await ask('/containerLogs/app/web/other');
  expect(code).toBe(400);
  expect(text).toContain('waiting to start');
});

it('executes nothing, and knows no other paths', async () => {
  expect((await ask('/exec/app/web/main?command=ls')).code).toBe(501);
  expect((await ask('/pods')).code).toBe(404);
});

it('answers nobody without a certificate of the cluster', async () => {
  const stranger = await CertificateAuthority.create('kubernetes');
  const forged = await stranger.issue({ commonName: 'kube-apiserver-kubelet-client', usages: ['client'] });
  await expect(ask('/containerLogs/app/web/main', { certificate: forged })).rejects.toThrow();
});
