import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../kube/index.ts';
import { builtInValidator } from './builtin-validator.ts';

const validator = (apiVersion: string, kind: string) => {
  const found = builtInValidator(apiVersion, kind);
  if (!found) throw new Error(`no validator of ${kind}`);
  return found;
};
const secret = (value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  data: { key: value },
});

describe('the validator of a built-in kind', () => {
  it('takes an empty value in a Secret, and refuses one that is not base64', () => {
    expect(validator('v1', 'Secret').validate(validator('v1', 'Secret').prune(secret('')))).toEqual([]);
    expect(() => validator('v1', 'Secret').prune(secret('no base64'))).toThrowError(/cannot be handled as a Secret/);
  });

  it('requires what a spec requires, and nothing of a status', () => {
    const pod = (status: unknown, image?: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ ...(image !== undefined && { image }) }] },
      status,
    });
    const fields = (object: KubeObject): string[] => {
      const pods = validator('v1', 'Pod');
      return pods.validate(pods.prune(object)).map((e) => e.field);
    };
    expect(fields(pod({ containerStatuses: [{ state: {} }] }, 'x'))).toEqual(['spec.containers[0].name']);
  });
});
