/** Variables of the guide that no field of a site replaces, because globalctl knows or finds what they hold. */
export const derivedVariables: Readonly<Record<string, string>> = {
  DCS_PROVIDER_APPRELEASES:
    'The file /root/yamls/dcs-provider-appreleases.yaml, below bootstrap.hostRoot; globalctl renders it.',
  ENCRYPTION_PROVIDER_CONF:
    'The file /root/yamls/encryption-provider.conf, below bootstrap.hostRoot; globalctl renders it from dr.encryptionKey.',
  ETCD_SYNC_MODULEINFO: 'The file /root/yamls/global-etcd-sync-moduleinfo.json, below bootstrap.hostRoot.',
  GLOBAL_DCS_YAML: 'The file /root/yamls/new-global.yaml, below bootstrap.hostRoot; globalctl renders it.',
  GLOBAL_HCS_YAML: 'The file /root/yamls/new-global.yaml, below bootstrap.hostRoot; globalctl renders it.',
  GLOBAL_VSPHERE_YAML: 'The file /root/yamls/new-global.yaml, below bootstrap.hostRoot; globalctl renders it.',
  HCS_PROVIDER_APPRELEASES:
    'The file /root/yamls/hcs-provider-appreleases.yaml, below bootstrap.hostRoot; globalctl renders it.',
  INSTALLER_CONFIG_JSON:
    'The file /root/yamls/installer-config-<provider>.json, below bootstrap.hostRoot; globalctl renders it.',
  INSTALLER_IP: 'The address of the Pod with the label service_name=cpaas-installer; globalctl finds it in step 8.',
  PRIMARY_CLUSTER_TOKEN_B64: 'The token of the ServiceAccount k8sadmin of the primary side, kept in base64.',
  STANDBY_CLUSTER_BEARER_TOKEN: 'The decoded token of the ServiceAccount k8sadmin of the standby side.',
  VSPHERE_PROVIDER_APPRELEASES:
    'The file /root/yamls/vsphere-provider-appreleases.yaml, below bootstrap.hostRoot; globalctl renders it.',
};
