import type { KubeObject } from '../../kube/index.ts';
import type { Exchange } from './http/exchange.ts';
import { cloneJson, isObject } from './json.ts';
import type { ObjectWriter, Target, WriteRequest, WriteResult } from './object-writer.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** PATCH in its four forms. */
export class Patcher {
  readonly #writer: ObjectWriter;

  constructor(writer: ObjectWriter) {
    this.#writer = writer;
  }

  async patch(target: Target, exchange: Exchange, request: WriteRequest): Promise<WriteResult> {
    const { type } = exchange.contentType;
    const body = await exchange.bodyValue();
    if (!isObject(body)) throw badRequest('a patch must be an object');
    if (type === 'application/apply-patch+yaml')
      return await this.#writer.update(
        target,
        (current) => (current ? (mergePatch(current, body) as KubeObject) : (cloneJson(body) as KubeObject)),
        { ...request, mayCreate: true },
      );
    if (type === 'application/merge-patch+json' || type === 'application/strategic-merge-patch+json')
      return await this.#writer.update(target, (current) => mergePatch(current, body) as KubeObject, {
        ...request,
        mayCreate: false,
      });
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`,
    );
  }
}
