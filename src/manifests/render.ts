import { dirname, isAbsolute, join } from 'node:path';
import { GlobalctlError, readTextIfPresent } from '../base/index.ts';
import type { KubeObject } from '../kube/index.ts';
import {
  encryptionProviderText,
  IMPORT_CONFIG_MAP,
  providerOf,
  type Note,
  type PlacedObject,
  type SupportedProvider,
} from '../providers/index.ts';
import type { LoadedSite, Site } from '../site/index.ts';
import { appReleases } from './app-releases.ts';
import { fillVariables, guideVariables } from './guide-variables.ts';
import { importConfigMap } from './import-config-map.ts';
import { installerRequest, type InstallerRequest } from './installer-request.ts';
import { mergeBase, type MergeReportLine } from './merge-base.ts';
import { readSecrets, standInSecrets, type RenderSecrets } from './site-secrets.ts';
import { translateFormat } from './translate-format.ts';
import { readManifest } from './yaml-read.ts';
import { writeManifest } from './yaml-write.ts';

/** A file that the guide has people write. */
export interface RenderedFile {
  /** Below `bootstrap.hostRoot`, without a leading slash: `root/yamls/new-global.yaml`. */
  readonly path: string;
  readonly content: string;
  /** 0600 when it contains secrets. */
  readonly mode: number;
  readonly containsSecrets: boolean;
  /** The step of the guide that uses it. */
  readonly step: string;
}

/** Everything that the guide has people write by hand for one site, as data. */
export interface RenderedSite {
  readonly provider: SupportedProvider;
  readonly files: readonly RenderedFile[];
  readonly appReleases: readonly KubeObject[];
  readonly manifest: readonly KubeObject[];
  /** The manifest with the places that its objects come from, for the rules. */
  readonly placed: readonly PlacedObject[];
  readonly importConfigMap?: KubeObject | undefined;
  readonly installerRequest: InstallerRequest;
  /** What merging with `manifest.base` did; empty without one. */
  readonly mergeReport: readonly MergeReportLine[];
  readonly notes: readonly Note[];
}

export interface RenderOptions {
  /** Whether the bootstrap registry wants a login, once it was looked at; decides `bootstrap.registry.auth: auto`. */
  readonly authenticated?: boolean;
  /** `read` for use; `stand-in` for checks, which must not need secrets. Default `read`. */
  readonly secrets?: 'read' | 'stand-in';
}

/**
 * Renders a site. Throws SITE_PROVIDER_PLANNED, SECRET_UNREADABLE, SITE_ENCRYPTION_KEY, FILE_UNREADABLE or
 * MANIFEST_BASE_INVALID. Nothing is written.
 */
export async function renderSite(loaded: LoadedSite, options: RenderOptions = {}): Promise<RenderedSite> {
  const { site } = loaded;
  const provider = providerOf(site);
  const secrets = await (options.secrets === 'stand-in' ? standInSecrets : readSecrets)(loaded, provider);
  const authenticated = authentication(site, options.authenticated);
  const cluster = await renderManifest(loaded, provider, { secrets, authenticated: authenticated.use });
  const releases = appReleases(site, provider, authenticated.use);
  const entries = provider.imports(site);
  const configMap = entries && importConfigMap(entries);
  const request = installerRequest(site, provider, secrets.installer);
  const manifest = cluster.placed.map(({ object }) => object);
  const write = (): RenderedFile[] => [
    plainFile(provider.files.appReleases, writeManifest(releases), '3'),
    ...(site.dr ? [encryptionFile(secrets)] : []),
    secretFile(provider.files.manifest, writeManifest(manifest), '4'),
    ...(configMap ? [plainFile(`root/yamls/${IMPORT_CONFIG_MAP}.yaml`, writeManifest([configMap]), '7')] : []),
    secretFile(provider.files.installerRequest, `${JSON.stringify(request, null, 2)}\n`, '8'),
  ];
  let files: readonly RenderedFile[] | undefined;
  return {
    provider,
    // Checks look at the objects only; writing a thousand nodes as text would take most of their time.
    get files() {
      files ??= write();
      return files;
    },
    appReleases: releases,
    manifest,
    placed: cluster.placed,
    importConfigMap: configMap,
    installerRequest: request,
    mergeReport: cluster.report,
    notes: [...authenticated.notes, ...loginNotes(site), ...provider.notes(site), ...cluster.notes],
  };
}

function plainFile(path: string, content: string, step: string): RenderedFile {
  return { path, content, mode: 0o644, containsSecrets: false, step };
}

function secretFile(path: string, content: string, step: string): RenderedFile {
  return { path, content, mode: 0o600, containsSecrets: true, step };
}

/** Disaster recovery writes the key's file on both hosts, whatever way it then reaches the nodes. */
function encryptionFile(secrets: RenderSecrets): RenderedFile {
  const content = encryptionProviderText(secrets.provider['encryptionKey'] ?? '');
  return secretFile('root/yamls/encryption-provider.conf', content, 'disaster recovery');
}

/** Both fields of an AppRelease or neither; `auto` without a look at the cluster follows the guide, which has them. */
function authentication(site: Site, seen: boolean | undefined): { use: boolean; notes: Note[] } {
  const { auth } = site.bootstrap.registry;
  if (auth !== 'auto') return { use: auth === 'required', notes: [] };
  if (seen !== undefined) return { use: seen, notes: [] };
  const text =
    'AppReleases name the Secret global-registry-auth, as the guide does. The install looks whether that Secret exists and leaves the two fields out when it does not; set bootstrap.registry.auth to decide it here.';
  return { use: true, notes: [{ topic: 'Registry login', text }] };
}

/** The installer request has both keys in any case; the platform's own script sends them empty (runbook §9). */
function loginNotes(site: Site): Note[] {
  if (site.platform.registry) return [];
  const text =
    'The installer request holds an empty user name and password for the platform registry. Set platform.registry when it has a login.';
  return [{ topic: 'Platform registry', text }];
}

/** The guide wants entries kept of which no source says what they are (runbook §6). */
const withoutBase: Note = {
  topic: 'Release manifest',
  text: "No manifest.base is named, so the manifest holds what the provider's pages list. The guide also wants a release manifest's installer RBAC entries kept and does not say what they are: name that manifest in manifest.base to keep them.",
};

interface ClusterManifest {
  readonly placed: readonly PlacedObject[];
  readonly report: readonly MergeReportLine[];
  readonly notes: readonly Note[];
}

async function renderManifest(
  loaded: LoadedSite,
  provider: SupportedProvider,
  { secrets, authenticated }: { readonly secrets: RenderSecrets; readonly authenticated: boolean },
): Promise<ClusterManifest> {
  const rendered = await provider.objects({ site: loaded.site, authenticated, secrets: secrets.provider });
  const placed = rendered.map(({ object, from }): PlacedObject => {
    return { object, origin: 'site', placeOf: () => loaded.placeOf(from), snippetOf: () => loaded.snippetOf(from) };
  });
  const { base } = loaded.site.manifest;
  if (base === undefined) return { placed, report: [], notes: [withoutBase] };
  const operators = await readBase(loaded, provider, base);
  const translated = translateFormat(provider, operators);
  const merged = mergeBase(provider, translated.objects, placed);
  return { placed: merged.objects, report: merged.report, notes: translated.notes };
}

async function readBase(loaded: LoadedSite, provider: SupportedProvider, base: string): Promise<PlacedObject[]> {
  const text = await readTextIfPresent(loaded.resolvePath(base));
  if (text === undefined)
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `there is no base manifest at ${base}`,
      subject: 'manifest.base',
      found: loaded.resolvePath(base),
      hint: 'The path is relative to the folder of the site file.',
      place: loaded.placeOf('manifest.base'),
      snippet: loaded.snippetOf('manifest.base'),
    });
  const variables = guideVariables(loaded.site, provider);
  // Named like the site file itself, so that places in both can be opened from where the command was called.
  const file = isAbsolute(base) ? base : join(dirname(loaded.path), base);
  return readManifest(file, text).map((placed) => ({ ...placed, object: fillVariables(placed.object, variables) }));
}
