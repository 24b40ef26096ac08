import type { KubeObject } from '../../kube/index.ts';
import type { WriteRequest } from './object-writer.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/** Who owns which field: the record in `metadata.managedFields`. */
export class FieldManagers {
  async recordUpdate(_write: {
    readonly definition: ResourceDefinition;
    readonly version: string;
    readonly before: KubeObject | undefined;
    readonly after: KubeObject;
    readonly request: WriteRequest;
  }): Promise<void> {}
}
