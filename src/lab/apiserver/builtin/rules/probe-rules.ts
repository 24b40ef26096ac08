import { isObject, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { forbidden, invalid, nonNegative, oneOf, required } from './faults.ts';
import { portNumber, portReference } from './formats.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

/** Probes, and the hooks of a container's life: exactly one handler, and its fields. */
export function handlerFaults(field: string, handler: JsonObject): StatusCause[] {
  const given = HANDLERS.filter((name) => isObject(handler[name]));
  if (given.length === 0) return [required(field, 'must specify a handler type')];
  return given.flatMap((name, i) => {
    const at = `${field}.${name}`;
    if (i > 0) return [forbidden(at, 'may not specify more than 1 handler type')];
    const action = handler[name] as JsonObject;
    switch (name) {
      case 'exec':
        return Array.isArray(action.command) && action.command.length > 0 ? [] : [required(`${at}.command`)];
      case 'httpGet':
        return [
          ...(textOf(action.path) === '' ? [required(`${at}.path`)] : []),
          ...portReference(`${at}.port`, action.port),
          ...oneOf(`${at}.scheme`, action.scheme, ['HTTP', 'HTTPS']),
        ];
      case 'tcpSocket':
        return portReference(`${at}.port`, action.port);
      case 'grpc':
        return portNumber(`${at}.port`, action.port);
      default:
        return [];
    }
  });
}

const NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];

/** `once` for liveness and startup probes, which succeed at the first success. */
export function probeFaults(field: string, probe: unknown, once: boolean): StatusCause[] {
  if (!isObject(probe)) return [];
  const faults = handlerFaults(field, probe);
  for (const number of NUMBERS) faults.push(...nonNegative(`${field}.${number}`, probe[number]));
  if (once && probe.successThreshold !== 1)
    faults.push(invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  return faults;
}
