import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClient, RealClientSetting } from './real-client.fixture.ts';

const helm = await realClient('helm');

const CHART = 'apiVersion: v2\nname: demo\nversion: 0.1.0\nappVersion: "1"\n';
const TEMPLATE = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: { app: demo }
  ports: [{ port: 80 }]
`;
const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: things, kind: Thing }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`;

describe.skipIf(helm === undefined)('helm against the API server of the lab', () => {
  let setting: RealClientSetting;
  const out = (...args: string[]): Promise<string> => setting.output(args);

  beforeAll(async () => {
    setting = await RealClientSetting.start(helm ?? '');
    const chart = join(setting.folder, 'chart');
    await mkdir(join(chart, 'templates'), { recursive: true });
    await mkdir(join(chart, 'crds'));
    await writeFile(join(chart, 'Chart.yaml'), CHART);
    await writeFile(join(chart, 'values.yaml'), 'greeting: hello\n');
    await writeFile(join(chart, 'templates', 'all.yaml'), TEMPLATE);
    await writeFile(join(chart, 'crds', 'things.yaml'), CRD);
  });
  afterAll(async () => {
    await setting[Symbol.asyncDispose]();
  });

  it('installs with CRDs, upgrades, rolls back and uninstalls', async () => {
    expect(await out('install', 'r', './chart', '--wait', '--timeout', '20s')).toContain('STATUS: deployed');
    expect(await out('list', '-A')).toMatch(/r\s+default\s+1\s+.*deployed\s+demo-0\.1\.0/);
    await out('upgrade', 'r', './chart', '--set', 'greeting=bye');
    expect(await out('get', 'values', 'r')).toContain('greeting: bye');
    await out('rollback', 'r', '1');
    expect(await out('history', 'r')).toMatch(/3\s+.*deployed\s+demo-0\.1\.0/);
    await out('uninstall', 'r', '--wait', '--timeout', '20s');
    expect(await out('list', '-A', '-q')).toBe('');
  });

  it('tries an installation on the server without a trace', async () => {
    expect(await out('install', 'dry', './chart', '--dry-run=server')).toContain('greeting: "hello"');
    expect(await out('list', '-A', '-q')).toBe('');
  });
});
