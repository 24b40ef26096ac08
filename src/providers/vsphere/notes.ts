import type { Site } from '../../site/index.ts';
import type { Note } from '../contract.ts';
import { cloudConfigNote } from '../shared/notes.ts';
import type { VsphereBlock } from './site.ts';

/** What rendering decided where sources disagree or say nothing (runbook §13, vsphere.md §4 and §6). */
export function vsphereNotes(site: Site, block: VsphereBlock): Note[] {
  return [
    cloudConfigNote('VMware vSphere'),
    {
      topic: 'Encryption of Secrets',
      text: '/etc/kubernetes/encryption-provider.conf stays a kubeadm file, in a normal install too. VSphereCluster has no reference for it.',
    },
    {
      topic: 'Image registry',
      text: `${
        block.imageRegistry === undefined
          ? 'No source fixes the registry in image names for global; that of the bootstrap host is written.'
          : 'Image names start with vsphere.imageRegistry.'
      } They must be the names of the images that the VM template carries in /root/images: compare them with the release manifest${
        block.imageRegistry === undefined ? ', and set vsphere.imageRegistry when they differ' : ''
      }.`,
    },
    {
      topic: 'Cloud provider',
      text: `Its Pods name the pull Secret global-registry-auth only with an authenticated registry. The vCenter certificate is ${
        block.cpi.insecure ? "not checked, as in the page's baseline; vsphere.cpi.insecure changes that" : 'checked'
      }.`,
    },
    {
      topic: 'VM cloning',
      text: `The pages leave the choice: cloneMode ${block.cloneMode}, powerOffMode ${block.powerOffMode}, a system disk from machine.diskGiB. A full clone keeps that size; a linked one ignores it.`,
    },
    ...(site.dr
      ? [
          {
            topic: 'VM folder',
            text: 'Each side of the pair has a folder of its own below /<datacenter>/vm/global, by default primary or standby.',
          },
        ]
      : []),
    ...(block.failureDomains
      ? [
          {
            topic: 'Failure domains',
            text: "Each becomes a failure domain and a deployment zone of one name. The guide's import list has neither kind: see that the new cluster gets them, e.g. by vsphere.extraImports.",
          },
        ]
      : []),
  ];
}
