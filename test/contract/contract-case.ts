import { expect } from 'vitest';
import { fieldAt } from '../../src/kube/index.ts';
import type { Answer, ApiConnection, CallOptions, Json } from './api-connection.ts';

/** One sentence of the API's documented behaviour, and the requests that show whether a server keeps it. */
export interface ContractCase {
  readonly title: string;
  /** A controller that must run beside the API server. */
  readonly needs?: 'garbage collector' | 'namespace controller';
  /** Whether the server's store must be one that can be told to forget its past. */
  readonly compacts?: true;
  readonly run: (this: void, world: World) => Promise<void>;
}

/** What a case may use: a namespace and a custom resource of this run, and names that no other case has. */
export class World {
  readonly api: ApiConnection;
  readonly namespace: string;
  /** API group of the run's custom resources. */
  readonly group: string;
  readonly #compact: (() => Promise<void>) | undefined;
  #count = 0;

  constructor(api: ApiConnection, run: string, compact?: () => Promise<void>) {
    this.api = api;
    this.#compact = compact;
    this.namespace = `contract-${run}`;
    this.group = `g${run}.contract.example.com`;
  }

  /** Lets the server's store forget its past; for cases that need it. */
  async compact(): Promise<void> {
    if (this.#compact === undefined) throw new Error('the store of this server cannot be compacted from here');
    await this.#compact();
  }

  name(prefix = 'x'): string {
    return `${prefix}-${String(++this.#count)}`;
  }

  /** Path of a collection, or of an object, of the core group in the run's namespace. */
  core(plural: string, name?: string, subresource?: string): string {
    return tail(`/api/v1/namespaces/${this.namespace}/${plural}`, name, subresource);
  }

  apps(plural: string, name?: string, subresource?: string): string {
    return tail(`/apis/apps/v1/namespaces/${this.namespace}/${plural}`, name, subresource);
  }

  widgets(name?: string, subresource?: string, version = 'v1'): string {
    return tail(`/apis/${this.group}/${version}/namespaces/${this.namespace}/widgets`, name, subresource);
  }

  configMap(name: string, data: Json = { a: '1' }, metadata: Json = {}): Json {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
  }

  widget(name: string, spec: Json = { size: 1 }, metadata: Json = {}): Json {
    return { apiVersion: `${this.group}/v1`, kind: 'Widget', metadata: { name, ...metadata }, spec };
  }

  deployment(name: string, spec: Json = {}): Json {
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'main', image: 'example/main:1' }] },
        },
        ...spec,
      },
    };
  }

  /** Creates what the case starts from; anything but 201 ends the case. */
  async given(collection: string, object: Json): Promise<Json> {
    const answer = await this.api.call('POST', collection, object);
    if (answer.code !== 201) throw new Error(`${collection}: ${String(answer.code)} ${answer.text}`);
    return answer.body;
  }

  async get(path: string): Promise<Json> {
    const answer = await this.api.call('GET', path);
    if (answer.code !== 200) throw new Error(`${path}: ${String(answer.code)} ${answer.text}`);
    return answer.body;
  }

  merge(path: string, patch: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.api.call('PATCH', path, patch, { contentType: 'application/merge-patch+json', ...options });
  }

  jsonPatch(path: string, patch: unknown): Promise<Answer> {
    return this.api.call('PATCH', path, patch, { contentType: 'application/json-patch+json' });
  }

  strategic(path: string, patch: unknown): Promise<Answer> {
    return this.api.call('PATCH', path, patch, { contentType: 'application/strategic-merge-patch+json' });
  }

  apply(path: string, object: Json, manager: string, query = ''): Promise<Answer> {
    return this.api.call('PATCH', `${path}?fieldManager=${manager}${query}`, object, {
      contentType: 'application/apply-patch+yaml',
    });
  }
}

function tail(path: string, name: string | undefined, subresource: string | undefined): string {
  return `${path}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** A Deployment with this in its spec is left alone by its controller, where one runs: its spec, its annotations, its size. */
export const PAUSED = { paused: true };

/** A Pod with this in its spec stays without a node also where a scheduler runs: it waits for one that nobody has. */
export const UNSCHEDULED = { schedulerName: 'contract-nobody' };

/** The object as a PUT that overwrites what a controller may have written meanwhile. */
export function ofAnyVersion(object: Json): Json {
  const { resourceVersion: _, ...metadata } = object['metadata'] as Json;
  return { ...object, metadata };
}

/** Asserts a Status of failure; `expected` holds what the case is about. */
export function expectFailure(answer: Answer, code: number, reason: string | undefined, expected: Json = {}): void {
  expect({ code: answer.code, ...answer.body }).toMatchObject({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    ...(reason !== undefined && { reason }),
    ...expected,
  });
}

export function at(value: unknown, ...path: string[]): unknown {
  return fieldAt(value, ...path);
}

/** A field that must be text, such as a name, uid or resourceVersion. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = fieldAt(value, ...path);
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}: ${JSON.stringify(value)}`);
  return found;
}

export function listAt(value: unknown, ...path: string[]): Json[] {
  const found = fieldAt(value, ...path);
  if (!Array.isArray(found)) throw new Error(`no list at ${path.join('.')}: ${JSON.stringify(value)}`);
  return found as Json[];
}

/** Names of the items of a list. */
export function names(list: unknown): string[] {
  return listAt(list, 'items').map((i) => textAt(i, 'metadata', 'name'));
}
