import { parse } from 'yaml';
import { GlobalctlError } from '../../base/index.ts';

export interface BootFile {
  readonly content: string;
  /** Octal digits. */
  readonly permissions: string;
}

/** What a guest's first-boot software (Ignition or cloud-init) makes of its user data. */
export interface BootData {
  readonly format: 'ignition' | 'cloud-config';
  readonly files: ReadonlyMap<string, BootFile>;
  /** Shell commands in the order in which they run. */
  readonly commands: readonly string[];
  readonly users: readonly { readonly name: string; readonly sshKeys: readonly string[] }[];
}

/** The user data cannot be read at all; the guest stops where its console says so. */
function unreadable(message: string): GlobalctlError {
  return new GlobalctlError('LAB_BOOT_DATA', { message });
}

export function detectFormat(userData: string): BootData['format'] {
  return userData.trimStart().startsWith('{') ? 'ignition' : 'cloud-config';
}

/** Throws LAB_BOOT_DATA with the words that the first-boot software prints. */
export function parseBootData(userData: string): BootData {
  return detectFormat(userData) === 'ignition' ? parseIgnition(userData) : parseCloudConfig(userData);
}

interface IgnitionConfig {
  ignition?: { version?: string };
  passwd?: { users?: { name: string; sshAuthorizedKeys?: string[] }[] };
  storage?: { files?: { path: string; mode?: number; append?: boolean; contents?: { source?: string } }[] };
  systemd?: { units?: { name: string; enabled?: boolean; contents?: string }[] };
}

function decodeDataUrl(source: string): string {
  const match = /^data:([^,]*),(.*)$/s.exec(source);
  if (!match) throw unreadable(`unable to decode data url: ${source.slice(0, 40)}`);
  const [, parameters = '', payload = ''] = match;
  const decoded = decodeURIComponent(payload);
  return parameters.endsWith(';base64') ? Buffer.from(decoded, 'base64').toString('utf8') : decoded;
}

function parseIgnition(userData: string): BootData {
  let config: IgnitionConfig;
  try {
    config = JSON.parse(userData) as IgnitionConfig;
  } catch (error) {
    throw unreadable(`error at line 1: ${error instanceof Error ? error.message : String(error)}; config is not valid`);
  }
  if (config.ignition?.version === undefined) throw unreadable('unsupported config version');
  const files = new Map<string, BootFile>();
  for (const file of config.storage?.files ?? []) {
    const content = decodeDataUrl(file.contents?.source ?? 'data:,');
    const before = file.append === true ? (files.get(file.path)?.content ?? '') : '';
    files.set(file.path, { content: before + content, permissions: (file.mode ?? 0o644).toString(8).padStart(4, '0') });
  }
  const commands: string[] = [];
  for (const unit of config.systemd?.units ?? []) {
    const script = /^ExecStart=(\S+)/m.exec(unit.contents ?? '')?.[1];
    if (unit.enabled !== true || script === undefined) continue;
    const body = files.get(script)?.content ?? '';
    commands.push(...body.split('\n').filter((l) => l.trim() !== '' && !l.startsWith('#!') && l.trim() !== 'set -e'));
  }
  const users = (config.passwd?.users ?? []).map((u) => ({ name: u.name, sshKeys: u.sshAuthorizedKeys ?? [] }));
  return { format: 'ignition', files, commands, users };
}

interface CloudConfig {
  write_files?: { path: string; permissions?: string; content?: string; append?: boolean }[];
  runcmd?: (string | string[])[];
  users?: { name: string; ssh_authorized_keys?: string[] }[];
}

function parseCloudConfig(userData: string): BootData {
  let config: CloudConfig | null;
  try {
    config = parse(userData) as CloudConfig | null;
  } catch (error) {
    throw unreadable(`Failed loading yaml blob. ${error instanceof Error ? error.message : String(error)}`);
  }
  if (config === null || typeof config !== 'object')
    throw unreadable('Failed loading yaml blob. Yaml load allows only mappings');
  const files = new Map<string, BootFile>();
  for (const file of config.write_files ?? []) {
    const before = file.append === true ? (files.get(file.path)?.content ?? '') : '';
    files.set(file.path, { content: before + (file.content ?? ''), permissions: file.permissions ?? '0644' });
  }
  const commands = (config.runcmd ?? []).map((c) => (Array.isArray(c) ? c.join(' ') : c));
  const users = (config.users ?? []).map((u) => ({ name: u.name, sshKeys: u.ssh_authorized_keys ?? [] }));
  return { format: 'cloud-config', files, commands, users };
}

/** cloud-init renders `{{ ... }}` from the instance's metadata where the data begins with `## template: jinja`. */
export function renderJinja(userData: string, hostname: string): string {
  if (!userData.startsWith('## template: jinja')) return userData;
  const known: Record<string, string> = {
    'ds.meta_data.hostname': hostname,
    'ds.meta_data.local_hostname': hostname,
    local_hostname: hostname,
  };
  return userData.replaceAll(
    /\{\{\s*([\w.]+)\s*\}\}/g,
    (_, name: string) => known[name] ?? `CI_MISSING_JINJA_VAR/${name}`,
  );
}
