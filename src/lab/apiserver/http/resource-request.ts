import type { KubeObject } from '../../../kube/index.ts';
import { isObject } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, invalidOptions, type StatusCause } from '../status-error.ts';
import type { FieldValidation, WriteRequest } from '../write-request.ts';
import type { Exchange } from './exchange.ts';
import type { RequestInfo } from './request-info.ts';

/** A request for a resource that is served. */
export interface ResourceRequest {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly definition: ResourceDefinition;
  readonly version: string;
}

/** Checks that a request body is an object at all. */
export function objectBody(value: unknown): KubeObject {
  if (!isObject(value)) throw badRequest('the request body must be an object');
  if (value.metadata !== undefined && value.metadata !== null && !isObject(value.metadata))
    throw badRequest('metadata must be an object');
  const metadata = isObject(value.metadata) ? value.metadata : {};
  return { ...(value as KubeObject), metadata: { ...metadata } };
}

const optionKinds: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
};

function checkWriteOptions(method: string, dryRun: readonly string[], validation: string): void {
  const causes: StatusCause[] = [];
  const reason = 'FieldValueNotSupported';
  if (dryRun.some((d) => d !== 'All' && d !== ''))
    causes.push({
      reason,
      field: 'dryRun',
      message: `Unsupported value: []string{${dryRun.map((d) => JSON.stringify(d)).join(', ')}}: supported values: "All"`,
    });
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation))
    causes.push({
      reason,
      field: 'fieldValidation',
      message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
    });
  if (causes.length > 0) throw invalidOptions(optionKinds[method] ?? 'DeleteOptions', causes);
}

/** How a request wants to write, by its query. Throws Invalid for options that are not known. */
export function writeRequest({ exchange, info }: ResourceRequest): WriteRequest {
  const { query } = exchange;
  const dryRun = query.getAll('dryRun');
  const validation = query.get('fieldValidation') ?? '';
  checkWriteOptions(exchange.method, dryRun, validation);
  const agent = exchange.request.headers['user-agent'] ?? '';
  return {
    user: exchange.user,
    dryRun: dryRun.includes('All'),
    subresource: info.subresource,
    // Without a name of its own a manager is called after its program.
    fieldManager: query.get('fieldManager') ?? (agent.split('/')[0] || 'unknown'),
    fieldValidation: (['Ignore', 'Warn', 'Strict'].includes(validation) ? validation : 'Warn') as FieldValidation,
    warnings: exchange.warnings,
    repeatedFields: exchange.repeatedFields,
  };
}
