/**
 * Which versions belong together. `imageMatrix` is the mapping at the guide's date, with images and the Kube-OVN component;
 * `chartMatrix` the later one, with the Kube-OVN chart version that the annotation takes and further rows. A manifest takes
 * every tag from one row, spelled as in the row.
 */
export interface VersionRow {
  /** The platform release, e.g. `v4.2.2`. */
  readonly platform: string;
  /** MicroOS image; the later matrix names none. */
  readonly image?: string;
  readonly kubernetes: string;
  readonly containerd: string;
  readonly coredns: string;
  readonly etcd: string;
  readonly pause: string;
  readonly kubeOvnComponent?: string;
  readonly kubeOvnChart?: string;
}

// platform, image, kubernetes, containerd, coredns, etcd, Kube-OVN component
const imageMatrix = `
v4.0.9 MicroOS-5.5-v4.0.9 v1.31.14-2 1.7.23-4 1.12.4-v4.0.20 v3.5.25-251215 v1.14.28
v4.1.0 MicroOS-5.5-v4.1.0 v1.32.7 1.7.27-4 1.11.3-v4.1.0 v3.5.21 v1.14.4
v4.1.1 MicroOS-5.5-v4.1.0 v1.32.7 1.7.27-4 1.11.3-v4.1.0 v3.5.21 v1.14.5
v4.1.2 MicroOS-5.5-v4.1.0 v1.32.7 1.7.27-4 1.11.3-v4.1.0 v3.5.21 v1.14.9
v4.1.3 MicroOS-5.5-v4.1.0 v1.32.7 1.7.27-4 1.12.4-v4.1.2 v3.5.21 v1.14.11
v4.1.5 MicroOS-5.5-v4.1.5 v1.32.11-2 1.7.27-4 1.12.4-v4.1.5 v3.5.25-251215 v1.14.30
v4.2.0 MicroOS-5.5-v4.2.0 v1.33.6 1.7.27-4 1.12.4-v4.2.3 v3.5.21-251117 v1.14.18
v4.2.1 MicroOS-5.5-v4.2.1 v1.33.7-1 1.7.29-4 1.12.4-v4.2.4 v3.5.25-251215 v1.14.25
v4.2.2 MicroOS-5.5-v4.2.2 v1.33.7-2 1.7.29-4 1.12.4-v4.2.7 v3.5.25-251215 v1.14.30
v4.2.3 MicroOS-5.5-v4.2.3 v1.33.7-3 1.7.29-4 1.12.4-v4.2.8 v3.5.27-260305 v1.14.34
v4.2.4 MicroOS-5.5-v4.2.3 v1.33.7-3 1.7.29-4 1.12.4-v4.2.8 v3.5.27-260305 v1.14.34
v4.3.0 MicroOS-5.5-v4.3.0 v1.34.5 2.2.1-5 1.14.2-v4.3.4 v3.5.28-260325 v1.15.10`;

// platform, kubernetes, containerd, coredns, etcd, Kube-OVN chart
const chartMatrix = `
v4.0.9 v1.31.14-2 1.7.23-4 1.12.4-v4.0.20 v3.5.25-251215 v4.0.39
v4.0.10 v1.31.14-2 1.7.23-4 1.12.4-v4.0.20 v3.5.25-251215 v4.0.46
v4.0.11 v1.31.14-2 1.7.23-4 1.12.4-v4.0.20 v3.5.25-251215 v4.0.47
v4.1.0 v1.32.7 1.7.27-4 1.11.3-v4.1.0 v3.5.21 v4.1.4
v4.1.1 v1.32.7 1.7.27-4 1.11.3-v4.1.0 v3.5.21 v4.1.5
v4.1.2 v1.32.7 1.7.27-4 1.11.3-v4.1.0 v3.5.21 v4.1.9
v4.1.3 v1.32.7 1.7.27-4 1.12.4-v4.1.2 v3.5.21 v4.1.11
v4.1.5 v1.32.11-2 1.7.27-4 1.12.4-v4.1.5 v3.5.25-251215 v4.1.25
v4.1.6 v1.32.11-2 1.7.27-4 1.12.4-v4.1.5 v3.5.25-251215 v4.1.32
v4.2.0 v1.33.6 1.7.27-4 1.12.4-v4.2.3 v3.5.21-251117 v4.2.6
v4.2.1 v1.33.7-1 1.7.29-4 1.12.4-v4.2.4 v3.5.25-251215 v4.2.15
v4.2.2 v1.33.7-2 1.7.29-4 1.12.4-v4.2.7 v3.5.25-251215 v4.2.24
v4.2.3 v1.33.7-3 1.7.29-4 1.12.4-v4.2.8 v3.5.27-260305 v4.2.26
v4.2.4 v1.33.7-3 1.7.29-4 1.12.4-v4.2.8 v3.5.27-260305 v4.2.26
v4.2.5 v1.33.7-4 1.7.29-4 1.14.3-v4.2.11 v3.5.28-260421 v4.2.33
v4.3.0 v1.34.5 2.2.1-5 1.14.2-v4.3.4 v3.5.28-260325 v4.3.3
v4.3.1 v1.34.5-1 2.2.1-5 1.14.2-v4.3.9 v3.5.28-260421 v4.3.5
v4.3.2 v1.34.5-3 2.2.1-5 1.14.2-v4.3.11 v3.5.28-260625 v4.3.11
v4.4.0 v1.35.6-acp.1 2.2.6-3 1.14.3-v4.4.6 v3.6.13-acp.0 v4.4.1`;

/** The pause image of every release. */
const pause = '3.10';

function fieldsOf(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
}

function buildRows(): VersionRow[] {
  const images = new Map(fieldsOf(imageMatrix).map((fields) => [fields[0], fields]));
  return fieldsOf(chartMatrix).map(
    ([platform = '', kubernetes = '', containerd = '', coredns = '', etcd = '', kubeOvnChart = '']) => {
      const [, image, , , , , kubeOvnComponent] = images.get(platform) ?? [];
      return {
        platform,
        kubernetes,
        containerd,
        coredns,
        etcd,
        pause,
        kubeOvnChart,
        ...(image !== undefined && { image }),
        ...(kubeOvnComponent !== undefined && { kubeOvnComponent }),
      };
    },
  );
}

/** Every known release, oldest first. */
export const versionRows: readonly VersionRow[] = buildRows();

export function versionRowOf(platform: string): VersionRow | undefined {
  return versionRows.find((row) => row.platform === platform);
}

/** The releases that carry this Kubernetes version; more than one is possible (v4.1.0 to v4.1.3). */
export function versionRowsOfKubernetes(kubernetes: string): VersionRow[] {
  return versionRows.filter((row) => row.kubernetes === kubernetes);
}
