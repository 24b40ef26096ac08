import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { GlobalctlError, type Redactor, type SourcePlace } from '../base/index.ts';

/** Where a secret is kept: `env:NAME`, or `file:PATH` with PATH relative to the folder of the site file. */
export type SecretReference = `env:${string}` | `file:${string}`;

/** What a new secret file holds until a person puts the secret there. */
export const secretPlaceholder = 'replace-me';

const form = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/;

export function isSecretReference(value: string): value is SecretReference {
  return form.test(value);
}

/** The schema of a field that holds a secret. A plain value is SECRET_PLAIN, and is never repeated in the message. */
export function secretReference(): z.ZodType<SecretReference, string> {
  return z
    .custom<SecretReference>((value) => typeof value === 'string' && isSecretReference(value), {
      params: {
        code: 'SECRET_PLAIN',
        expected: 'env:NAME or file:PATH',
        found: 'a plain value (not shown)',
        hint: 'Put the secret into a file of mode 0600 and write file:PATH, or into an environment variable and write env:NAME.',
      },
    })
    .meta({ type: 'string', pattern: form.source, secret: true });
}

export interface SecretSources {
  /** Folder that relative `file:` paths start from. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
}

export interface SecretUse {
  readonly reference: SecretReference;
  /** The field that holds the reference, for the message. */
  readonly path: string;
  readonly place?: SourcePlace | undefined;
  readonly snippet?: string | undefined;
}

/**
 * Reads the secret and registers it with the redactor. One trailing newline of a file is not part of the secret. Throws
 * SECRET_UNREADABLE, with the place of the reference in the site file, when it is missing, empty or unreadable.
 */
export async function resolveSecret(use: SecretUse, sources: SecretSources): Promise<string> {
  const value = use.reference.startsWith('env:')
    ? readVariable(use, sources)
    : (await readSecretFile(use, sources)).replace(/\r?\n$/, '');
  if (value === '') throw unreadable(use, `${use.reference} is empty`);
  sources.redactor.add(value);
  return value;
}

function readVariable(use: SecretUse, sources: SecretSources): string {
  const name = use.reference.slice('env:'.length);
  const value = sources.environment[name];
  if (value === undefined) throw unreadable(use, `the environment variable ${name} is not set`, `export ${name}=...`);
  return value;
}

async function readSecretFile(use: SecretUse, sources: SecretSources): Promise<string> {
  const path = secretFilePath(use.reference, sources.folder);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(
      use,
      `cannot read ${path}: ${reasonOf(error)}`,
      'The path is relative to the folder of the site file.',
    );
  }
}

/** The file that a `file:` reference names, as an absolute path. */
export function secretFilePath(reference: SecretReference, folder: string): string {
  const path = reference.slice('file:'.length);
  return isAbsolute(path) ? path : resolve(folder, path);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'no permission';
  return error instanceof Error ? error.message : String(error);
}

function unreadable(use: SecretUse, message: string, hint?: string): GlobalctlError {
  return new GlobalctlError('SECRET_UNREADABLE', {
    message: `${use.path}: ${message}`,
    subject: use.path,
    expected: 'a secret that can be read',
    found: use.reference,
    hint,
    place: use.place,
    snippet: use.snippet,
  });
}
