import { noSuchResource } from '../status-error.ts';
import type { ResourceRequest } from './resource-request.ts';

/** Answers requests for one subresource. */
export type SubresourceHandler = (request: ResourceRequest) => Promise<void>;

/** The subresources other than `status`, by `plural/name`, and `scale` for every kind that has it. */
export class SubresourceHandlers {
  readonly #handlers: ReadonlyMap<string, SubresourceHandler>;
  readonly #scale: SubresourceHandler;

  constructor(handlers: ReadonlyMap<string, SubresourceHandler>, scale: SubresourceHandler) {
    this.#handlers = handlers;
    this.#scale = scale;
  }

  async handle(request: ResourceRequest): Promise<void> {
    const { definition, info, version } = request;
    const name = info.subresource ?? '';
    const served = definition.versions.find((v) => v.name === version);
    if (name === 'scale' && served?.scale) return await this.#scale(request);
    const handler = definition.subresources.includes(name)
      ? this.#handlers.get(`${definition.plural}/${name}`)
      : undefined;
    if (!handler) throw noSuchResource();
    await handler(request);
  }
}
