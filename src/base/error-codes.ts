/**
 * The one registry of error codes. A test holds it equal to docs/errors.md, to the exit codes that the CLI documents and to
 * the HTTP statuses that the services answer with. Each room keeps its codes in its own block, in alphabetical order.
 */

/** Classes of failure and the exit code that a process ends with for each. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  site: 3,
  manifest: 4,
  precondition: 5,
  unreachable: 6,
  step: 7,
  verification: 8,
  package: 9,
  interrupted: 130,
} as const;

export type FailureClass = Exclude<keyof typeof exitCodes, 'ok'>;

export interface ErrorCodeEntry {
  /** Which class of failure this is; decides the exit code. */
  readonly class: FailureClass;
  /** HTTP status with which a service answers when this error ends a request. */
  readonly httpStatus: number;
  /** One line: what went wrong, without the particulars. */
  readonly title: string;
  /** What a person does about it. */
  readonly cure: string;
}

export const errorCodes = {
  // base
  CANCELLED: {
    class: 'interrupted',
    httpStatus: 499,
    title: 'The work was interrupted before it ended',
    cure: 'Run the same command again; it goes on where it stopped.',
  },
  COMMAND_FAILED: {
    class: 'step',
    httpStatus: 500,
    title: 'A program that was started ended with an error',
    cure: 'Read the last lines of its output below the message; run it by hand to see more.',
  },
  COMMAND_NOT_FOUND: {
    class: 'precondition',
    httpStatus: 500,
    title: 'A program that is needed is not installed',
    cure: 'Install it, or name its path with the flag or environment variable that the message gives.',
  },
  DEADLINE_EXCEEDED: {
    class: 'step',
    httpStatus: 504,
    title: 'Something did not happen before its deadline',
    cure: 'Read the diagnosis below the message; raise the limit with --timeout if the infrastructure is only slow.',
  },
  FILE_UNREADABLE: {
    class: 'usage',
    httpStatus: 400,
    title: 'A file cannot be read',
    cure: 'Check the path and its permissions.',
  },
  FILE_UNWRITABLE: {
    class: 'precondition',
    httpStatus: 500,
    title: 'A file cannot be written',
    cure: 'Check the folder, its permissions and the free space.',
  },
  INTERNAL: {
    class: 'internal',
    httpStatus: 500,
    title: 'A defect of globalctl itself',
    cure: 'Report it with the log file; running the same command again is safe.',
  },
  USAGE: {
    class: 'usage',
    httpStatus: 400,
    title: 'The command line is not understood',
    cure: 'See globalctl COMMAND --help.',
  },

  // install
  APPLY_CONFLICT: {
    class: 'step',
    httpStatus: 409,
    title: 'An object has fields that another manager changed',
    cure: 'Compare with kubectl get -o yaml --show-managed-fields; undo the change by hand, or bring it into the site file.',
  },
  APPLY_HANDED_OVER: {
    class: 'precondition',
    httpStatus: 409,
    title: 'The site changed after the new cluster had begun to manage itself',
    cure: 'Bring the site file back to what was installed, or make the change in the new cluster.',
  },
  JOURNAL_CORRUPT: {
    class: 'precondition',
    httpStatus: 500,
    title: 'The journal of an installation cannot be read',
    cure: 'Keep the file for a report; move it away and run again: every step looks at the world before it acts.',
  },
  LOCK_HELD: {
    class: 'precondition',
    httpStatus: 409,
    title: 'Another run works on the same installation',
    cure: 'Wait for it to end, or end it with Ctrl-C; globalctl status shows how far it is.',
  },
  PREFLIGHT_FAILED: {
    class: 'precondition',
    httpStatus: 412,
    title: 'The bootstrap host is not ready for the installation',
    cure: 'Mend every point that the message lists, then run the same command again.',
  },
  STEP_STALLED: {
    class: 'step',
    httpStatus: 504,
    title: 'A step did not reach its end before its deadline',
    cure: 'Follow the diagnosis; then run the same command again, it goes on with this step.',
  },
  STEP_UNKNOWN: {
    class: 'usage',
    httpStatus: 400,
    title: 'There is no step of that name',
    cure: 'globalctl install --help lists the steps.',
  },
  INSTALLER_FAILED: {
    class: 'step',
    httpStatus: 502,
    title: 'The embedded installer refused the request or reported a failure',
    cure: 'Read the last lines of installer.log and the progress that the message shows.',
  },
  INSTALLER_UNREACHABLE: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'The embedded installer cannot be reached',
    cure: 'Check that the Pod labelled service_name=cpaas-installer runs, and the path from this host to its Pod IP.',
  },
  PACKAGE_UNREADABLE: {
    class: 'package',
    httpStatus: 422,
    title: 'A package archive cannot be unpacked',
    cure: 'Compare its checksum with the delivery and copy it again.',
  },
  VERIFICATION_FAILED: {
    class: 'verification',
    httpStatus: 500,
    title: 'The installed cluster does not meet every success criterion',
    cure: 'Look at the failed rows of the table; globalctl status shows the objects behind them.',
  },

  // kube
  KUBE_API: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'The Kubernetes API answered with an error',
    cure: 'Read the reason that the API server gave; check permissions and the object.',
  },
  KUBE_KIND_UNKNOWN: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'The API server does not serve a kind that is needed',
    cure: 'Check that the custom resource definition is installed: kubectl get crd.',
  },
  KUBE_UNREACHABLE: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'The Kubernetes API cannot be reached',
    cure: 'Check the server address of the kubeconfig, the proxy and the network path.',
  },
  KUBECONFIG_INVALID: {
    class: 'usage',
    httpStatus: 400,
    title: 'A kubeconfig cannot be used',
    cure: 'Check the file with kubectl config view --kubeconfig FILE.',
  },

  // etcd
  ETCD_COMPACTED: {
    class: 'unreachable',
    httpStatus: 410,
    title: 'A revision of etcd that is needed has been compacted',
    cure: 'Read the present state again and go on from its revision.',
  },
  ETCD_CONFLICT: {
    class: 'step',
    httpStatus: 409,
    title: 'Keys of etcd changed while they were copied',
    cure: 'Find out who else writes them, stop it, and start the copy again.',
  },
  ETCD_FUTURE_REVISION: {
    class: 'unreachable',
    httpStatus: 400,
    title: 'A revision of etcd that does not exist yet was asked for',
    cure: 'Check that the address is of the same etcd as before; a restored etcd starts at an older revision.',
  },
  ETCD_REQUEST: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'etcd refused a request',
    cure: 'Read the reason that etcd gave; check the permissions of the client certificate and the space quota.',
  },
  ETCD_UNREACHABLE: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'etcd cannot be reached',
    cure: 'Check the endpoints, the client certificate and the network path: etcdctl endpoint health.',
  },

  // lab
  LAB_ADDRESS_IN_USE: {
    class: 'precondition',
    httpStatus: 409,
    title: 'Two things in the lab want the same address of the data centre',
    cure: 'Give the VIP, the nodes and the bootstrap host addresses of their own in the site file.',
  },
  LAB_BOOT_DATA: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A simulated machine cannot read its user data',
    cure: 'Compare the bootstrap format of the manifest with what the provider expects; read the console of the machine.',
  },
  LAB_CONTROL_PLANE: {
    class: 'precondition',
    httpStatus: 500,
    title: 'A real etcd or kube-apiserver for the lab cannot be used',
    cure: 'Let KUBEBUILDER_ASSETS name a folder with etcd and kube-apiserver (setup-envtest use -p path prints one), or rehearse without --control-plane envtest.',
  },
  LAB_IAAS: {
    class: 'step',
    httpStatus: 502,
    title: 'The simulated infrastructure refused a request',
    cure: 'Read the reason; it is what the real infrastructure would answer. Faults of the lab end with globalctl lab fault clear.',
  },
  LAB_NOT_RUNNING: {
    class: 'precondition',
    httpStatus: 503,
    title: 'No lab is running in this home folder',
    cure: 'Start one with globalctl lab up, or name its folder with --home or GLOBALCTL_LAB.',
  },
  LAB_START_FAILED: {
    class: 'precondition',
    httpStatus: 500,
    title: 'The lab did not start',
    cure: 'Read lab.log in the home folder of the lab.',
  },

  // pack
  PACKAGE_ARCHITECTURE: {
    class: 'package',
    httpStatus: 422,
    title: 'A package is for machines of another architecture',
    cure: 'Take the package whose file name has the architecture of the nodes.',
  },
  PACKAGE_DIGEST_MISMATCH: {
    class: 'package',
    httpStatus: 422,
    title: 'Content is not what its digest says',
    cure: "The file was damaged or changed on its way: copy it again and compare its checksum with the publisher's.",
  },
  PACKAGE_INVALID: {
    class: 'package',
    httpStatus: 422,
    title: 'A package cannot be read',
    cure: 'Check that the file is complete and is the package that was meant.',
  },
  PACKAGE_PUSH_FAILED: {
    class: 'package',
    httpStatus: 502,
    title: 'packtool ended with an error; the package is not in the registry',
    cure: 'Read the last lines of its output below the message; run the same command again when they are cured.',
  },
  PACKAGE_SIGNATURE: {
    class: 'package',
    httpStatus: 422,
    title: 'The signature of a package is missing or not right',
    cure: 'Do not use the package; get it and the public key again from whoever publishes them.',
  },
  PACK_FILE_INVALID: {
    class: 'package',
    httpStatus: 422,
    title: 'The file that says what goes into a package has errors',
    cure: 'Correct what is listed; docs/packages.md describes every field.',
  },
  REGISTRY_DENIED: {
    class: 'package',
    httpStatus: 502,
    title: 'The registry refuses the credentials',
    cure: 'Give the registry user and password, and check that the user may write.',
  },
  REGISTRY_ERROR: {
    class: 'package',
    httpStatus: 502,
    title: 'The registry answered with an error',
    cure: 'Read the code that the registry gave; its own log says more.',
  },
  REGISTRY_FULL: {
    class: 'package',
    httpStatus: 507,
    title: 'The registry has no space left',
    cure: 'Free space where the registry keeps its content, or enlarge it; then push again, which sends only what is missing.',
  },
  REGISTRY_LIMIT: {
    class: 'package',
    httpStatus: 502,
    title: 'Something before the registry refuses requests of this size',
    cure: 'Raise the limit of the proxy before the registry (nginx: client_max_body_size 0), or push past it.',
  },
  REGISTRY_NOT_FOUND: {
    class: 'package',
    httpStatus: 502,
    title: 'The registry does not hold what was asked for',
    cure: 'Check repository and tag; push the package that carries it.',
  },
  REGISTRY_SIDE_LOAD: {
    class: 'package',
    httpStatus: 409,
    title: 'Content cannot be put into the storage folder of the registry',
    cure: 'Give the folder that `rootdirectory` of the docker-registry on this host names, or push without --side-load.',
  },
  REGISTRY_UNREACHABLE: {
    class: 'unreachable',
    httpStatus: 502,
    title: 'The registry cannot be reached',
    cure: 'Check the address and its port, the proxy, and whether the registry speaks HTTPS or plain HTTP.',
  },
  REGISTRY_UNSOUND: {
    class: 'package',
    httpStatus: 502,
    title: 'The registry does not hold what it says it holds',
    cure: "Its storage is damaged, or something before it answers in its place: look into the registry's log and storage.",
  },

  // providers, manifests, lint
  LINT_CRD: {
    class: 'usage',
    httpStatus: 400,
    title: 'What --crds names holds no usable CustomResourceDefinition',
    cure: 'Name a file or folder of CRDs, a chart folder, or the archive of a chart.',
  },
  LINT_IGNORE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A comment that ignores a finding names no rule, or no reason',
    cure: 'Write `# globalctl-ignore RULE reason`; docs/rules.md lists the rules.',
  },
  LINT_IGNORE_UNUSED: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A comment ignores a finding that there is none of',
    cure: 'Remove the comment, or move it to the line, the line above, or above the whole object.',
  },
  LINT_NOT_AN_OBJECT: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A document is no Kubernetes object',
    cure: 'Give it apiVersion, kind and metadata.name, or take it out of the manifest.',
  },
  LINT_SCHEMA: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A value does not fit the schema of its kind',
    cure: 'Write what the schema asks for: the API server refuses the object otherwise.',
  },
  LINT_UNKNOWN_FIELD: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A field is not part of its kind',
    cure: 'Correct its name or its indentation: the API server drops unknown fields without a word.',
  },
  LINT_UNREADABLE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A document cannot be read as YAML or JSON',
    cure: 'Correct the syntax at the place that is shown; tabs, indentation and quotes are the usual causes.',
  },
  MANIFEST_ADDRESS: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An address is no free address of its subnet',
    cure: 'Give each node, the VIP and both sides of the ELB an address of their own, inside the subnet that is named.',
  },
  MANIFEST_API_VERSION: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An object has an apiVersion or kind that is not delivered',
    cure: 'Write the apiVersion that the message gives; the packages deliver no other.',
  },
  MANIFEST_APP_RELEASE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An AppRelease has values with which the provider would not install or not run',
    cure: 'Write it as the guide does; only addresses, host and versions differ between sites.',
  },
  MANIFEST_BASE_INVALID: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The base manifest cannot be read as Kubernetes objects',
    cure: 'Check the file that manifest.base names; every document needs apiVersion, kind and metadata.name.',
  },
  MANIFEST_CIDR_FORM: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A network of the cluster cannot be used as it is written',
    cure: 'Write the first address of the network and a prefix length of the size that is needed, such as 100.4.0.0/16.',
  },
  MANIFEST_CIDR_OVERLAP: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Networks of the manifest overlap',
    cure: 'Choose disjoint networks for Pods, Services and the Kube-OVN join network, away from the nodes.',
  },
  MANIFEST_CLUSTER_METADATA: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The Cluster lacks a label or annotation that the installer needs',
    cure: 'Add it with the value that the message gives.',
  },
  MANIFEST_CONTENT_SIZE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Inline content is larger than the API server takes',
    cure: 'Shorten it, or put it into a Secret and name that by contentFrom.secret.',
  },
  MANIFEST_CPI: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The vSphere cloud provider would not be delivered, or not fit',
    cure: 'Keep its ClusterResourceSet, carriers and the label of the Cluster as they are rendered.',
  },
  MANIFEST_CREDENTIAL: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The credential Secret and what refers to it do not agree',
    cure: 'Use one name in the Secret, the infra cluster and the import list.',
  },
  MANIFEST_DISK: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A disk is declared in a way that the provider refuses',
    cure: 'Correct the entry as the message says.',
  },
  MANIFEST_DISK_MISSING: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A disk that every node needs is missing',
    cure: 'Add it where the message says.',
  },
  MANIFEST_DISK_TWICE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A mount path stands in the machine template and in the pool',
    cure: 'Keep what must survive a node in the pool and remove it from the template.',
  },
  MANIFEST_DUPLICATE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Something that must be unique occurs twice',
    cure: 'Give each an address or name of its own.',
  },
  MANIFEST_ENCRYPTION: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The encryption configuration does not fit provider and kind of install',
    cure: 'DCS and HCS carry no file in a normal install, vSphere always does; DCS hands it over by a Secret in disaster recovery.',
  },
  MANIFEST_ENDPOINT: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The control plane endpoint is not declared as the provider needs it',
    cure: 'Set it to the control plane VIP where the provider wants it, and nowhere else.',
  },
  MANIFEST_FORMAT: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The bootstrap format is not one that the provider takes',
    cure: 'DCS: ignition. vSphere and HCS: cloud-config, or leave the field out.',
  },
  MANIFEST_HOSTNAME: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A pool entry has a host name that no node can have',
    cure: 'Use lower-case letters, digits, hyphens and dots, at most 253 of them.',
  },
  MANIFEST_IMPORT: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The import ConfigMap would carry over the wrong objects, or none',
    cure: 'Write the list of the guide for the provider, with the credential Secret that the infra cluster names.',
  },
  MANIFEST_INFRA_CLUSTER: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The infra cluster lacks a value that its provider needs',
    cure: 'Set it as the message says.',
  },
  MANIFEST_INSTALLER_REQUEST: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The installer request does not fit provider or manifest',
    cure: 'Write the fields as the table of the provider has them; take addresses and CIDRs from the manifest.',
  },
  MANIFEST_INVALID: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The manifest has errors',
    cure: 'Correct what is listed; globalctl explain CODE tells more about each.',
  },
  MANIFEST_KUBEADM_ARGUMENT: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An argument or command names a file that nothing delivers',
    cure: 'Add the file to files, or remove what names it.',
  },
  MANIFEST_KUBEADM_CONTENT: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The content of a kubeadm file is not what its reader understands',
    cure: 'Restore the content of the release manifest; mind the indentation below the bar.',
  },
  MANIFEST_KUBEADM_FILE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A kubeadm file is missing or declared wrongly',
    cure: 'Give it path, owner root:root, quoted permissions and one source of content.',
  },
  MANIFEST_KUBEADM_SETTING: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A kubeadm setting that the platform relies on is missing or changed',
    cure: 'Set it to the value that the message gives.',
  },
  MANIFEST_KUBEADM_VOLUME: {
    class: 'manifest',
    httpStatus: 422,
    title: 'API server arguments name files that the API server cannot see',
    cure: 'Keep the volume vol-dir-0 together with the arguments.',
  },
  MANIFEST_LABEL: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A label or annotation has a form that Kubernetes does not take',
    cure: 'Use letters, digits, hyphens, underscores and dots, at most 63; put longer text into an annotation.',
  },
  MANIFEST_MACHINE_TEMPLATE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A machine template lacks a value or holds two that exclude each other',
    cure: 'Set it as the message says; a change of a live template needs a new name.',
  },
  MANIFEST_NAME_FORM: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An object has a name that its kind cannot have',
    cure: 'Use lower-case letters, digits and hyphens, with a letter or digit at both ends, and change every reference to it.',
  },
  MANIFEST_NAME_GLOBAL: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The Cluster or its infra cluster is not named global',
    cure: 'Name both exactly global: the installer and the provider look them up by that name.',
  },
  MANIFEST_NAME_PREFIX: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An object of the global cluster lacks the prefix global-',
    cure: 'Add the prefix to the name and to every reference; without it a failover deletes the machines.',
  },
  MANIFEST_NAMESPACE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An object is not in the namespace cpaas-system',
    cure: 'Set metadata.namespace to cpaas-system.',
  },
  MANIFEST_NETWORK: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Networks of pool, template and cluster do not agree',
    cure: 'List the same networks in the same order everywhere; keep address and gateway in one subnet.',
  },
  MANIFEST_NODE_RANGE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Nodes stand in the address range of container bridges',
    cure: 'Use a network outside 172.16.0.0 to 172.32.255.255, or set bip of the container runtime.',
  },
  MANIFEST_OBJECT_MISSING: {
    class: 'manifest',
    httpStatus: 422,
    title: 'An object that a complete manifest needs is missing',
    cure: 'Add it, or let globalctl render it.',
  },
  MANIFEST_PLACEHOLDER: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A placeholder was not filled in',
    cure: "Put the value in its place; the guide's variables are filled in from the site.",
  },
  MANIFEST_POOL_CONSUMERS: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A pool serves more than one set of machines, or another cluster',
    cure: 'Give each control plane and each deployment a pool of its own.',
  },
  MANIFEST_POOL_TOO_SMALL: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A pool has fewer entries than its machines need',
    cure: 'Append entries to the pool or lower replicas.',
  },
  MANIFEST_PROVIDER_VERSION: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A feature is used that the provider has only in a later version',
    cure: 'Deliver a newer provider package, or leave the feature out.',
  },
  MANIFEST_REFERENCE_DANGLING: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A reference leads to an object that the manifest does not hold',
    cure: 'Correct the name on one of the two ends.',
  },
  MANIFEST_REGISTRY_ADDRESS: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The registry address is not <host>:<port>',
    cure: 'Remove scheme and path (https://, /v2/) and keep host and port.',
  },
  MANIFEST_REPLICAS: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The number of control plane machines does not work',
    cure: 'Use 3.',
  },
  MANIFEST_RUNTIME_FIELD: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A field that only a controller sets is filled in',
    cure: 'Remove the field.',
  },
  MANIFEST_SANS: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The etcd certificate would lack a name',
    cure: 'List the VIP (both in disaster recovery) and the platform host in etcd.local.serverCertSANs.',
  },
  MANIFEST_SECRET: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A Secret says something twice or in the wrong encoding',
    cure: 'Keep each key once: base64 in data, plain text in stringData.',
  },
  MANIFEST_SELECTOR: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A MachineDeployment selects other labels than its machines carry',
    cure: 'Use the same labels in selector.matchLabels and template.metadata.labels, or an empty selector.',
  },
  MANIFEST_SSH_KEYS: {
    class: 'manifest',
    httpStatus: 422,
    title: 'No user with an SSH key is declared',
    cure: 'Add the user boot with at least one public key; ignition refuses an empty list.',
  },
  MANIFEST_SURGE: {
    class: 'manifest',
    httpStatus: 422,
    title: "The rollout would need more machines than the pool's disks allow",
    cure: 'Set maxSurge to 0; with surge 0, maxUnavailable must be from 1 to replicas.',
  },
  MANIFEST_TEMPLATE_IMMUTABLE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A template that machines were made from was edited',
    cure: 'Keep the live template, add one with a new name and change the reference.',
  },
  MANIFEST_TOKEN: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A word that is replaced on each node was changed',
    cure: 'Write the token exactly as the provider replaces it, unquoted and not filled in.',
  },
  MANIFEST_VALUE: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A field has a value that nothing can be made of',
    cure: 'Write the value without blanks around it, durations with their unit, and leave out what is not used.',
  },
  MANIFEST_VERSION: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Kubernetes versions differ or are not written as v<major>.<minor>.<patch>',
    cure: 'Use one version, with the leading v, everywhere.',
  },
  MANIFEST_VERSION_SET: {
    class: 'manifest',
    httpStatus: 422,
    title: 'Versions come from different releases',
    cure: 'Take Kubernetes, CoreDNS, etcd and Kube-OVN chart from one row of the version table.',
  },
  MANIFEST_VIP: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The control plane VIP is also a node address',
    cure: 'Give the VIP an address of its own.',
  },
  MANIFEST_VM_FOLDER: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The VM folder is not where the guide wants it',
    cure: 'Use /<datacenter>/vm/global; in disaster recovery a child of it for each side.',
  },
  MANIFEST_WORKLOAD_NAME: {
    class: 'manifest',
    httpStatus: 422,
    title: 'A workload cluster has objects with the reserved name or prefix',
    cure: 'Rename them: global and global- belong to the global cluster alone.',
  },
  SITE_CLONE_MODE: {
    class: 'site',
    httpStatus: 422,
    title: 'The clone mode makes another field ineffective',
    cure: 'Use fullClone, or do not rely on diskGiB.',
  },
  SITE_DATASTORE: {
    class: 'site',
    httpStatus: 422,
    title: 'The storage of a disk is not named exactly once',
    cure: 'Name a datastore or a datastore cluster, on the machine or on the disk.',
  },
  SITE_DISK_SIZE: {
    class: 'site',
    httpStatus: 422,
    title: 'A disk is smaller than the page of the provider asks for',
    cure: 'Give it the size that is expected, or make sure that what it holds fits.',
  },
  SITE_DISK_SLOTS: {
    class: 'site',
    httpStatus: 422,
    title: 'Slots of persistent disks are not numbered as they must be',
    cure: 'Number them from 0 without gaps.',
  },
  SITE_ENCRYPTION_KEY: {
    class: 'site',
    httpStatus: 422,
    title: 'The key for the encryption file is missing or no key',
    cure: 'Make one with: head -c 32 /dev/urandom | base64 > FILE, mode 0600, and refer to it.',
  },
  SITE_IMAGE_MISSING: {
    class: 'site',
    httpStatus: 422,
    title: 'Nothing names the image of the nodes',
    cure: 'Set versions.image, or the field of the provider that the message names.',
  },
  SITE_NICS: {
    class: 'site',
    httpStatus: 422,
    title: 'Nodes of one pool have different NICs',
    cure: 'Give every node of a pool the same networks in the same order.',
  },
  SITE_PROVIDER_VERSION: {
    class: 'site',
    httpStatus: 422,
    title: 'The provider is too old for something that the site uses',
    cure: 'Use the provider package that the message names, or do without the feature.',
  },
  SITE_REFERENCE: {
    class: 'site',
    httpStatus: 422,
    title: 'A field names something that the site does not list',
    cure: 'Correct the name, or add it to the list.',
  },
  SITE_VM_FOLDER: {
    class: 'site',
    httpStatus: 422,
    title: 'The VM folder is not where the guide wants it',
    cure: 'Leave vsphere.folder out, or choose a folder below /<datacenter>/vm/global.',
  },

  // site
  SECRET_PLACEHOLDER: {
    class: 'site',
    httpStatus: 422,
    title: 'A secret is still the placeholder that init wrote',
    cure: 'Put the secret into the file that the reference names.',
  },
  SECRET_PLAIN: {
    class: 'site',
    httpStatus: 422,
    title: 'A secret stands in the site file as a plain value',
    cure: 'Write env:NAME or file:PATH instead, and change the secret if the file was shared.',
  },
  SECRET_UNREADABLE: {
    class: 'site',
    httpStatus: 422,
    title: 'A secret cannot be read from where the site file says it is',
    cure: 'Set the environment variable, or put the file where the reference says, relative to the site file.',
  },
  SITE_ADDRESS_CONFLICT: {
    class: 'site',
    httpStatus: 422,
    title: 'One address is used for two things',
    cure: 'Give each node, the VIP, the gateway and the bootstrap host an address of its own.',
  },
  SITE_ADDRESS_OUTSIDE: {
    class: 'site',
    httpStatus: 422,
    title: 'An address lies outside the network of the nodes',
    cure: 'Correct the address or network.nodes.cidr.',
  },
  SITE_ALIASES: {
    class: 'site',
    httpStatus: 422,
    title: 'The site file repeats itself through too many YAML aliases',
    cure: 'Write the values out; a site file needs no aliases.',
  },
  SITE_CIDR_FORM: {
    class: 'site',
    httpStatus: 422,
    title: 'A network is written with host bits set, or of a size that Kubernetes does not take',
    cure: 'Write the first address of the network, and a prefix length of the size that is needed.',
  },
  SITE_CIDR_OVERLAP: {
    class: 'site',
    httpStatus: 422,
    title: 'Two networks overlap',
    cure: 'Choose disjoint networks for Pods, Services, the Kube-OVN join network and the nodes.',
  },
  SITE_CONTAINER_BRIDGE: {
    class: 'site',
    httpStatus: 422,
    title: 'A node address lies in the range that container bridges use (172.16 to 172.32)',
    cure: 'Choose another network for the nodes, or set the bip of the container bridge.',
  },
  SITE_DR: {
    class: 'site',
    httpStatus: 422,
    title: 'The disaster recovery block contradicts the rest of the site',
    cure: 'Make the VIP of the own side equal to network.controlPlaneVIP and different from the other.',
  },
  SITE_DUPLICATE_KEY: {
    class: 'site',
    httpStatus: 422,
    title: 'A key occurs twice in one block',
    cure: 'Remove one of the two.',
  },
  SITE_DUPLICATE_NAME: {
    class: 'site',
    httpStatus: 422,
    title: 'Two nodes or two worker pools have the same name',
    cure: 'Give each a name of its own.',
  },
  SITE_EMPTY: {
    class: 'site',
    httpStatus: 422,
    title: 'The site file holds nothing',
    cure: 'Write one with globalctl init.',
  },
  SITE_INVALID: {
    class: 'site',
    httpStatus: 422,
    title: 'The site file has errors',
    cure: 'Correct what is listed; globalctl explain CODE tells more about each.',
  },
  SITE_MISSING_FIELD: {
    class: 'site',
    httpStatus: 422,
    title: 'A field that has no default is missing',
    cure: 'Add it; globalctl explain FIELD tells what it is for.',
  },
  SITE_NODES_TOO_FEW: {
    class: 'site',
    httpStatus: 422,
    title: 'There are fewer node entries than replicas',
    cure: 'Add node entries or lower replicas.',
  },
  SITE_NOT_UTF8: {
    class: 'site',
    httpStatus: 422,
    title: 'The site file is not UTF-8 text',
    cure: 'Save it as UTF-8 without a byte that belongs to another encoding.',
  },
  SITE_PROVIDER_PLANNED: {
    class: 'site',
    httpStatus: 422,
    title: 'The provider is planned and not built yet',
    cure: 'Use dcs, vsphere or hcs.',
  },
  SITE_REGISTRY_ADDRESS: {
    class: 'site',
    httpStatus: 422,
    title: 'A registry address is not <host>:<port>',
    cure: 'Remove the scheme and the path (https://, /v2/) and keep host and port.',
  },
  SITE_REPLICAS: {
    class: 'site',
    httpStatus: 422,
    title: 'The number of control plane nodes is not one that works',
    cure: 'Use 3 control plane nodes.',
  },
  SITE_SEVERAL_DOCUMENTS: {
    class: 'site',
    httpStatus: 422,
    title: 'The site file holds more than one YAML document',
    cure: 'Keep one site a file; remove everything from the second --- on.',
  },
  SITE_TOO_LARGE: {
    class: 'site',
    httpStatus: 413,
    title: 'The site file is too large to be one',
    cure: 'Check that the path names the site file and not a package or an image.',
  },
  SITE_UNKNOWN_FIELD: {
    class: 'site',
    httpStatus: 422,
    title: 'A field is not known',
    cure: 'Correct its name; docs/reference/site.md lists every field.',
  },
  SITE_UNREADABLE: {
    class: 'site',
    httpStatus: 400,
    title: 'The site file cannot be read',
    cure: 'Check the path given with --filename, or write a site file with globalctl init.',
  },
  SITE_VALUE: {
    class: 'site',
    httpStatus: 422,
    title: 'A value does not have the form that its field needs',
    cure: 'Write it as the message says; globalctl explain FIELD tells more.',
  },
  SITE_VERSION_MISMATCH: {
    class: 'site',
    httpStatus: 422,
    title: 'Versions do not come from one release',
    cure: 'Take every version from one row of the version table, or leave them out and keep versions.platform.',
  },
  SITE_VERSION_PREFIX: {
    class: 'site',
    httpStatus: 422,
    title: 'A version is not written as v<major>.<minor>.<patch>',
    cure: 'Write it with the leading v, as the delivery package spells it.',
  },
  SITE_VERSION_UNKNOWN: {
    class: 'site',
    httpStatus: 422,
    title: 'A version is not in the version table',
    cure: 'Check the spelling; for a release that the table does not know, give every version by hand.',
  },
  SITE_WRONG_TYPE: {
    class: 'site',
    httpStatus: 422,
    title: 'A value is of the wrong type',
    cure: 'Write it as the message says; quote text that YAML reads as a number or a boolean.',
  },
  SITE_YAML: {
    class: 'site',
    httpStatus: 422,
    title: 'The site file is not valid YAML',
    cure: 'Correct the indentation or quoting at the place shown; YAML indents with spaces, never tabs.',
  },

  // handoff
  HANDOFF_CLOSED: {
    class: 'verification',
    httpStatus: 409,
    title: 'The bootstrap cluster is still needed',
    cure: 'Open the gates that the message names; globalctl handoff --check looks again and changes nothing.',
  },
  HANDOFF_NOTHING: {
    class: 'precondition',
    httpStatus: 404,
    title: 'The bootstrap cluster is not where it is expected, so it cannot be taken down',
    cure: 'Run the command on the KIND host, as a user who may use its container runtime; or remove the KIND cluster by hand.',
  },

  // platform
  APPRELEASE_CRD_CONFLICT: {
    class: 'step',
    httpStatus: 409,
    title: 'A custom resource definition of a chart clashes with one of the cluster',
    cure: 'Two definitions claim the same names: remove the one that does not belong there, or the chart that brings it.',
  },
  APPRELEASE_IMAGE_MISSING: {
    class: 'step',
    httpStatus: 500,
    title: 'A chart needs an image that its registry does not have',
    cure: 'Push the package with the image, or correct global.registry.address in spec.values; it is tried again by itself.',
  },
  APPRELEASE_INVALID: {
    class: 'step',
    httpStatus: 422,
    title: 'An AppRelease cannot be carried out as it is written',
    cure: 'Correct the field that the message names: kubectl -n cpaas-system edit apprelease NAME.',
  },
  BACKUP_INVALID: {
    class: 'package',
    httpStatus: 422,
    title: 'A backup is not whole, or is no backup',
    cure: 'Take another one; what an archive does not prove by its sha256 is not restored.',
  },
  BACKUP_SEALED: {
    class: 'precondition',
    httpStatus: 422,
    title: 'An encrypted backup cannot be opened',
    cure: 'Name the passphrase that it was written with: --passphrase file:PATH or --passphrase env:NAME.',
  },
  IMPORT_CONFLICT: {
    class: 'step',
    httpStatus: 409,
    title: 'The new cluster holds an object that is not the one to be imported',
    cure: 'Compare the object in both clusters; remove it from the new one when it does not belong there.',
  },
  IMPORT_HANDED_OVER: {
    class: 'precondition',
    httpStatus: 409,
    title: 'The import cannot be taken back: the new cluster owns the objects',
    cure: 'Go on with the new cluster. Never release the Cluster of minialauda now: two sides would work on the same machines.',
  },
  IMPORT_REFUSED: {
    class: 'manifest',
    httpStatus: 422,
    title: 'The list of resources to import is wrong; nothing was written',
    cure: 'Correct ConfigMap cpaas-system/dcs-import-extra-resources; the installer reads it again by itself.',
  },
  IMPORT_UNVERIFIED: {
    class: 'verification',
    httpStatus: 500,
    title: 'What was imported is not equal to its source',
    cure: 'Read which objects differ; the source stays paused and complete, and the import is tried again.',
  },
  IMPORT_WITHDRAWN: {
    class: 'precondition',
    httpStatus: 409,
    title: 'The import was taken back and does not go on by itself',
    cure: 'To import after all: kubectl -n cpaas-system annotate cluster.cluster.x-k8s.io global installer.cpaas.io/import-state-',
  },
  INSTALLER_BUSY: {
    class: 'step',
    httpStatus: 409,
    title: 'The installer works on another request, or has completed one',
    cure: 'Wait for the request that runs; only one whose stage is stalled is replaced by another.',
  },
  INSTALLER_CALL_INVALID: {
    class: 'usage',
    httpStatus: 400,
    title: 'The installer does not understand the call',
    cure: 'Look at /openapi.json of the installer for its paths, methods and bodies.',
  },
  INSTALLER_NOT_FOUND: {
    class: 'step',
    httpStatus: 404,
    title: 'The installer does not find an object under the name that it must have',
    cure: 'The Cluster and its infra cluster must both be called global, in cpaas-system.',
  },
  INSTALLER_NOT_READY: {
    class: 'step',
    httpStatus: 503,
    title: 'The installer waits for something that is not ready yet',
    cure: 'Look at the object that the message names; the installer tries again by itself.',
  },
  INSTALLER_REQUEST_INVALID: {
    class: 'usage',
    httpStatus: 422,
    title: 'The request to the installer is not valid',
    cure: 'Correct the fields that the answer names and send it again.',
  },
  INSTALLER_STATE_INVALID: {
    class: 'step',
    httpStatus: 500,
    title: 'What the installer keeps in the cluster cannot be read',
    cure: 'Send the request again; when the Secret that the message names is damaged, delete it first.',
  },
  INSTALLER_SUPERSEDED: {
    class: 'step',
    httpStatus: 409,
    title: 'Another replica or another request has taken over the installation',
    cure: 'Nothing: what took over goes on with it.',
  },
  INSTALLER_UNAUTHORIZED: {
    class: 'precondition',
    httpStatus: 401,
    title: 'The installer wants a bearer token',
    cure: 'Take it from key token of Secret cpaas-system/cpaas-installer-access: -H "Authorization: Bearer TOKEN".',
  },
  RESTORE_REFUSED: {
    class: 'precondition',
    httpStatus: 409,
    title: 'A backup would overwrite what the cluster holds; nothing was written',
    cure: 'Compare both with --dry-run; remove or pause what the message names, or restore into another cluster.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
