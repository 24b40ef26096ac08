// What `globalctl dr init` does: two site files from one, and the key that both share where there is none.
import { randomBytes } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { GlobalctlError, pathExists, writeFileAtomic } from '../../base/index.ts';
import { pairTexts } from '../../dr/index.ts';
import { siteParts } from '../../providers/index.ts';
import {
  isSecretReference,
  parseSite,
  secretFilePath,
  type LoadedSite,
  type SecretReference,
} from '../../site/index.ts';
import type { App } from '../app.ts';
import { canAsk } from '../ask.ts';
import { openSite } from '../site-file.ts';
import { formatTable } from '../view/table.ts';

export interface DrInitFlags {
  readonly filename: string;
  readonly standbyVip?: string;
  readonly standbyHostIp?: string;
  readonly encryptionKey?: string;
  readonly etcdSyncVersion?: string;
  readonly folder?: string;
  readonly force: boolean;
}

/**
 * Writes primary.yaml and standby.yaml, and the key's file with mode 0600 where no key is named. Throws USAGE where a file exists
 * or an answer is missing, SITE_INVALID when a side would not load.
 */
export async function initPair(app: App, flags: DrInitFlags): Promise<void> {
  const { loaded } = await openSite(app, flags.filename, app.redactor);
  const folder = flags.folder === undefined ? loaded.folder : resolve(app.cwd, flags.folder);
  const named = { primary: join(folder, 'primary.yaml'), standby: join(folder, 'standby.yaml') };
  for (const path of Object.values(named)) if (!flags.force) await refuseExisting(path);
  const standbyVIP = flags.standbyVip ?? (await askVip(app, loaded));
  const key = chooseKey(flags.encryptionKey, loaded, folder);
  const texts = pairTexts({
    site: loaded,
    standbyVIP,
    standbyHostIP: flags.standbyHostIp,
    encryptionKey: key,
    etcdSyncVersion: flags.etcdSyncVersion ?? loaded.site.versions.platform,
    folder,
  });
  for (const side of ['primary', 'standby'] as const)
    parseSite({ file: named[side], text: texts[side], parts: siteParts, environment: app.env, redactor: app.redactor });
  const madeKey = await makeKey(key, folder);
  await writeFileAtomic(named.primary, texts.primary);
  await writeFileAtomic(named.standby, texts.standby);
  const shown = (path: string): string => relative(app.cwd, path) || path;
  if (madeKey !== undefined) app.print(`wrote ${shown(madeKey)} (the shared key, mode 0600)`);
  app.print(`wrote ${shown(named.primary)}`);
  app.print(`wrote ${shown(named.standby)}; derived for it, to be looked at:\n`);
  app.print(
    formatTable(
      ['FIELD', 'PRIMARY', 'STANDBY'],
      texts.derived.map((d) => [d.path, d.primary, d.standby]),
    ),
  );
  app.note(
    [
      'Next:',
      `  1. Look at every line of ${shown(named.standby)} that ends in "derived", and at the names of networks and datastores.`,
      `  2. globalctl dr check -f ${shown(named.primary)} -f ${shown(named.standby)}`,
    ].join('\n'),
  );
}

async function refuseExisting(path: string): Promise<void> {
  if (!(await pathExists(path))) return;
  throw new GlobalctlError('USAGE', {
    message: `${path} exists already`,
    subject: path,
    hint: 'Name another folder with --folder, or pass --force to overwrite both files.',
  });
}

async function askVip(app: App, { site }: LoadedSite): Promise<string> {
  if (!canAsk(app))
    throw new GlobalctlError('USAGE', {
      message: 'dr init needs the VIP of the standby side, and there is no terminal to ask on',
      expected: 'an IPv4 address other than that of the primary side',
      found: `primary: ${site.network.controlPlaneVIP}`,
      hint: 'Pass --standby-vip.',
    });
  const terminal = createInterface({ input: app.stdin, output: app.stderr });
  try {
    const answer = await terminal.question('Control plane VIP of the standby side: ', { signal: app.signal });
    return answer.trim();
  } finally {
    terminal.close();
  }
}

/** The reference that was given, that of the site's own encryption key, or a new file. */
function chooseKey(given: string | undefined, loaded: LoadedSite, folder: string): SecretReference {
  if (given !== undefined) {
    if (isSecretReference(given)) return given;
    throw new GlobalctlError('USAGE', {
      message: '--encryption-key takes a reference to the key, not the key itself',
      expected: 'env:NAME or file:PATH',
    });
  }
  const own = loaded.secretReferences().find(({ path }) => path.endsWith('.encryptionKey'))?.reference;
  if (own === undefined) return 'file:secrets/encryption-key';
  if (!own.startsWith('file:')) return own;
  return `file:${relative(folder, secretFilePath(own, loaded.folder))}`;
}

/** Makes the key where its file does not exist: base64 of 32 random bytes. It is never printed. */
async function makeKey(reference: SecretReference, folder: string): Promise<string | undefined> {
  if (!reference.startsWith('file:')) return undefined;
  const path = secretFilePath(reference, folder);
  if (await pathExists(path)) return undefined;
  await writeFileAtomic(path, `${randomBytes(32).toString('base64')}\n`, 0o600);
  return path;
}
