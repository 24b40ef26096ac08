import { join } from 'node:path';

/** The host paths of the guide, under a root folder that is `/` on a bootstrap host. */
export class HostPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Guide step 2: where the Core Package is unpacked. */
  get coreFolder(): string {
    return join(this.root, 'root/cpaas-install');
  }

  get setupFolder(): string {
    return join(this.coreFolder, 'installer');
  }

  /** Takes the bootstrap cluster down, in a Core Package that brings such a script. */
  get removalScript(): string {
    return join(this.setupFolder, 'remove-minialauda.sh');
  }

  /** Guide step 3: pushes a package into the bootstrap registry. */
  get packtool(): string {
    return join(this.setupFolder, 'res/amd64/packtool');
  }

  /** Guide steps 3, 4, 7 and 8: the files that people write by hand. */
  get yamlFolder(): string {
    return join(this.root, 'root/yamls');
  }

  /** Written by setup.sh. */
  get bootstrapKubeconfig(): string {
    return join(this.root, 'var/cpaas/data/alauda.kubeconfig');
  }

  /** Guide step 2: where kubectl on the host finds it. */
  get userKubeconfig(): string {
    return join(this.root, 'root/.kube/config');
  }

  get installerLog(): string {
    return join(this.root, 'var/cpaas/data/installer.log');
  }

  /** Folder of one site's journal, logs and kubeconfigs. */
  stateFolder(site: string): string {
    return join(this.root, 'var/cpaas/globalctl', site);
  }

  /** A file named relative to the root, as rendered files are. */
  resolve(relativePath: string): string {
    return join(this.root, relativePath);
  }
}
