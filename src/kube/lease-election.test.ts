import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../base/index.ts';
import { startApiServer, type ApiServer } from '../lab/apiserver/index.ts';
import { MemoryStore } from '../lab/etcd/index.ts';
import { HttpKubeClient } from './http-client.ts';
import { runWithLease, type LeaseEvent, type LeaseTerm } from './lease-election.ts';
import { fieldAt, type KubeObject } from './object.ts';
import { resources } from './resource.ts';

const ref = { namespace: 'default', name: 'work' };
let store: MemoryStore;
let server: ApiServer;
let client: HttpKubeClient;
beforeEach(async () => {
  store = new MemoryStore();
  server = await startApiServer({ store });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
});
afterEach(async () => {
  for (const contender of contenders.splice(0)) await contender.stop();
  await client.close();
  await server.close();
});

const contenders: Contender[] = [];

/** A process that wants the Lease, with a clock that the test moves. */
class Contender {
  readonly clock: ManualClock;
  readonly identity: string;
  readonly events: string[] = [];
  readonly terms: LeaseTerm[] = [];
  /** Ends of work that wait to be allowed. */
  allowEnd: (() => void) | undefined;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    identity: string,
    options: { readonly startMs?: number; readonly slowEnd?: boolean; readonly work?: () => Promise<void> } = {},
  ) {
    this.identity = identity;
    this.clock = new ManualClock(options.startMs);
    contenders.push(this);
    this.#ended = runWithLease(
      {
        client,
        lease: ref,
        identity,
        clock: this.clock,
        signal: this.#stop.signal,
        onEvent: (event) => this.events.push(describeEvent(event)),
      },
      async (term) => {
        this.terms.push(term);
        if (options.work) return options.work();
        await new Promise<void>((done) => {
          const end = (): void => (options.slowEnd === true ? void (this.allowEnd = done) : done());
          if (term.signal.aborted) end();
          term.signal.addEventListener('abort', end, { once: true });
        });
      },
    );
    this.#ended.catch(() => undefined);
  }

  get holds(): boolean {
    return this.terms.at(-1)?.signal.aborted === false;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.allowEnd?.();
    await this.#ended.catch(() => undefined);
  }

  get ended(): Promise<void> {
    return this.#ended;
  }
}

function describeEvent(event: LeaseEvent): string {
  if (event.type === 'waiting') return `waiting for ${event.holder}`;
  return event.type === 'lost' ? `lost: ${event.reason}` : event.type;
}

/** Lets requests come and go until `done`; no clock moves meanwhile. */
async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await setImmediate();
  }
}

const lease = (): Promise<KubeObject> => client.get(resources.leases, ref);
const renewTime = async (): Promise<unknown> => fieldAt(await lease(), 'spec', 'renewTime');

/** Moves a holder's clock over one renewal and waits until the server has it. */
async function renew(contender: Contender): Promise<void> {
  const before = await renewTime();
  await contender.clock.advance(2000);
  await until(async () => (await renewTime()) !== before, 'a renewal');
}

describe('runWithLease', () => {
  it('lets one of two begin, keeps the other waiting through renewals, and hands over at the end', async () => {
    const first = new Contender('first');
    await until(() => first.holds, 'the first holds it');
    const second = new Contender('second');
    await until(() => second.events.includes('waiting for first'), 'the second waits');
    for (let i = 0; i < 10; i++) {
      await renew(first);
      const seen = await renewTime();
      // The second's clock runs on as well; it sees each renewal before it counts further.
      await until(async () => (await renewTime()) === seen, 'settled');
      await second.clock.advance(2000);
    }
    expect(second.terms).toEqual([]);
    expect((await lease())['spec']).toMatchObject({ holderIdentity: 'first', leaseTransitions: 0 });
    await first.stop();
    await until(() => second.holds, 'the second takes over');
    expect(first.events.at(-1)).toBe('released');
    expect((await lease())['spec']).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
    expect(second.terms[0]?.transitions).toBe(1);
  });

  it('takes over from one that is silent for the whole duration, which then learns that it has lost', async () => {
    const first = new Contender('first');
    await until(() => first.holds, 'the first holds it');
    const second = new Contender('second');
    await until(() => second.events.includes('waiting for first'), 'the second waits');
    await second.clock.advance(14_999);
    expect(second.holds).toBe(false);
    await second.clock.advance(1);
    await until(() => second.holds, 'the second takes over');
    // The first was only frozen: its own clock stood still, and goes on now.
    await first.clock.advance(2000);
    await until(() => !first.holds, 'the first stops');
    expect(first.events).toContain('lost: second holds it');
    await until(() => first.events.at(-1) === 'waiting for second', 'the first waits');
  });

  it('does not look at the clocks of others: a day of skew changes nothing', async () => {
    const day = 24 * 3_600_000;
    const first = new Contender('first', { startMs: Date.UTC(2026, 0, 1) });
    await until(() => first.holds, 'the first holds it');
    const ahead = new Contender('ahead', { startMs: Date.UTC(2026, 0, 1) + day });
    const behind = new Contender('behind', { startMs: Date.UTC(2026, 0, 1) - day });
    await until(() => [ahead, behind].every((c) => c.events.includes('waiting for first')), 'both wait');
    await ahead.clock.advance(14_999);
    await behind.clock.advance(14_999);
    await renew(first);
    expect([ahead.holds, behind.holds]).toEqual([false, false]);
    expect(first.holds).toBe(true);
  });

  it('begins no term before the work of its last one has ended', async () => {
    const first = new Contender('first', { slowEnd: true });
    await until(() => first.holds, 'the first holds it');
    await client.delete(resources.leases, ref);
    await first.clock.advance(2000);
    await until(() => first.events.includes('lost: it was deleted'), 'the first has lost it');
    await until(() => first.allowEnd !== undefined, 'its work is told to end');
    // Time enough to take it again, counted in requests; it does not.
    for (let i = 0; i < 30; i++) expect(await client.find(resources.leases, ref)).toBeUndefined();
    expect(first.terms).toHaveLength(1);
    first.allowEnd?.();
    await until(() => first.terms.length === 2, 'a second term');
    expect(first.events).toEqual(['acquired', 'lost: it was deleted', 'acquired']);
  });

  it('gives up when the API server is away for longer than the renewal deadline, and comes back with it', async () => {
    const first = new Contender('first');
    await until(() => first.holds, 'the first holds it');
    const { port, certificates } = server;
    await server.close();
    for (let ms = 0; ms < 7000; ms += 1000) await first.clock.advance(1000);
    expect(first.holds).toBe(true);
    await first.clock.advance(1000);
    expect(first.holds).toBe(false);
    expect(first.events.at(-1)).toBe('lost: not renewed within 8 s');
    server = await startApiServer({ store, port, certificates });
    await until(async () => {
      await first.clock.advance(500);
      return first.holds;
    }, 'the first holds it again');
    // Nobody else had it: it is the same holder's.
    expect((await lease())['spec']).toMatchObject({ holderIdentity: 'first', leaseTransitions: 0 });
  });

  it('goes on at once under its own name after a crash, without waiting for its former self', async () => {
    const crashed = { holderIdentity: 'first', leaseDurationSeconds: 15, leaseTransitions: 4 };
    const time = '2026-01-01T00:00:00.000000Z';
    await client.create(resources.leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: ref,
      spec: { ...crashed, acquireTime: time, renewTime: time },
    });
    const first = new Contender('first');
    await until(() => first.holds, 'it goes on');
    expect(first.terms[0]?.transitions).toBe(4);
    expect(first.events).toEqual(['acquired']);
  });

  it('gives the Lease back when the work fails, and throws what it threw', async () => {
    const first = new Contender('first', { work: () => Promise.reject(new Error('the work is broken')) });
    await expect(first.ended).rejects.toThrow('the work is broken');
    expect((await lease())['spec']).not.toHaveProperty('holderIdentity');
  });
});
