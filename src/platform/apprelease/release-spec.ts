import { z } from 'zod';
import { GlobalctlError } from '../../base/index.ts';
import { describeObject, fieldAt, type KubeObject } from '../../kube/index.ts';
import type { IgnoreRule } from './drift/index.ts';

const strings = z.record(z.string(), z.string());

/** The parts of an AppRelease that the operator reads; the guide's step 3 gives the shape. */
const appReleaseSchema = z.looseObject({
  metadata: z.looseObject({ annotations: strings.optional() }),
  spec: z.looseObject({
    destination: z.looseObject({ cluster: z.string().optional(), namespace: z.string().optional() }).optional(),
    source: z.looseObject({
      repoURL: z.string().min(1),
      chartPullSecret: z.string().optional(),
      charts: z
        .array(
          z.looseObject({
            name: z.string().min(1),
            releaseName: z.string().optional(),
            targetRevision: z.string().min(1),
          }),
        )
        .min(1),
    }),
    dependsOn: z.array(z.string().min(1)).optional(),
    ignoreDifferences: z
      .array(
        z.object({
          group: z.string().optional(),
          kind: z.string().optional(),
          name: z.string().optional(),
          namespace: z.string().optional(),
          jsonPointers: z.array(z.string().startsWith('/')).min(1),
        }),
      )
      .optional(),
    timeout: z.number().optional(),
    values: z.record(z.string(), z.unknown()).optional(),
  }),
});

export interface WantedChart {
  /** Repository of the chart: `ait/chart-cluster-api-provider-dcs`. */
  readonly name: string;
  readonly releaseName: string;
  readonly targetRevision: string;
}

/** What an AppRelease asks for, defaults filled in. */
export interface WantedRelease {
  readonly charts: readonly WantedChart[];
  /** `host:port`. */
  readonly registry: string;
  readonly pullSecret: string | undefined;
  /** Namespace that the charts go into: the AppRelease's own unless it names one. */
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys `namespace/name` of the AppReleases that must be ready before this one is installed or upgraded. */
  readonly dependsOn: readonly string[];
  /** Fields that may differ from the manifest. */
  readonly ignoreDifferences: readonly IgnoreRule[];
  /** Annotation `auto-recycle`: uninstall when the AppRelease is deleted. */
  readonly autoRecycle: boolean;
  /** Annotation `interval-sync`: look from time to time whether the release still stands. */
  readonly intervalSync: boolean;
}

const DEFAULT_TIMEOUT_SECONDS = 300;

/** Reads an AppRelease. Throws APPRELEASE_INVALID with every field that is wrong. */
export function parseAppRelease(object: KubeObject): WantedRelease {
  const parsed = appReleaseSchema.safeParse(object);
  const invalid = (message: string): GlobalctlError =>
    new GlobalctlError('APPRELEASE_INVALID', {
      message: `${describeObject(object)}: ${message}`,
      subject: describeObject(object),
    });
  if (!parsed.success)
    throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  const { spec, metadata } = parsed.data;
  const { destination, source } = spec;
  if (destination?.cluster !== undefined && destination.cluster !== '')
    throw invalid(
      `spec.destination.cluster: "${destination.cluster}" is another cluster; this operator installs into its own`,
    );
  return {
    charts: source.charts.map(({ name, releaseName, targetRevision }) => ({
      name,
      targetRevision,
      releaseName: releaseName !== undefined && releaseName !== '' ? releaseName : (object.metadata.name ?? ''),
    })),
    registry: source.repoURL,
    pullSecret: source.chartPullSecret === '' ? undefined : source.chartPullSecret,
    namespace:
      destination?.namespace !== undefined && destination.namespace !== ''
        ? destination.namespace
        : (object.metadata.namespace ?? 'default'),
    timeoutMs: (spec.timeout !== undefined && spec.timeout > 0 ? spec.timeout : DEFAULT_TIMEOUT_SECONDS) * 1000,
    values: spec.values ?? {},
    dependsOn: dependenciesOf(object),
    ignoreDifferences: spec.ignoreDifferences ?? [],
    autoRecycle: metadata.annotations?.['auto-recycle'] === 'true',
    intervalSync: metadata.annotations?.['interval-sync'] === 'true',
  };
}

/** `spec.dependsOn` as keys: a name without a namespace is in the release's own. Unreadable entries are left out. */
export function dependenciesOf(object: KubeObject): string[] {
  const stated = fieldAt(object, 'spec', 'dependsOn');
  return (Array.isArray(stated) ? (stated as unknown[]) : [])
    .filter((name) => typeof name === 'string')
    .map((name) => (name.includes('/') ? name : `${object.metadata.namespace ?? 'default'}/${name}`));
}
