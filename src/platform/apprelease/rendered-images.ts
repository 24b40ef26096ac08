import { describeObject, type KubeObject } from '../../kube/index.ts';

/** The lists of a Pod specification whose items have an `image`. */
const CONTAINER_LISTS = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * Every image that the Pods of these objects need, with the first object that names it. Pod specifications are found wherever
 * they stand, in kinds of Kubernetes and in custom resources alike: as containers, and as volumes of type image.
 */
export function renderedImages(objects: readonly KubeObject[]): Map<string, string> {
  const images = new Map<string, string>();
  for (const object of objects) {
    // The schema of a definition may speak of containers; it runs none.
    if (object.kind === 'CustomResourceDefinition') continue;
    const note = (image: unknown): void => {
      if (typeof image === 'string' && image !== '' && !images.has(image)) images.set(image, describeObject(object));
    };
    visit(object, note);
  }
  return images;
}

function visit(value: unknown, note: (image: unknown) => void): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, child] of Object.entries(value)) {
    if (Array.isArray(child) && CONTAINER_LISTS.has(key)) for (const item of child) note(fieldOf(item, 'image'));
    if (Array.isArray(child) && key === 'volumes')
      for (const item of child) note(fieldOf(fieldOf(item, 'image'), 'reference'));
    visit(child, note);
  }
}

function fieldOf(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
}
