import { conditionOf, type KubeObject } from '../../../kube/index.ts';
import { approvalCondition } from '../builtin/rules/definition-approval.ts';
import { isObject, textOf, type JsonObject } from '../json.ts';

/** Names that other definitions of the group hold, in their statuses. */
export interface ClaimedNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** What the accepted names of definitions claim. */
export function claimsOf(accepted: readonly JsonObject[]): ClaimedNames {
  return {
    resources: new Set(accepted.flatMap((n) => [textOf(n.plural), textOf(n.singular), ...textList(n.shortNames)])),
    kinds: new Set(accepted.flatMap((n) => [textOf(n.kind), textOf(n.listKind)])),
  };
}

const textList = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : []);

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;

/**
 * The names that a definition gets of those that it asks for, and the last conflict that it met: a name that it holds stays its own,
 * one that another one holds is not given (kube-apiserver's naming controller).
 */
export function acceptNames(
  asked: JsonObject,
  held: JsonObject,
  claimed: ClaimedNames,
): {
  readonly names: JsonObject;
  readonly conflict: { readonly reason: string; readonly message: string } | undefined;
} {
  const names: JsonObject = { kind: '', plural: '', ...held };
  let conflict: { reason: string; message: string } | undefined;
  const take = (key: string, used: ReadonlySet<string>, reason: string): void => {
    const name = textOf(asked[key]);
    if (name !== textOf(held[key]) && used.has(name)) conflict = { reason, message: inUse(name) };
    else if (name !== '') names[key] = name;
  };
  take('plural', claimed.resources, 'PluralConflict');
  take('singular', claimed.resources, 'SingularConflict');
  const ours = new Set(textList(held.shortNames));
  const taken = textList(asked.shortNames).filter((name) => !ours.has(name) && claimed.resources.has(name));
  if (taken.length > 0) {
    const texts = [...new Set(taken.map(inUse))];
    conflict = {
      reason: 'ShortNamesConflict',
      message: texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`,
    };
  } else copyList('shortNames', asked, names);
  take('kind', claimed.kinds, 'KindConflict');
  take('listKind', claimed.kinds, 'ListKindConflict');
  copyList('categories', asked, names);
  return { names, conflict };
}

function copyList(key: string, from: JsonObject, to: JsonObject): void {
  if (textList(from[key]).length > 0) to[key] = from[key];
  else delete to[key];
}

/** The status of a definition that is not being deleted: approval, accepted names, and whether it is established, once and for all. */
export function definitionStatus(crd: KubeObject, claimed: ClaimedNames, time: string): JsonObject {
  const spec = isObject(crd.spec) ? crd.spec : {};
  const status = isObject(crd.status) ? crd.status : {};
  const asked = isObject(spec.names) ? spec.names : {};
  const held = isObject(status.acceptedNames) ? status.acceptedNames : {};
  const { names, conflict } = acceptNames(asked, held, claimed);
  const accepted = conflict === undefined;
  const established = conditionOf(crd, 'Established')?.status === 'True' || accepted;
  const approval = approvalCondition(crd);
  return {
    ...status,
    acceptedNames: names,
    conditions: [
      ...(approval ? [dated(crd, approval, time)] : []),
      dated(
        crd,
        {
          type: 'NamesAccepted',
          status: accepted ? 'True' : 'False',
          reason: conflict?.reason ?? 'NoConflicts',
          message: conflict?.message ?? 'no conflicts found',
        },
        time,
      ),
      dated(
        crd,
        {
          type: 'Established',
          status: established ? 'True' : 'False',
          reason: established ? 'InitialNamesAccepted' : 'NotAccepted',
          message: established ? 'the initial names have been accepted' : 'not all names are accepted',
        },
        time,
      ),
    ],
  };
}

/** A condition without the time of its last transition. */
export interface BareCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The time changes with the condition's status only. */
function dated(crd: KubeObject, condition: BareCondition, time: string): JsonObject {
  const before = conditionOf(crd, condition.type);
  const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? time) : time;
  return { lastTransitionTime, ...condition };
}

/** The conditions of a definition with this one in place of the one of its type, or at their end. */
export function withCondition(crd: KubeObject, condition: BareCondition, time: string): JsonObject {
  const status = isObject(crd.status) ? crd.status : {};
  const conditions = Array.isArray(status.conditions) ? (status.conditions as unknown[]).filter(isObject) : [];
  const made = dated(crd, condition, time);
  const i = conditions.findIndex((c) => c.type === condition.type);
  return { ...status, conditions: i < 0 ? [...conditions, made] : conditions.with(i, made) };
}
