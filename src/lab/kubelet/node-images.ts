import type { SeededRandom } from '../../base/index.ts';

/** The kubelet's `nodeStatusMaxImages`. */
const MAX_IMAGES = 50;

/** `status.images` of a node that holds these references: the largest first, as the kubelet reports them. */
export function nodeImages(
  references: Iterable<string>,
  random: SeededRandom,
): { readonly names: string[]; readonly sizeBytes: number }[] {
  return [...references]
    .map((reference) => ({
      names: [reference],
      sizeBytes: random.integer(2_000_000, 180_000_000, 'image size', reference),
    }))
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES);
}
