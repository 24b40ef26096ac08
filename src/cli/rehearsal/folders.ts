import { homedir } from 'node:os';
import { join } from 'node:path';

function xdg(env: NodeJS.ProcessEnv, variable: string, fallback: string): string {
  const value = env[variable];
  const base = value !== undefined && value.startsWith('/') ? value : join(env['HOME'] ?? homedir(), fallback);
  return join(base, 'globalctl');
}

/** Folder of one rehearsal: its data centre, its host's root, its reports. Follows the XDG base directories. */
export function rehearsalFolder(env: NodeJS.ProcessEnv, site: string): string {
  return join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'rehearsals', site);
}

/** What can be made again: sample packages, helm. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return xdg(env, 'XDG_CACHE_HOME', '.cache');
}

/** What pushes remember across processes. */
export function uploadsFolder(env: NodeJS.ProcessEnv): string {
  return join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'uploads');
}
