import type { Note } from '../contract.ts';

/** The guide writes cloud-init; the schema of both kubeadm kinds knows cloud-config and ignition only (runbook §6). */
export function cloudConfigNote(title: string): Note {
  return {
    topic: 'Bootstrap format',
    text: `The guide writes format: cloud-init for ${title}; the API knows that value as cloud-config, so cloud-config is written.`,
  };
}
