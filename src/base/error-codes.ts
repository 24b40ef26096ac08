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
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
