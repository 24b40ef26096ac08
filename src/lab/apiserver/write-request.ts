import type { KubeObject } from '../../kube/index.ts';
import type { RepeatedField } from './duplicate-fields.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import type { UserInfo } from './user-info.ts';

/** What becomes of fields that a schema does not have, or a body has twice. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** The object that a request names. */
export interface Target {
  readonly definition: ResourceDefinition;
  /** The version of the request's address. */
  readonly version: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** How a request writes. */
export interface WriteRequest {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** `status`, `scale`, `finalize` ...; undefined writes the object itself. */
  readonly subresource?: string | undefined;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Warnings that go back in headers. */
  readonly warnings: string[];
  /** What the body has twice; a list that is filled when the body is read. */
  readonly repeatedFields?: readonly RepeatedField[] | undefined;
  /** What becomes of strict decoding errors where the body is a patch: the error of the changed object. */
  readonly strictError?: ((object: KubeObject, text: string) => Error) | undefined;
  /** Server-side apply has settled the managed fields itself. */
  readonly managedFieldsSettled?: boolean | undefined;
}

export interface WriteResult {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** Makes the new state from the present one (undefined: there is none). What it gets is its own copy. */
export type Transform = (current: KubeObject | undefined) => KubeObject | Promise<KubeObject>;
