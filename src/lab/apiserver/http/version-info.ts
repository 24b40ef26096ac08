/** The answer of `/version` for a `gitVersion` such as `v1.33.7`. */
export function versionInfo(gitVersion: string): Record<string, string> {
  const [, major = '1', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2025-12-09T00:00:00Z',
    goVersion: 'go1.24.11',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

/** Whether watches may begin with `sendInitialEvents`: the gate WatchList was on in 1.32, off in 1.33, and is on since 1.34. */
export function hasWatchList(gitVersion: string): boolean {
  const minor = Number(/^v\d+\.(\d+)/.exec(gitVersion)?.[1] ?? 0);
  return minor === 32 || minor >= 34;
}
