import { resources, type KubeObject } from '../../kube/index.ts';
import { conditions, define, list, moment, open, record, text, whole } from './definition.ts';

/**
 * AppRelease (`operator.alauda.io/v1alpha1`): Helm charts from an OCI registry, kept installed. The spec is the guide's
 * step 3; `status.charts[].phase` = `Success` and `.installedRevision` are what the newer pages have people check.
 */
export const appReleaseCrd: KubeObject = define({
  resource: resources.appReleases,
  shortNames: ['ars'],
  spec: record(
    {
      destination: record({ cluster: text, namespace: text }),
      source: record(
        {
          /** Secret of type kubernetes.io/dockerconfigjson in the same namespace. */
          chartPullSecret: text,
          charts: {
            ...list(
              record(
                {
                  /** Repository below `repoURL`, e.g. `ait/chart-base-operator`. */
                  name: { ...text, minLength: 1 },
                  releaseName: text,
                  targetRevision: { ...text, minLength: 1 },
                },
                ['name', 'targetRevision'],
              ),
            ),
            minItems: 1,
          },
          /** `host:port` of the registry, without scheme and `/v2/`. */
          repoURL: { ...text, minLength: 1 },
        },
        ['charts', 'repoURL'],
      ),
      /** AppReleases that must be ready first: `name`, or `namespace/name`. */
      dependsOn: list({ ...text, minLength: 1 }),
      /** Fields that others may change without their being put back. */
      ignoreDifferences: list(
        record({ group: text, kind: text, name: text, namespace: text, jsonPointers: { ...list(text), minItems: 1 } }, [
          'jsonPointers',
        ]),
      ),
      /** Seconds that Helm may take. */
      timeout: { ...whole, minimum: 0 },
      values: open,
    },
    ['source'],
  ),
  status: record({
    phase: text,
    observedGeneration: whole,
    conditions,
    charts: list(
      record({
        name: text,
        releaseName: text,
        namespace: text,
        phase: text,
        targetRevision: text,
        /** Manifest of the chart that `targetRevision` stood for. */
        digest: text,
        installedRevision: text,
        /** The Helm release's own revision number. */
        revision: whole,
        message: text,
        lastDeployedTime: moment,
      }),
    ),
    lastError: text,
    /** When the release was last looked after. */
    lastSyncTime: moment,
  }),
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.charts[0].phase' },
    { name: 'Installed', type: 'string', jsonPath: '.status.charts[0].installedRevision' },
    { name: 'Target', type: 'string', jsonPath: '.spec.source.charts[0].targetRevision' },
  ],
});
