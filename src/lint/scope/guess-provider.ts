import { fieldAt, textAt } from '../../kube/index.ts';
import { supportedProviders, type PlacedObject, type SupportedProvider } from '../../providers/index.ts';

/** The kinds of a provider begin with one word; so do its AppRelease and the resources of its import list. */
interface Marks {
  readonly provider: SupportedProvider;
  readonly kinds: RegExp;
  readonly words: RegExp;
}

const marks: readonly Marks[] = supportedProviders.map((provider) => {
  const word = provider.kinds.cluster.kind.replace(/Cluster$/, '');
  return {
    provider,
    kinds: new RegExp(`^${word}[A-Z]`),
    words: new RegExp(`(?:^|[^a-z])(?:cluster-api-provider-${word}$|${word}(?:clusters|machine|vms))`, 'i'),
  };
});

/**
 * The provider that most objects are of; where no kind says it, what AppReleases, import lists and the label cluster-type say.
 * Undefined when nothing or several say so equally.
 */
export function guessProvider(objects: readonly PlacedObject[]): SupportedProvider | undefined {
  return (
    most(({ kinds }) => count(objects, ({ object }) => kinds.test(object.kind))) ??
    most(({ provider, words }) =>
      count(objects, ({ object }) => {
        const label = textAt(object, 'metadata', 'labels', 'cluster-type');
        const list = fieldAt(object, 'data', 'resources.yaml');
        const reference = textAt(object, 'spec', 'infrastructureRef', 'kind');
        return (
          label?.toLowerCase() === provider.clusterType.toLowerCase() ||
          reference === provider.kinds.cluster.kind ||
          (object.kind === 'AppRelease' && words.test(String(object.metadata.name))) ||
          (typeof list === 'string' && words.test(list))
        );
      }),
    )
  );
}

function most(score: (mark: Marks) => number): SupportedProvider | undefined {
  const scored = marks.map((mark) => ({ mark, points: score(mark) })).sort((a, b) => b.points - a.points);
  const [first, second] = scored;
  if (!first || first.points === 0 || first.points === second?.points) return undefined;
  return first.mark.provider;
}

function count(objects: readonly PlacedObject[], fits: (placed: PlacedObject) => boolean): number {
  return objects.filter(fits).length;
}
