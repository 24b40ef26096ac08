import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fieldAt } from '../../../kube/index.ts';
import type { RunningInstaller } from '../start-installer.ts';
import { dcsBody } from '../../../../test/rigs/installer/request-body.ts';
import { phaseOf, Stage, untilAborted } from '../../../../test/rigs/installer/stage.ts';

const SUBMIT = '/cpaas-installer/api/config/dcs';
const PROGRESS = '/cpaas-installer/api/progress';
const EVENTS = '/cpaas-installer/api/events';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

async function call(
  installer: RunningInstaller,
  path: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    ca?: string;
    servername?: string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body, ca, servername } = options;
  const url = new URL(path, installer.url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers, ca, servername }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const json = response.headers['content-type']?.startsWith('application/json') && text !== '';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: json ? (JSON.parse(text) as unknown) : text,
        });
      });
    });
    request.once('error', reject);
    request.end(body);
  });
}

const json = { 'content-type': 'application/json' };

describe('the REST API of the installer', () => {
  it('answers what is wrong with a call itself in one form, and quotes nothing of it', async () => {
    const installer = await stage.install([phaseOf('a')]);
    const secret = 'hunter2-in-the-clear';
    const post = (body: string | Buffer, headers: Record<string, string> = json): Promise<Answer> =>
      call(installer, SUBMIT, { method: 'POST', headers, body });
    const answers = {
      'not JSON': await post(`{"basic": {"password": ${secret}`),
      'not UTF-8': await post(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
      empty: await post(''),
      'a prototype': await post('{"__proto__": {"x": 1}}'),
      'too large': await post(JSON.stringify({ password: secret.repeat(20_000) })),
      'another type': await post(`password=${secret}`, { 'content-type': 'application/x-www-form-urlencoded' }),
      'no type': await post(JSON.stringify(dcsBody), {}),
      'a wrong method': await call(installer, SUBMIT),
      'a wrong path': await call(installer, `/cpaas-installer/${secret}`),
    };
    const told = Object.entries(answers).map(([name, { status, body }]) => [name, status, fieldAt(body, 'code')]);
    expect(told).toEqual([
      ['not JSON', 400, 'INSTALLER_CALL_INVALID'],
      ['not UTF-8', 400, 'INSTALLER_CALL_INVALID'],
      ['empty', 400, 'INSTALLER_CALL_INVALID'],
      ['a prototype', 422, 'INSTALLER_REQUEST_INVALID'],
      ['too large', 413, 'INSTALLER_CALL_INVALID'],
      ['another type', 415, 'INSTALLER_CALL_INVALID'],
      ['no type', 415, 'INSTALLER_CALL_INVALID'],
      ['a wrong method', 405, 'INSTALLER_CALL_INVALID'],
      ['a wrong path', 404, 'INSTALLER_CALL_INVALID'],
    ]);
    expect(answers['a wrong method'].headers['allow']).toBe('POST');
    expect(JSON.stringify([answers, stage.lines])).not.toContain(secret);
    expect((await post(JSON.stringify(dcsBody), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(
      200,
    );
  });

  it('refuses keys that occur twice, at once with what else is wrong, and takes neither of their values', async () => {
    const installer = await stage.install([phaseOf('a', ({ signal }) => untilAborted(signal))]);
    const post = (body: string): Promise<Answer> => call(installer, SUBMIT, { method: 'POST', headers: json, body });
    const twice = JSON.stringify(dcsBody)
      .replace('"username":"robot"', '"username":"robot","username":"robot"')
      .replace('"hostIP"', '"deployMode":"base","hostIP"');
    const repeated = [
      { pointer: '/registry/username', message: 'occurs more than once' },
      { pointer: '/deployMode', message: 'occurs more than once' },
    ];
    expect(await post(twice)).toMatchObject({ status: 422, body: { faults: repeated } });
    const worse = await post(twice.replace('"product":["base","acp"]', '"product":["acp"]'));
    expect(fieldAt(worse.body, 'faults')).toEqual([...repeated, expect.objectContaining({ pointer: '/product' })]);
    expect((await call(installer, PROGRESS)).body).toMatchObject({ status: 'Idle' });
    const deep = `${'{"a":1,"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const { faults } = (await post(deep)).body as { faults: { message: string }[] };
    expect(faults.filter(({ message }) => message === 'occurs more than once')).toHaveLength(20);
  });

  it('names what runs when it refuses another request', async () => {
    const installer = await stage.install([phaseOf('a', ({ signal }) => untilAborted(signal))]);
    const post = (body: object): Promise<Answer> =>
      call(installer, SUBMIT, { method: 'POST', headers: json, body: JSON.stringify(body) });
    expect((await post(dcsBody)).body).toEqual({ status: 'Accepted', progress: PROGRESS, warnings: [] });
    expect(await post({ ...dcsBody, product: ['base'] })).toMatchObject({
      status: 409,
      body: { code: 'INSTALLER_BUSY', running: { status: 'Running', step: 'Phase a', percentage: 0 } },
    });
  });

  it('wants TLS and a token unless plain HTTP was asked for, from everybody but probes', async () => {
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure', hosts: ['192.0.2.44'] } });
    const [ca, token] = [await stage.accessValue('ca.crt'), await stage.accessValue('token')];
    expect(installer.url).toMatch(/^https:/);
    const authorized = { authorization: `Bearer ${token}` };
    const status = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await call(installer, path, { headers, ca })).status;
    expect(await status(PROGRESS, authorized)).toBe(200);
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: token }])
      for (const path of [PROGRESS, EVENTS, '/metrics', '/nowhere']) expect(await status(path, headers)).toBe(401);
    const refused = await call(installer, SUBMIT, { method: 'POST', headers: json, body: '{', ca });
    expect(refused).toMatchObject({ status: 401, body: { code: 'INSTALLER_UNAUTHORIZED' } });
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    for (const path of ['/healthz', '/readyz', '/openapi.json']) expect(await status(path)).toBe(200);
    // The certificate is for the Service and for the address that was named, and is signed by what the Secret shows.
    const peer = await new Promise<{ subjectaltname: string }>((resolve, reject) => {
      const socket = connect({ port: installer.port, host: '127.0.0.1', ca, servername: 'cpaas-installer' });
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate() as { subjectaltname: string });
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(peer.subjectaltname).toContain('DNS:cpaas-installer.cpaas-system.svc');
    expect(peer.subjectaltname).toContain('IP Address:192.0.2.44');
    expect(stage.lines.join('\n')).not.toContain(token);
    // A second replica, and this one after a restart, keep token and authority.
    const other = await stage.install([phaseOf('a')], { access: { mode: 'secure' } });
    expect((await call(other, PROGRESS, { headers: authorized, ca })).status).toBe(200);
  });

  it('serves plain HTTP on the wish, without a token', async () => {
    const installer = await stage.install([phaseOf('a')]);
    expect((await call(installer, PROGRESS)).body).toMatchObject({ status: 'Idle', type: 'Idle' });
  });

  it('publishes a valid OpenAPI 3.1 document that lists every path and describes the answers', async () => {
    const installer = await stage.install([phaseOf('a')], { access: { mode: 'secure' } });
    const { body } = await call(installer, '/openapi.json', { ca: await stage.accessValue('ca.crt') });
    const validator = new Validator();
    const verdict = await validator.validate(structuredClone(body) as Record<string, unknown>);
    expect(verdict).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    const paths = Object.keys(fieldAt(body, 'paths') as object);
    expect(paths.sort()).toEqual([SUBMIT, PROGRESS, EVENTS, '/healthz', '/readyz', '/metrics', '/openapi.json'].sort());
    const request = fieldAt(body, 'components', 'schemas', 'InstallRequest');
    expect(fieldAt(request, 'required')).toEqual(
      expect.arrayContaining(['basic', 'registry', 'console', 'product', 'deployMode', 'hostIP']),
    );
    expect(fieldAt(request, 'additionalProperties')).toBe(false);
  });

  it('counts requests and shows every phase in the text format of Prometheus', async () => {
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const installer = await stage.install([phaseOf('a', () => gate), phaseOf('b')]);
    await call(installer, SUBMIT, { method: 'POST', headers: json, body: JSON.stringify(dcsBody) });
    await call(installer, SUBMIT, { method: 'POST', headers: json, body: '{' });
    const sampleOf = async (sample: string): Promise<number | undefined> =>
      readMetrics(String((await call(installer, '/metrics')).body)).get(sample);
    const until = async (sample: string, value: number): Promise<void> => {
      while ((await sampleOf(sample)) !== value);
    };
    await until('cpaas_installer_phase_state{phase="a",state="Active"}', 1);
    expect(await sampleOf('cpaas_installer_phase_state{phase="b",state="Pending"}')).toBe(1);
    expect(await sampleOf('cpaas_installer_leader')).toBe(1);
    const counted = `cpaas_installer_http_requests_total{method="POST",path="${SUBMIT}",code=`;
    expect(await sampleOf(`${counted}"200"}`)).toBe(1);
    expect(await sampleOf(`${counted}"400"}`)).toBe(1);
    expect(await sampleOf(`cpaas_installer_http_request_duration_seconds_count{path="${SUBMIT}"}`)).toBe(2);
    finish();
    await until('cpaas_installer_complete', 1);
    expect(await sampleOf('cpaas_installer_progress_percentage')).toBe(100);
    expect(await sampleOf('cpaas_installer_phase_attempts{phase="b"}')).toBe(1);
  });

  it('streams what happens, and to one who comes back what it missed', async () => {
    const installer = await stage.install([phaseOf('a'), phaseOf('b')]);
    const first = await follow(installer, undefined, (events) => events.some((e) => e.event === 'progress'));
    expect(first.map((e) => e.event)).toEqual(['progress']);
    expect(first[0]?.data).toMatchObject({ status: 'Idle' });

    await call(installer, SUBMIT, { method: 'POST', headers: json, body: JSON.stringify(dcsBody) });
    const isComplete = (events: readonly StreamEvent[]): boolean =>
      events.some((e) => e.event === 'progress' && fieldAt(e.data, 'type') === 'Complete');
    const all = await follow(installer, undefined, isComplete);
    const phases = all.filter((e) => e.event === 'phase');
    expect(phases.map((e) => `${String(e.id)} ${String(fieldAt(e.data, 'type'))}`)).toEqual([
      ...['1 accepted', '2 started', '3 done', '4 started', '5 done', '6 complete'],
    ]);
    const percentages = all.filter((e) => e.event === 'progress').map((e) => Number(fieldAt(e.data, 'percentage')));
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b));

    // Another replica knows the same numbers.
    const other = await stage.install([phaseOf('a'), phaseOf('b')]);
    const missed = await follow(other, '4', isComplete);
    expect(missed.filter((e) => e.event === 'phase').map((e) => e.id)).toEqual(['5', '6']);
  });
});

interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: unknown;
}

/** Reads a stream of Server-Sent Events until enough has come. */
async function follow(
  installer: RunningInstaller,
  lastEventId: string | undefined,
  enough: (events: readonly StreamEvent[]) => boolean,
): Promise<StreamEvent[]> {
  const stop = new AbortController();
  const response = await fetch(`${installer.url}${EVENTS}`, {
    signal: stop.signal,
    ...(lastEventId !== undefined && { headers: { 'last-event-id': lastEventId } }),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events: StreamEvent[] = [];
  let rest = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    rest += Buffer.from(chunk).toString('utf8');
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const { id, event, data } = fields;
      if (event === undefined) continue;
      events.push({ ...(id !== undefined && { id }), event, data: JSON.parse(data ?? 'null') as unknown });
    }
    if (enough(events)) break;
  }
  stop.abort();
  return events;
}

/** Reads the text format strictly: each sample belongs to the family that was announced last, and none comes twice. */
function readMetrics(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true);
  const samples = new Map<string, number>();
  let family = '';
  for (const line of text.trimEnd().split('\n')) {
    const announced = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)?.[1];
    if (announced !== undefined) family = announced;
    if (line.startsWith('#')) continue;
    const [, name = '', labels = '', value = ''] =
      /^([a-z_]+)((?:\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})?) (-?[\d.e+-]+)$/.exec(line) ??
      [];
    expect(name.replace(/_(bucket|sum|count)$/, '') === family || name === family, line).toBe(true);
    expect(samples.has(name + labels), line).toBe(false);
    samples.set(name + labels, Number(value));
  }
  return samples;
}
