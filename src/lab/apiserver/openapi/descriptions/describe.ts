import { CLUSTER_DESCRIPTIONS } from './cluster.ts';
import { POD_DESCRIPTIONS } from './pods.ts';
import { SHARED_DESCRIPTIONS } from './shared.ts';
import { WORKLOAD_DESCRIPTIONS } from './workloads.ts';

/**
 * The notation: `TYPE: sentence` for a type of the built-in table, below it indented lines `field: sentence`. The type `*` stands for
 * all: what it says of a field holds wherever a type says nothing itself.
 */
const TEXTS = [SHARED_DESCRIPTIONS, POD_DESCRIPTIONS, WORKLOAD_DESCRIPTIONS, CLUSTER_DESCRIPTIONS];

interface TypeDescription {
  readonly text: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

let types: ReadonlyMap<string, TypeDescription> | undefined;

/** All that is described, by type; `*` holds what is said of fields by their name alone. */
export function descriptions(): ReadonlyMap<string, TypeDescription> {
  if (types !== undefined) return types;
  const found = new Map<string, { text: string | undefined; fields: Map<string, string> }>();
  let fields = new Map<string, string>();
  for (const line of TEXTS.flatMap((text) => text.trim().split('\n'))) {
    const [name = '', text] = splitOnce(line.trim());
    if (line.startsWith('  ')) {
      fields.set(name, text ?? '');
      continue;
    }
    fields = new Map();
    found.set(name, { text, fields });
  }
  types = found;
  return types;
}

/** What a type of the built-in table is, in a sentence. */
export function typeDescription(typeName: string): string | undefined {
  return descriptions().get(typeName)?.text;
}

/** What a field of a type means, in a sentence. */
export function fieldDescription(typeName: string, field: string): string | undefined {
  return descriptions().get(typeName)?.fields.get(field) ?? descriptions().get('*')?.fields.get(field);
}

function splitOnce(line: string): [string, string | undefined] {
  const at = line.indexOf(': ');
  return at < 0 ? [line, undefined] : [line.slice(0, at), line.slice(at + 2)];
}
