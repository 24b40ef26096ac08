import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { duplicate, forbidden, invalid, oneOf, required } from './faults.ts';
import { dnsLabel, relativePath } from './formats.ts';

const MAX_MODE = 0o777;
const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
/** The order in which the API server looks at the sources: the second one that it finds is one too many. */
const ORDER = [
  'emptyDir',
  'hostPath',
  'secret',
  'nfs',
  'iscsi',
  'persistentVolumeClaim',
  'configMap',
  'downwardAPI',
  'projected',
  'csi',
  'ephemeral',
];

export function volumeFaults(field: string, volumes: readonly JsonObject[]): StatusCause[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, i) => {
    const at = `${field}[${String(i)}]`;
    const name = textOf(volume.name);
    const faults = sourceFaults(at, volume);
    if (name === '') faults.push(required(`${at}.name`));
    else {
      const wrong = dnsLabel(`${at}.name`, name);
      if (wrong.length > 0) faults.push(...wrong);
      else if (names.has(name)) faults.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    return faults;
  });
}

function sourceFaults(field: string, volume: JsonObject): StatusCause[] {
  const [first, ...others] = ORDER.filter((source) => isObject(volume[source]));
  const faults = others.map((source) => forbidden(`${field}.${source}`, 'may not specify more than 1 volume type'));
  const source = first === undefined ? undefined : volume[first];
  if (first === undefined || !isObject(source)) return faults;
  const at = `${field}.${first}`;
  const needs = (key: string): StatusCause[] => (textOf(source[key]) === '' ? [required(`${at}.${key}`)] : []);
  switch (first) {
    case 'hostPath':
      return [...faults, ...hostPathFaults(at, source)];
    case 'secret':
      return [...faults, ...needs('secretName'), ...fileFaults(at, source)];
    case 'configMap':
      return [...faults, ...needs('name'), ...fileFaults(at, source)];
    case 'persistentVolumeClaim':
      return [...faults, ...needs('claimName')];
    case 'nfs':
      return [...faults, ...needs('server'), ...needs('path')];
    case 'csi':
      return [...faults, ...needs('driver')];
    case 'projected':
    case 'downwardAPI':
      return [...faults, ...modeFaults(`${at}.defaultMode`, source.defaultMode)];
    default:
      return faults;
  }
}

export function hostPathFaults(field: string, source: JsonObject): StatusCause[] {
  const path = textOf(source.path);
  if (path === '') return [required(`${field}.path`)];
  const faults = path.split('/').includes('..') ? [invalid(`${field}.path`, path, "must not contain '..'")] : [];
  return [...faults, ...oneOf(`${field}.type`, source.type, HOST_PATH_TYPES)];
}

function fileFaults(field: string, source: JsonObject): StatusCause[] {
  return [
    ...modeFaults(`${field}.defaultMode`, source.defaultMode),
    ...objectsIn(source.items).flatMap((item, i) => {
      const at = `${field}.items[${String(i)}]`;
      const path = textOf(item.path);
      return [
        ...(textOf(item.key) === '' ? [required(`${at}.key`)] : []),
        ...(path === '' ? [required(`${at}.path`)] : relativePath(`${at}.path`, path)),
        ...modeFaults(`${at}.mode`, item.mode),
      ];
    }),
  ];
}

function modeFaults(field: string, mode: unknown): StatusCause[] {
  return typeof mode === 'number' && (mode < 0 || mode > MAX_MODE)
    ? [invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];
}
