import { paths, type KubeadmFile } from '../shared/kubeadm-files.ts';

export const imageLoaderPath = paths.imageLoader;

/** Loads the images that the VM template carries, once the containerd disk is mounted (vsphere.md §6). */
export const imageLoaderFile: KubeadmFile = {
  path: imageLoaderPath,
  owner: 'root:root',
  permissions: '0755',
  content: `#!/bin/bash
set -euo pipefail

while ! mountpoint -q /var/lib/containerd; do
  echo "waiting for /var/lib/containerd mount"
  sleep 1
done

systemctl restart containerd
while ! systemctl is-active --quiet containerd; do
  echo "waiting for containerd"
  sleep 1
done

if [ ! -d /root/images ]; then
  echo "ERROR: /root/images directory not found" >&2
  exit 1
fi

shopt -s nullglob
count=0
for archive in /root/images/*.tar; do
  echo "importing image: \${archive}"
  ctr -n k8s.io images import "\${archive}"
  count=$((count + 1))
done

if [ "\${count}" -eq 0 ]; then
  echo "ERROR: no tar files found in /root/images" >&2
  exit 1
fi
echo "imported \${count} images"
`,
};
