import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, setDefault, textOf, type JsonObject } from '../json.ts';
import type { Column, Conversion, ResourceDefinition, Strategy } from '../resource-definition.ts';
import { ageColumn, nameColumn, numberAt, numberColumn, textAt, textColumn } from './columns.ts';
import { builtIn, specOf } from './define.ts';
import { autoscalerFaults } from './rules/platform-rules.ts';

const DEFAULT_CPU_PERCENT = 80;
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';

const cpuMetric = (percent: unknown): JsonObject => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } },
});

/** The percentage of a metric that version 1 has a field for. */
function cpuPercent(metric: JsonObject): unknown {
  if (metric.type !== 'Resource' || fieldAt(metric, 'resource', 'name') !== 'cpu') return undefined;
  return fieldAt(metric, 'resource', 'target', 'averageUtilization');
}

function annotated(object: KubeObject, values: Readonly<Record<string, unknown>>): KubeObject['metadata'] {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  if (given.length === 0) return object.metadata;
  const texts = Object.fromEntries(given.map(([key, value]) => [key, JSON.stringify(value)]));
  return { ...object.metadata, annotations: { ...object.metadata.annotations, ...texts } };
}

/** Version 1 knows one metric, CPU; everything else is carried in annotations. */
const conversion: Conversion = {
  fromStored: (stored) => {
    const spec = isObject(stored.spec) ? stored.spec : {};
    const status = isObject(stored.status) ? stored.status : {};
    const metrics = objectsIn(spec.metrics);
    const percent = metrics.map(cpuPercent).find((p) => p !== undefined);
    const others = metrics.filter((m) => cpuPercent(m) === undefined);
    const { metrics: _, behavior, ...ownSpec } = spec;
    const { currentMetrics, conditions, ...ownStatus } = status;
    return {
      ...stored,
      apiVersion: 'autoscaling/v1',
      metadata: annotated(stored, {
        [METRICS]: others.length > 0 ? others : undefined,
        [BEHAVIOR]: behavior,
        [CURRENT_METRICS]: objectsIn(currentMetrics).length > 0 ? currentMetrics : undefined,
        [CONDITIONS]: objectsIn(conditions).length > 0 ? conditions : undefined,
      }),
      spec: { ...ownSpec, ...(percent !== undefined && { targetCPUUtilizationPercentage: percent }) },
      status: { currentReplicas: 0, desiredReplicas: 0, ...ownStatus },
    };
  },
  toStored: (object) => {
    const { annotations = {} } = object.metadata;
    const carried = (key: string): unknown => (annotations[key] === undefined ? undefined : parse(annotations[key]));
    const own = Object.entries(annotations).filter(
      ([key]) => ![METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS].includes(key),
    );
    const { targetCPUUtilizationPercentage: percent, ...spec } = specOf(object);
    const {
      currentCPUUtilizationPercentage: _,
      currentReplicas,
      ...status
    } = isObject(object.status) ? object.status : {};
    const others = carried(METRICS);
    const metrics = [...objectsIn(others), ...(percent === undefined ? [] : [cpuMetric(percent)])];
    const behavior = carried(BEHAVIOR);
    const conditions = carried(CONDITIONS);
    const { annotations: __, ...metadata } = object.metadata;
    return {
      ...object,
      apiVersion: 'autoscaling/v2',
      metadata: { ...metadata, ...(own.length > 0 && { annotations: Object.fromEntries(own) }) },
      spec: {
        ...spec,
        metrics: metrics.length > 0 ? metrics : [cpuMetric(DEFAULT_CPU_PERCENT)],
        ...(isObject(behavior) && { behavior }),
      },
      status: {
        desiredReplicas: 0,
        ...status,
        ...(typeof currentReplicas === 'number' && currentReplicas > 0 && { currentReplicas }),
        currentMetrics: carried(CURRENT_METRICS) ?? null,
        ...(Array.isArray(conditions) && { conditions }),
      },
    };
  },
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // An annotation that a person wrote: it means nothing, as on the real server.
    return undefined;
  }
}

const SCALE_PERIOD_SECONDS = 15;
const percentPolicy = { type: 'Percent', value: 100, periodSeconds: SCALE_PERIOD_SECONDS };

const autoscalerStrategy: Partial<Strategy> = {
  validate: autoscalerFaults,
  applyDefaults: (object) => {
    const spec = specOf(object);
    setDefault(spec, 'minReplicas', 1);
    if (object.apiVersion === 'autoscaling/v1') return;
    if (objectsIn(spec.metrics).length === 0) spec.metrics = [cpuMetric(DEFAULT_CPU_PERCENT)];
    if (!isObject(spec.behavior)) return;
    const up = objectIn(spec.behavior, 'scaleUp');
    setDefault(up, 'stabilizationWindowSeconds', 0);
    setDefault(up, 'selectPolicy', 'Max');
    setDefault(up, 'policies', [{ type: 'Pods', value: 4, periodSeconds: SCALE_PERIOD_SECONDS }, { ...percentPolicy }]);
    const down = objectIn(spec.behavior, 'scaleDown');
    setDefault(down, 'selectPolicy', 'Max');
    setDefault(down, 'policies', [{ ...percentPolicy }]);
  },
};

function targets(object: KubeObject): string {
  const current = objectsIn(fieldAt(object, 'status', 'currentMetrics'));
  return objectsIn(fieldAt(object, 'spec', 'metrics'))
    .map((metric, i) => {
      const name = textOf(fieldAt(metric, 'resource', 'name'));
      const wanted = fieldAt(metric, 'resource', 'target', 'averageUtilization');
      const found = fieldAt(current[i], 'resource', 'current', 'averageUtilization');
      const shown = typeof found === 'number' ? `${String(found)}%` : '<unknown>';
      return `${name === '' ? textOf(metric.type) : name}: ${shown}/${typeof wanted === 'number' ? `${String(wanted)}%` : '<auto>'}`;
    })
    .join(', ');
}

const columns: readonly Column[] = [
  nameColumn,
  textColumn(
    'Reference',
    (o) => `${textAt(o, 'spec', 'scaleTargetRef', 'kind')}/${textAt(o, 'spec', 'scaleTargetRef', 'name')}`,
  ),
  textColumn('Targets', targets, { none: '<none>' }),
  textColumn('MinPods', (o) => String(numberAt(o, 'spec', 'minReplicas'))),
  numberColumn('MaxPods', (o) => numberAt(o, 'spec', 'maxReplicas')),
  numberColumn('Replicas', (o) => numberAt(o, 'status', 'currentReplicas')),
  ageColumn,
];

const autoscaler = builtIn('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
  shortNames: ['hpa'],
  categories: ['all'],
  status: true,
  strategy: autoscalerStrategy,
  columns,
});

/** The group `autoscaling`. */
export const autoscalingResources: readonly ResourceDefinition[] = [
  {
    ...autoscaler,
    versions: [...autoscaler.versions, { name: 'v1', columns, status: true, conversion }],
  },
];
