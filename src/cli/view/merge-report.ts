import type { RenderedSite } from '../../manifests/index.ts';

/** What merging made of the operator's manifest, one line each; what was kept is counted unless `verbose`. */
export function formatMergeReport(report: RenderedSite['mergeReport'], verbose: boolean): string[] {
  if (report.length === 0) return [];
  const shown = report.filter(({ action }) => verbose || action !== 'kept');
  const kept = report.length - shown.length;
  return [
    'Merged with the base manifest:',
    ...shown.map(({ action, object, path, before, after }) => {
      const change = action === 'changed' ? `: ${before ?? ''} -> ${after ?? ''}` : '';
      return `  ${action} ${[object, path].filter((part) => part !== '').join(' ')}${change}`;
    }),
    ...(kept > 0 ? [`  kept ${String(kept)} values and objects of the operator (-v lists them)`] : []),
  ];
}
