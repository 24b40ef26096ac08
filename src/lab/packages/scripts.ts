/** How globalctl is started again: a program and its first arguments; none when it is a single executable. */
export interface SelfCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** A word of a POSIX shell command. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Starts the globalctl that built the package. Not used where the package carries the executable itself. */
export function launcherScript({ program, args }: SelfCommand): string {
  return `#!/bin/sh\n# Starts the globalctl that built this package.\nexec ${[program, ...args].map(quote).join(' ')} "$@"\n`;
}

/** `packtool` with the guide's words: `packtool pack push -r ADDRESS -c PACK`. */
export const packtoolScript = `#!/bin/sh
# packtool of the sample Core Package: globalctl under the guide's name.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec "$here/globalctl" packtool "$@"
`;

/**
 * `setup.sh`, guide step 2: boots minialauda in the lab (GLOBALCTL_LAB names it; one is started when there is none), then
 * loads the payload into the embedded registry.
 */
export function setupScript(options: { readonly payload: string }): string {
  return `#!/bin/sh
# Sets up minialauda, the management cluster, in the lab of globalctl.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
# The guide unpacks to /root/cpaas-install; whatever stands before it is the root of the bootstrap host.
root=\${here%/root/cpaas-install/installer}
if [ "$root" = "$here" ]; then
  echo "setup.sh: expected to lie in <root>/root/cpaas-install/installer, not in $here" >&2
  exit 1
fi
globalctl=$here/res/amd64/globalctl

echo "starting minialauda"
kubeconfig=$("$globalctl" lab bootstrap --root "\${root:-/}")

# Addresses of the data centre are reached through its proxy, which the kubeconfig names.
GLOBALCTL_PROXY=$(sed -n 's/^ *proxy-url: *//p' "$kubeconfig" | head -n 1)
export GLOBALCTL_PROXY

echo "loading the payload into the embedded registry"
"$here/res/amd64/packtool" pack push -r 127.0.0.1:11443 -c "$here/res/payload/"${quote(options.payload)}

echo "minialauda is ready: $kubeconfig"
`;
}

/** The counterpart of `setup.sh`: takes minialauda down and leaves everything else of the lab as it is. */
export const removalScript = `#!/bin/sh
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=\${here%/root/cpaas-install/installer}
exec "$here/res/amd64/globalctl" lab retire --root "\${root:-/}"
`;
