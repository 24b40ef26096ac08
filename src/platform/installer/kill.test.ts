import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom, systemClock } from '../../base/index.ts';
import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import { readReleaseHistory } from '../apprelease/index.ts';
import { payloadCharts } from './payload.ts';
import { readState, StateView, type InstallerState } from './state/index.ts';
import { startApiGate, type ApiGate, type SeenCall } from '../../../test/rigs/installer/api-gate.ts';
import { Installation, installationBody, type RealPrograms } from '../../../test/rigs/installer/installation.ts';
import { findRealPrograms } from '../../../test/rigs/installer/real-programs.ts';
import { ReplicaProgram, type Replica } from '../../../test/rigs/installer/replica.ts';
import { ADMIN_PASSWORD, encode, REGISTRY_PASSWORD } from '../../../test/rigs/installer/request-body.ts';

/** `INSTALLER_KILLS=100` is the longer form; `INSTALLER_KILL_SEED` draws other moments. */
const KILLS = Number(process.env['INSTALLER_KILLS'] ?? 8);
const SEED = process.env['INSTALLER_KILL_SEED'] ?? 'kills';
/** A process dies at the latest at this call to an API server, counted from its start; an installation makes some 250. */
const LATEST_CALL = 120;
const SUBMIT = '/cpaas-installer/api/config/dcs';

let installation: Installation;
let program: ReplicaProgram;
let sourceGate: ApiGate;
beforeAll(async () => {
  program = await ReplicaProgram.bundle();
}, 60_000);
afterAll(() => program[Symbol.asyncDispose]());

function withInstallation(programs: RealPrograms = {}): void {
  beforeAll(async () => {
    installation = await Installation.start(programs);
    sourceGate = await startApiGate(await installation.source.server.adminKubeconfig());
  }, 60_000);
  afterAll(async () => {
    await sourceGate.close();
    await installation[Symbol.asyncDispose]();
  });
}

const real = await findRealPrograms();
if ('missing' in real) it.skip(`an installer with real Helm and real etcds: skipped, ${real.missing}`, () => undefined);

/** Half as many with the real programs, which take longer. */
const forms: { form: string; programs: RealPrograms; kills: number }[] = [
  { form: 'an installer that is killed', programs: {}, kills: KILLS },
  ...('missing' in real
    ? []
    : [{ form: 'an installer with real Helm and real etcds that is killed', programs: real, kills: KILLS / 2 }]),
];

type Answer = Awaited<ReturnType<Replica['call']>>;

/** The state as it lies in the cluster, seen from outside. */
class Observer implements AsyncDisposable {
  readonly view = new StateView(systemClock);
  readonly percentages: number[] = [];
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;

  constructor() {
    this.view.onChange((state) => void (state && this.percentages.push(state.percentage)));
    this.#following = this.view.follow({
      client: installation.source.client,
      signal: this.#stop.signal,
      onSynced: () => undefined,
      onTrouble: () => undefined,
    });
  }

  complete(): Promise<InstallerState | undefined> {
    return this.view.until((state) => state.completedAt !== undefined, this.#stop.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}

/** What must be true of every finished installation, whatever happened on the way. */
async function expectWhole(before: readonly string[], observer: Observer, replicas: readonly Replica[]): Promise<void> {
  const { source, target } = installation;
  expect(await installation.uidsOf(target.client)).toHaveLength(before.length);
  const cluster = await target.get(resources.clusters, 'global');
  expect(cluster.metadata.annotations?.['cpaas.io/registry-address']).toBe('platform.example.com:11443');
  expect(fieldAt(cluster, 'spec', 'paused') ?? false).toBe(false);
  const stored = await readState(source.client);
  expect(stored?.sealed).toBeUndefined();
  expect(stored?.state.phases.map((p) => p.state)).toEqual(stored?.state.phases.map(() => 'Done'));
  // One request was accepted once, however often it was sent; each phase ended once; nothing went back.
  expect(stored?.state.generation).toBe(1);
  const ended = (stored?.state.journal ?? []).filter((e) => e.type === 'done').map((e) => e.phase);
  expect(new Set(ended).size).toBe(ended.length);
  expect(observer.percentages).toEqual([...observer.percentages].sort((a, b) => a - b));
  const told = replicas.flatMap((r) => r.lines).join('\n');
  for (const password of [ADMIN_PASSWORD, REGISTRY_PASSWORD])
    for (const form of [password, encode(password)]) expect(told).not.toContain(form);
}

describe.each(forms)('$form', ({ programs, kills: wanted }) => {
  withInstallation(programs);

  it(
    `goes on where it was, at ${String(wanted)} moments drawn from seed ${SEED}, by either method`,
    async () => {
      const random = new SeededRandom(SEED);
      let kills = 0;
      let starts = 0;
      for (let round = 0; kills < wanted; round++) {
        const method = round % 2 === 0 ? 'etcdctl' : 'kubectl';
        await installation.renew(method);
        const targetGate = await startApiGate(await installation.target.server.adminKubeconfig());
        const config = installation.childConfig({ source: sourceGate.kubeconfig, target: targetGate.kubeconfig });
        const before = await installation.uidsOf(installation.source.client);
        await using observer = new Observer();
        const complete = observer.complete();
        const replicas: Replica[] = [];
        let accepted = false;
        for (let done = false; !done;) {
          let callsLeft = kills < wanted ? random.integer(1, LATEST_CALL, 'call', starts) : Infinity;
          const when = random.fraction('when', starts++) < 0.5 ? 'before' : 'after';
          const replica = program.start('cpaas-installer-0', config);
          replicas.push(replica);
          let meant = false;
          const judge = (_: SeenCall): ReturnType<ApiGate['judge']> => {
            if (--callsLeft !== 0) return undefined;
            return {
              kind: 'break',
              when,
              act: () => {
                meant = true;
                replica.signal('SIGKILL');
              },
            };
          };
          sourceGate.judge = judge;
          targetGate.judge = judge;
          const answer: Answer = accepted ? undefined : await replica.call(SUBMIT, installationBody);
          if (answer) expect(answer.status, answer.text).toBe(200);
          accepted ||= answer !== undefined;
          done = await Promise.race([complete.then(() => true), replica.exited.then(() => false)]);
          if (done) await replica.kill();
          else {
            expect(meant, replica.lines.slice(-5).join('\n')).toBe(true);
            kills++;
          }
        }
        await expectWhole(before, observer, replicas);
        if (programs.helm !== undefined) expect(await releasesOf(installation.target.client)).toEqual(['deployed']);
        if (method === 'etcdctl') expect(await installation.uidsOf(installation.target.client)).toEqual(before);
        await targetGate.close();
      }
    },
    60_000 + wanted * 20_000,
  );
});

describe.skipIf('missing' in real)('an installer that is killed while Helm installs the base operator', () => {
  withInstallation('missing' in real ? {} : real);

  it('goes on from what Helm had half done, which Helm itself refuses to touch', async () => {
    await installation.renew('etcdctl');
    sourceGate.judge = () => undefined;
    await using observer = new Observer();
    const complete = observer.complete();
    const gate = await startApiGate(await installation.target.server.adminKubeconfig());
    const config = installation.childConfig({ source: sourceGate.kubeconfig, target: gate.kubeconfig });
    const before = await installation.uidsOf(installation.source.client);
    const first = program.start('cpaas-installer-0', config);
    // The record of the release says pending-install from this call on.
    gate.judge = ({ method, path, agent }) => {
      if (method !== 'POST' || !path.endsWith('/secrets') || !/^helm/i.test(agent)) return undefined;
      gate.judge = () => undefined;
      return { kind: 'break', when: 'after', act: () => first.signal('SIGKILL') };
    };
    expect((await first.call(SUBMIT, installationBody))?.status).toBe(200);
    await first.exited;
    expect(await releasesOf(installation.target.client)).toEqual(['pending-install']);
    const second = program.start('cpaas-installer-0', config);
    await complete;
    expect(second.lines.join('\n')).toContain('was left pending-install; it goes on from there');
    expect(await releasesOf(installation.target.client)).toEqual(['deployed']);
    await second.kill();
    await expectWhole(before, observer, [first, second]);
    await gate.close();
  }, 60_000);
});

/** What Helm says about the newest revision of each release. */
async function releasesOf(client: KubeClient): Promise<string[]> {
  const ref = { name: payloadCharts.baseOperator.release, namespace: PLATFORM_NAMESPACE };
  return (await readReleaseHistory(client, ref)).slice(0, 1).map(({ status }) => status);
}

describe('two replicas', () => {
  withInstallation();

  const start = async (): Promise<{ replicas: [Replica, Replica]; observer: Observer; gate: ApiGate }> => {
    await installation.renew('etcdctl');
    sourceGate.judge = () => undefined;
    const gate = await startApiGate(await installation.target.server.adminKubeconfig());
    const config = installation.childConfig({ source: sourceGate.kubeconfig, target: gate.kubeconfig });
    const ref = { name: 'cpaas-installer', namespace: PLATFORM_NAMESPACE };
    if (await installation.source.client.find(resources.leases, ref))
      await installation.source.client.delete(resources.leases, ref);
    const replicas: [Replica, Replica] = [program.start('one', config), program.start('two', config)];
    return { replicas, observer: new Observer(), gate };
  };
  /** The replica that has the Lease and the other one. */
  const roles = async ([one, two]: readonly [Replica, Replica]): Promise<{ leader: Replica; other: Replica }> => {
    const leads = (replica: Replica): Promise<void> => replica.said('[lease] this replica does the work');
    return await Promise.race([
      leads(one).then(() => ({ leader: one, other: two })),
      leads(two).then(() => ({ leader: two, other: one })),
    ]);
  };
  const workOf = (replica: Replica): string[] => replica.lines.filter((l) => /: (started|done)$/.test(l));

  it('share the state: either takes the request and tells the progress; one alone works, and the other takes over when it dies', async () => {
    const { replicas, observer, gate } = await start();
    await using _ = observer;
    const complete = observer.complete();
    const { leader, other } = await roles(replicas);
    const before = await installation.uidsOf(installation.source.client);
    // Dies in the middle of the import, and the whole time until then the other one stands by.
    let idle: readonly string[] | undefined;
    let writes = 0;
    gate.judge = ({ method }) => {
      if (method === 'GET' || ++writes !== 20) return undefined;
      idle = workOf(other);
      return { kind: 'break', when: 'after', act: () => leader.signal('SIGKILL') };
    };
    expect((await other.call(SUBMIT, installationBody))?.status).toBe(200);
    expect((await leader.call(SUBMIT, installationBody))?.status).toBe(200);
    const different = { ...installationBody, product: ['base'] };
    expect((await other.call(SUBMIT, different))?.status).toBe(409);
    await leader.exited;
    expect(idle).toEqual([]);
    expect(workOf(leader).length).toBeGreaterThan(0);
    await complete;
    expect(JSON.parse((await other.call('/cpaas-installer/api/progress'))?.text ?? '')).toMatchObject({
      status: 'Success',
      type: 'Complete',
      percentage: 100,
    });
    await other.kill();
    await expectWhole(before, observer, replicas);
    await gate.close();
  }, 60_000);

  it('do not both work when one was frozen past its Lease and wakes up', async () => {
    const { replicas, observer, gate } = await start();
    await using _ = observer;
    const complete = observer.complete();
    const { leader, other } = await roles(replicas);
    const before = await installation.uidsOf(installation.source.client);
    let writes = 0;
    gate.judge = ({ method }) => {
      if (method !== 'GET' && ++writes === 20) leader.signal('SIGSTOP');
      return undefined;
    };
    expect((await leader.call(SUBMIT, installationBody))?.status).toBe(200);
    await complete;
    const done = workOf(leader);
    leader.signal('SIGCONT');
    await leader.said('[lease] this replica stops its work');
    expect((await leader.call('/cpaas-installer/api/progress'))?.text).toContain('"type":"Complete"');
    expect(workOf(leader)).toEqual(done);
    await Promise.all([leader.kill(), other.kill()]);
    await expectWhole(before, observer, replicas);
    await gate.close();
  }, 60_000);
});
