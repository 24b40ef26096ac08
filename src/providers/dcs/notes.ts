import type { Note } from '../contract.ts';
import type { DcsBlock } from './site.ts';

/** What rendering decided where sources disagree (runbook §13). */
export function dcsNotes(block: DcsBlock, imports: boolean, disasterRecovery: boolean): Note[] {
  return [
    {
      topic: 'Pool entries',
      text:
        block.maskFormat === 'dotted'
          ? "Masks are dotted and DNS servers separated by commas, as the guide's pages show. Newer providers take a prefix length: set dcs.maskFormat to prefix when yours refuses the dotted form."
          : 'Masks are prefix lengths and DNS servers separated by semicolons, as newer providers want them.',
    },
    {
      topic: 'Credential Secret',
      text: `Type ${block.credentials.secretType} with the key site: the guide has CloudCredential, the resource page Opaque without site. Set dcs.credentials.secretType to change it.`,
    },
    {
      topic: 'Encryption of Secrets',
      text: block.encryptionArgument
        ? disasterRecovery
          ? 'The key is in Secret encryption-provider-config, which DCSCluster refers to. It is not a kubeadm file. No source says that the Secret reaches the new cluster: look for it there, or list it in dcs.extraImports.'
          : 'The API server argument encryption-provider-config stays although no file is listed: the provider writes the file by itself. Set dcs.encryptionArgument to false when the release manifest drops the argument.'
        : 'The API server argument encryption-provider-config is left out, as asked for by dcs.encryptionArgument.',
    },
    {
      topic: 'Import ConfigMap',
      text: imports
        ? 'dcs-import-extra-resources is made because the site asks for entries beyond the built-in migration.'
        : 'No dcs-import-extra-resources: DCS resources are migrated by the installer itself. Newer releases also want the credential Secret imported: dcs.importCredentialSecret.',
    },
    {
      topic: 'CoreDNS',
      text: "The control plane skips kube-proxy, as in the guide. The create page of workload clusters also skips CoreDNS by an annotation, which the guide's fragment does not have; manifest.base keeps it when the release manifest has it.",
    },
    {
      topic: 'Cluster annotations',
      text: "All seven of the create page are written, not only the three of the guide's fragment. cpaas.io/kube-ovn-version is the chart version, not the component's.",
    },
  ];
}
