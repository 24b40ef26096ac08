import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scaledClock, SeededRandom, systemClock } from '../../base/index.ts';
import { startFromConfig } from '../../../test/rigs/installer/child.ts';
import { startApiGate, type CallFault, type SeenCall } from '../../../test/rigs/installer/api-gate.ts';
import { Installation, installationBody, type RealPrograms } from '../../../test/rigs/installer/installation.ts';
import { programOnPath } from '../../etcd/debian-etcd.fixture.ts';
import { StateView } from './state/index.ts';

/** `INSTALLER_FAULTS=2000` is the longer form; `INSTALLER_FAULT_SEED` draws others. */
const FAULTS = Number(process.env['INSTALLER_FAULTS'] ?? 60);
const SEED = process.env['INSTALLER_FAULT_SEED'] ?? 'faults';
const SHARE = 0.2;
/** Real time after which a silent connection counts as dead here; in production a minute. */
const PATIENCE = { requestTimeoutMs: 700, watchTimeoutMs: 2000 } as const;

const etcd = programOnPath('etcd');
if (etcd === undefined)
  it.skip('faults over real etcds: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () => undefined);

const forms: { form: string; programs: RealPrograms }[] = [
  { form: 'an API server in trouble', programs: {} },
  ...(etcd === undefined ? [] : [{ form: 'an API server over a real etcd in trouble', programs: { etcd } }]),
];

const faults: readonly ((call: SeenCall) => CallFault)[] = [
  () => ({ kind: 'answer', status: 500, reason: 'InternalError' }),
  () => ({ kind: 'answer', status: 503, reason: 'ServiceUnavailable' }),
  () => ({ kind: 'answer', status: 429, reason: 'TooManyRequests' }),
  ({ method }) =>
    method === 'GET'
      ? { kind: 'break', when: 'before' }
      : { kind: 'answer', status: 409, reason: method === 'POST' ? 'AlreadyExists' : 'Conflict' },
  () => ({ kind: 'break', when: 'before' }),
  ({ watch }) => (watch ? { kind: 'cut', afterBytes: 1 } : { kind: 'break', when: 'after' }),
  () => ({ kind: 'stall' }),
];

describe.each(forms)('$form', ({ programs }) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.start(programs);
  }, 60_000);
  afterAll(() => installation[Symbol.asyncDispose]());

  it(
    `holds an installation up and does no harm to it: ${String(FAULTS)} faults drawn from seed ${SEED}`,
    async () => {
      const random = new SeededRandom(SEED);
      let made = 0;
      let calls = 0;
      const kinds = new Set<number>();
      const judge = (call: SeenCall): CallFault | undefined => {
        calls++;
        if (made >= FAULTS || random.fraction('whether', calls) >= SHARE) return undefined;
        made++;
        const kind = random.integer(0, faults.length - 1, 'which', calls);
        kinds.add(kind);
        return faults[kind]?.(call);
      };
      for (let round = 0; made < FAULTS; round++) {
        await installation.renew(round % 2 === 0 ? 'etcdctl' : 'kubectl');
        const [source, target] = await Promise.all([
          startApiGate(await installation.source.server.adminKubeconfig()),
          startApiGate(await installation.target.server.adminKubeconfig()),
        ]);
        source.judge = judge;
        target.judge = judge;
        const before = await installation.uidsOf(installation.source.client);
        const lines: string[] = [];
        const installer = await startFromConfig(
          installation.childConfig({ source: source.kubeconfig, target: target.kubeconfig }),
          {
            identity: `round-${String(round)}`,
            print: (line) => void lines.push(line),
            patience: PATIENCE,
            clock: scaledClock(50),
          },
        );
        const stop = new AbortController();
        const view = new StateView(systemClock);
        const following = view.follow({
          client: installation.source.client,
          signal: stop.signal,
          onSynced: () => undefined,
          onTrouble: () => undefined,
        });
        for (let status = 0; status !== 200;) {
          const response = await fetch(`${installer.url}/cpaas-installer/api/config/dcs`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(installationBody),
          });
          ({ status } = response);
          // Whoever asks is told to come again, and never that it was accepted when it was not.
          expect([200, 503], await response.text()).toContain(status);
        }
        const end = await view.until((state) => state.completedAt !== undefined, AbortSignal.timeout(90_000));
        expect(end?.phases.filter((p) => p.state !== 'Done').map((p) => `${p.title}: ${p.lastError ?? ''}`)).toEqual(
          [],
        );
        expect(end?.generation).toBe(1);
        expect(await installation.uidsOf(installation.target.client)).toHaveLength(before.length);
        if (round % 2 === 0) expect(await installation.uidsOf(installation.target.client)).toEqual(before);
        stop.abort();
        await following;
        await installer.close();
        await Promise.all([source.close(), target.close()]);
      }
      expect(kinds.size).toBe(faults.length);
    },
    120_000 + FAULTS * 1000,
  );
});
