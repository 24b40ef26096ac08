import { z } from 'zod';
import {
  cidr,
  dnsLabel,
  host,
  httpUrl,
  imageTag,
  ipv4,
  nonEmpty,
  path,
  port,
  prefixedVersion,
  registryAddress,
  sshPublicKey,
} from './fields.ts';
import { secretReference } from './secret-reference.ts';

const metadata = z
  .strictObject({
    name: dnsLabel().meta({ description: 'Name of this site, for the state folder, logs and reports.' }),
  })
  .meta({ description: 'What this site is called.' });

const bootstrapRegistry = z.strictObject({
  localAddress: registryAddress().default('127.0.0.1:11443').meta({
    description: 'Bootstrap registry as the KIND host reaches it; packages are pushed there.',
    guideVariable: 'LOCAL_REGISTRY_ADDRESS',
  }),
  bootstrapAddress: registryAddress().default('172.18.0.1:11443').meta({
    description:
      'Bootstrap registry as Pods inside the KIND network reach it; the AppReleases take charts and images from there.',
    guideVariable: 'BOOTSTRAP_REGISTRY_ADDRESS',
  }),
  nodeAddress: registryAddress().optional().meta({
    description: 'Bootstrap registry as provisioned nodes reach it; becomes the annotation cpaas.io/registry-address.',
    guideVariable: 'NODE_REGISTRY_ADDRESS',
    derivedDefault: '${bootstrap.hostIP}:11443',
  }),
  auth: z.enum(['auto', 'required', 'anonymous']).default('auto').meta({
    description:
      'Whether AppReleases name the pull Secret global-registry-auth; auto looks whether that Secret exists.',
  }),
});

const bootstrap = z
  .strictObject({
    hostIP: ipv4().meta({
      description: 'IP address of the KIND host that runs the bootstrap cluster.',
      guideVariable: 'HOST_IP',
    }),
    registry: bootstrapRegistry
      .prefault({})
      .meta({ description: 'The registry that the bootstrap cluster embeds, under its three addresses.' }),
    hostRoot: path().default('/').meta({
      description:
        'Folder in front of the host paths of the guide (/root/cpaas-install, /root/yamls, /var/cpaas/data).',
    }),
  })
  .meta({ description: 'The temporary host and its registry.' });

const certificate = z
  .union([
    z.literal('selfSigned'),
    z.strictObject({
      thirdParty: z
        .object({
          certificate: secretReference().meta({ description: 'Full certificate chain in PEM form.' }),
          privateKey: secretReference().meta({ description: 'Private key in PEM form.' }),
        })
        .catchall(secretReference())
        .meta({
          description: 'An existing certificate. Further keys (PKCS#12 values) are passed on as they are named.',
        }),
    }),
  ])
  .default('selfSigned')
  .meta({ description: 'Certificate of the console: selfSigned, or thirdParty with references to an existing one.' });

const platform = z
  .strictObject({
    host: host().meta({
      description: 'Platform domain, or the VIP where there is no domain.',
      guideVariable: 'PLATFORM_HOST',
    }),
    registryDomain: registryAddress().optional().meta({
      description: 'Address of the platform registry that the installer sets up.',
      guideVariable: 'REGISTRY_DOMAIN',
      derivedDefault: '${platform.host}:11443',
    }),
    ingressClassName: dnsLabel()
      .default('global-alb2')
      .meta({ description: 'Ingress class of the platform.', guideVariable: 'INGRESS_CLASS_NAME' }),
    admin: z
      .strictObject({
        username: nonEmpty().default('admin@cpaas.io').meta({ description: 'First administrator of the platform.' }),
        password: secretReference().meta({ description: 'Password of the first administrator.' }),
      })
      .meta({ description: 'The first administrator.' }),
    registry: z
      .strictObject({
        username: nonEmpty().meta({ description: 'User of the platform registry.' }),
        password: secretReference().meta({ description: 'Password of the platform registry.' }),
      })
      .optional()
      .meta({ description: 'Login of the platform registry; left out when it has none.' }),
    console: z
      .strictObject({
        httpPort: port().default(80).meta({ description: 'HTTP port of the console.' }),
        httpsPort: port().default(443).meta({ description: 'HTTPS port of the console.' }),
        certificate,
      })
      .prefault({})
      .meta({ description: 'The web console of the platform.' }),
    products: z
      .array(nonEmpty())
      .min(1)
      .default(['base', 'acp'])
      .meta({ description: 'Products that the installer deploys.' }),
    deployMode: nonEmpty().default('normal').meta({ description: 'Deploy mode of the installer request.' }),
  })
  .meta({ description: 'The platform that the installer sets up inside the global cluster.' });

const fromRow = 'from the version table, by versions.platform';

const versions = z
  .strictObject({
    platform: prefixedVersion('v4.2.2').optional().meta({
      description: 'Release of the platform; its row of the version table gives every version that is left out.',
      derivedDefault: 'the release that carries versions.kubernetes, when there is exactly one',
    }),
    image: nonEmpty()
      .optional()
      .meta({ description: 'MicroOS image or VM template of the nodes.', derivedDefault: fromRow }),
    kubernetes: prefixedVersion('v1.33.7-2').meta({
      description: 'Kubernetes version, equal to the one built into the node image.',
      guideVariable: 'K8S_VERSION',
    }),
    coredns: imageTag('1.12.4-v4.2.7').optional().meta({ description: 'CoreDNS image tag.', derivedDefault: fromRow }),
    etcd: imageTag('v3.5.25-251215').optional().meta({ description: 'etcd image tag.', derivedDefault: fromRow }),
    kubeOvn: prefixedVersion('v4.2.24').optional().meta({
      description:
        'Chart version of Kube-OVN (not of its component); becomes the annotation cpaas.io/kube-ovn-version.',
      derivedDefault: fromRow,
    }),
    corePackage: prefixedVersion('v4.2.2')
      .optional()
      .meta({ description: 'Version of the Core Package.', derivedDefault: 'versions.platform' }),
    kubeadmProvider: prefixedVersion('v1.0.16').meta({
      description: 'Chart version of the kubeadm provider.',
      guideVariable: 'KUBEADM_PROVIDER_VERSION',
    }),
    infrastructureProvider: prefixedVersion('v1.0.16').meta({
      description: 'Chart version of the infrastructure provider.',
      guideVariable: 'DCS_PROVIDER_VERSION, VSPHERE_PROVIDER_VERSION, HCS_PROVIDER_VERSION',
    }),
  })
  .meta({ description: 'The version set of the delivery package.' });

const packages = z
  .strictObject({
    core: path().meta({ description: 'Core Package (a tar archive).' }),
    kubeadmProvider: path().optional().meta({
      description: 'Package of the kubeadm provider.',
      guideVariable: 'KUBEADM_PROVIDER_PACK',
      derivedDefault: '/root/cluster-api-provider-kubeadm.amd64.${versions.kubeadmProvider}.tgz',
    }),
    infrastructureProvider: path().optional().meta({
      description: 'Package of the infrastructure provider.',
      guideVariable: 'DCS_PROVIDER_PACK, VSPHERE_PROVIDER_PACK, HCS_PROVIDER_PACK',
      derivedDefault: '/root/cluster-api-provider-${provider}.amd64.${versions.infrastructureProvider}.tgz',
    }),
  })
  .meta({ description: 'Package files on the bootstrap host. Relative paths start at the folder of the site file.' });

const network = z
  .strictObject({
    controlPlaneVIP: ipv4().meta({
      description:
        'Address of the control plane endpoint, a VIP or load balancer that forwards to every control plane node.',
      guideVariable: 'CONTROL_PLANE_VIP',
    }),
    podCIDR: cidr()
      .default('100.3.0.0/16')
      .meta({ description: 'Network of the Pods.', guideVariable: 'CLUSTER_CIDR' }),
    serviceCIDR: cidr()
      .default('100.4.0.0/16')
      .meta({ description: 'Network of the Services.', guideVariable: 'SERVICE_CIDR' }),
    joinCIDR: cidr().default('100.64.0.0/16').meta({
      description:
        'Network between nodes and Pods that Kube-OVN uses; becomes the annotation cpaas.io/kube-ovn-join-cidr.',
      guideVariable: 'KUBE_OVN_JOIN_CIDR',
    }),
    nodes: z
      .strictObject({
        cidr: cidr().meta({ description: 'Network of the nodes.' }),
        gateway: ipv4().meta({ description: 'Default gateway of the nodes.' }),
        dns: z.array(ipv4()).min(1).meta({ description: 'DNS servers of the nodes.' }),
      })
      .meta({ description: 'The network that the nodes stand in.' }),
  })
  .meta({ description: 'Addresses and networks.' });

const ssh = z
  .strictObject({
    authorizedKeys: z
      .array(sshPublicKey())
      .min(1)
      .meta({ description: 'SSH public keys of the user boot on every node.' }),
  })
  .meta({ description: 'Access to the nodes.' });

const manifest = z
  .strictObject({
    base: path().optional().meta({
      description:
        'Release manifest that the global-specific parts are merged into; relative to the folder of the site file.',
    }),
  })
  .prefault({})
  .meta({ description: 'Where the cluster manifest starts from.' });

const accessSecret = 'Secret cpaas-system/cpaas-installer-access of the bootstrap cluster';

const installerAccess = z
  .strictObject({
    tls: z
      .boolean()
      .optional()
      .meta({
        description:
          'Whether the installer is called over TLS and with a token (port 8443), or in the form of the guide, plain HTTP on port 8080.',
        derivedDefault: `true where caFile, token or ${accessSecret} says how, else false`,
      }),
    caFile: path()
      .optional()
      .meta({
        description: 'PEM certificate of the authority that the certificate of the installer is checked against.',
        derivedDefault: `ca.crt of ${accessSecret}`,
      }),
    token: secretReference()
      .optional()
      .meta({
        description: 'Bearer token that the installer asks for; sent over TLS alone.',
        derivedDefault: `token of ${accessSecret}`,
      }),
  })
  .prefault({})
  .meta({ description: 'How the embedded installer is called in steps 8 and 9.' });

const access = z
  .strictObject({
    proxy: httpUrl()
      .optional()
      .meta({ description: 'HTTP proxy through which the addresses of this site are reached.' }),
    kubeconfig: path().optional().meta({
      description: 'Kubeconfig of the bootstrap cluster; relative to the folder of the site file.',
      derivedDefault: '/var/cpaas/data/alauda.kubeconfig, below bootstrap.hostRoot',
    }),
    installer: installerAccess,
  })
  .prefault({})
  .meta({ description: 'How globalctl reaches what it works on.' });

const lint = z
  .strictObject({
    rules: z
      .record(z.string(), z.enum(['off', 'info', 'warning', 'error']))
      .default({})
      .meta({ description: 'Severity of a rule in the place of its own, by its id; off leaves it out.' }),
  })
  .prefault({})
  .meta({ description: 'How findings about this site and its manifest are judged; docs/rules.md lists the rules.' });

const dr = z
  .strictObject({
    role: z.enum(['primary', 'standby']).meta({ description: 'Which side this site is.' }),
    primaryVIP: ipv4().meta({
      description: 'Control plane VIP of the primary side.',
      guideVariable: 'PRIMARY_CLUSTER_VIP',
    }),
    standbyVIP: ipv4().meta({
      description: 'Control plane VIP of the standby side.',
      guideVariable: 'STANDBY_CLUSTER_VIP',
    }),
    encryptionKey: secretReference().meta({
      description: 'Encryption key that both sides share: base64 of 32 random bytes.',
      guideVariable: 'ENCRYPTION_PROVIDER_SECRET_B64',
    }),
    etcdSyncVersion: prefixedVersion('v4.2.2').optional().meta({
      description: 'Version of global-etcd-sync; dr install needs it.',
      guideVariable: 'ETCD_SYNC_VERSION',
    }),
    domainHook: z.array(nonEmpty()).min(1).optional().meta({
      description:
        'Command that leads the platform domain to another side: a program and its arguments, in which {domain} and {ip} stand for the domain and the VIP. Without it a person does it, and is waited for.',
    }),
  })
  .optional()
  .meta({ description: 'This site as one side of a primary and standby pair.' });

/** The fields that no provider changes, without `provider`, `controlPlane`, `workers` and the provider's block. */
export const coreShape = {
  metadata,
  bootstrap,
  platform,
  versions,
  packages,
  network,
  ssh,
  manifest,
  access,
  lint,
  dr,
} as const;
