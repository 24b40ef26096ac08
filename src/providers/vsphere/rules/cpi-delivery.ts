import { fieldAt } from '../../../kube/index.ts';
import type { FieldPath, PlacedObject, RuleHit } from '../../rule.ts';
import { secretValue } from '../../shared/credential-secret.ts';
import { readEmbedded } from '../../shared/embedded-yaml.ts';
import { isRecord, listAt, shown, textAt } from '../../shared/reading.ts';

/** An object inside a carrier; findings about it stand at the text of the carrier. */
interface Delivered {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly object: PlacedObject['object'];
}

const namespace = 'kube-system';

/** The text of a carrier: Secrets hold it as base64 or as text. */
export function carrierText(at: PlacedObject): { readonly path: FieldPath; readonly value: string } {
  if (at.object.kind === 'Secret') return secretValue(at, 'data') ?? { path: ['data', 'data'], value: '' };
  return { path: ['data', 'data'], value: textAt(at.object, ['data', 'data']) ?? '' };
}

/** The documents of a carrier that are not empty. */
export function carrierDocuments(at: PlacedObject): string[] {
  return carrierText(at)
    .value.split(/^---$/m)
    .filter((text) => text.trim() !== '');
}

function* deliveredBy(parts: readonly PlacedObject[]): Generator<Delivered> {
  for (const at of parts)
    for (const text of carrierDocuments(at)) {
      const read = readEmbedded(text);
      if (read.readable && isRecord(read.value) && isRecord(read.value['metadata']))
        yield { at, path: carrierText(at).path, object: read.value as PlacedObject['object'] };
    }
}

/** A setting of the file vsphere.conf. */
function setting(configuration: string, key: string): string | undefined {
  return new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\n]*?)"?\\s*$`, 'm').exec(configuration)?.[1];
}

const isProgram = ({ object }: Delivered): boolean =>
  (object.kind === 'DaemonSet' || object.kind === 'Deployment') &&
  /cloud-provider[-=]vsphere/.test(JSON.stringify(object));

/**
 * What a ClusterResourceSet delivers fits together: the configuration, the Secret and the account that it names, and the program
 * that reads it, all in kube-system (vsphere.md §4).
 */
export function* deliveryHits(set: PlacedObject, parts: readonly PlacedObject[]): Generator<RuleHit> {
  // A carrier that is not there is a dangling reference; what it would hold is not known.
  if (parts.length < listAt(set.object, ['spec', 'resources']).length) return;
  const all = [...deliveredBy(parts)];
  const config = all.find(({ object }) => object.kind === 'ConfigMap' && fieldAt(object, 'data', 'vsphere.conf'));
  const program = all.find(isProgram);
  const text = config && textAt(config.object, ['data', 'vsphere.conf']);
  for (const [part, what] of [
    [config, 'a ConfigMap with vsphere.conf'],
    [program, 'the program of the cloud provider'],
  ] as const)
    if (part === undefined)
      yield {
        at: set,
        path: ['spec', 'resources'],
        message: `none of the carriers holds ${what}`,
        expected: what,
        found: all.map(({ object }) => object.kind).join(', ') || 'nothing',
      };
  if (text !== undefined && config) yield* secretHits(config, text, all, set);
  if (program) yield* programHits(program, config, all);
  for (const part of [config, program])
    if (part && part.object.metadata.namespace !== namespace)
      yield wrong(part, 'namespace', shown(part.object.metadata.namespace), namespace);
}

function wrong({ at, path, object }: Delivered, what: string, found: string, expected: string): RuleHit {
  const name = `${object.kind} ${String(object.metadata.name)}`;
  return { at, path, message: `the ${what} of the delivered ${name} is ${found}`, expected, found };
}

function* secretHits(
  config: Delivered,
  text: string,
  all: readonly Delivered[],
  set: PlacedObject,
): Generator<RuleHit> {
  const name = setting(text, 'secret-name');
  const where = setting(text, 'secret-namespace');
  const secrets = all.filter(({ object }) => object.kind === 'Secret');
  const secret = secrets.find(
    ({ object: { metadata } }) => metadata.name === name && (where === undefined || metadata.namespace === where),
  );
  const wanted = where === undefined ? shown(name) : `${where}/${shown(name)}`;
  if (name !== undefined && !secret)
    yield {
      at: secrets.length > 0 ? config.at : set,
      path: secrets.length > 0 ? config.path : ['spec', 'resources'],
      message: `vsphere.conf takes the account from Secret ${wanted}, which no carrier delivers`,
      expected:
        secrets
          .map(({ object }) => `${shown(object.metadata.namespace)}/${String(object.metadata.name)}`)
          .join(' or ') || 'a carrier with that Secret',
      found: wanted,
    };
  const flag = setting(text, 'insecure-flag');
  if (flag !== undefined && !/^(?:[01tTfF]|true|false|TRUE|FALSE|True|False)$/.test(flag))
    yield {
      at: config.at,
      path: config.path,
      message: `insecure-flag of vsphere.conf is ${flag}`,
      expected: '1',
      found: flag,
    };
}

function* programHits(
  program: Delivered,
  config: Delivered | undefined,
  all: readonly Delivered[],
): Generator<RuleHit> {
  const pod = ['spec', 'template', 'spec'];
  const maps = listAt(program.object, [...pod, 'volumes']).flatMap((volume) => {
    const map = textAt(volume, ['configMap', 'name']);
    return map === undefined ? [] : [map];
  });
  const name = config?.object.metadata.name;
  if (config && maps.length > 0 && !maps.includes(shown(name)))
    yield {
      at: config.at,
      path: config.path,
      message: `the delivered ConfigMap is called ${shown(name)}; the cloud provider mounts ${maps.join(', ')}`,
      expected: maps.join(' or '),
      found: shown(name),
    };
  const account = fieldAt(program.object, ...pod, 'serviceAccountName');
  const accounts = all
    .filter(({ object }) => object.kind === 'ServiceAccount')
    .map(({ object }) => object.metadata.name);
  if (typeof account === 'string' && account !== 'default' && !accounts.includes(account))
    yield wrong(program, 'service account', account, accounts.join(' or ') || 'one that a carrier delivers');
  for (const container of listAt(program.object, [...pod, 'containers'])) {
    const image = fieldAt(container, 'image');
    if (typeof image !== 'string' || /[<>\s]|\$\{|^$/.test(image))
      yield wrong(program, 'image', shown(image), '<registry>/ait/cloud-provider-vsphere:<tag>, filled in');
  }
}
