import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { z } from 'zod';
import { GlobalctlError } from '../../base/index.ts';
import { siteParts } from '../../providers/site-parts.ts';
import { siteSamples } from '../../providers/site-samples.ts';
import {
  describeType,
  nearestName,
  schemaAt,
  secretPlaceholder,
  siteSchemaOf,
  valueAt,
  writeSite,
  type SampleSite,
  type SiteParts,
} from '../../site/index.ts';
import { siteQuestions, type Question, type SiteAnswers } from './questions.ts';

export const providerNames: readonly string[] = siteParts.map((part) => part.id);

/** A file that `init` writes, by its path relative to the site file's folder. */
export interface NewFile {
  readonly path: string;
  readonly content: string;
}

function partsOf(provider: string): { readonly parts: SiteParts; readonly sample: SampleSite } {
  const parts = siteParts.find((part) => part.id === provider);
  if (parts !== undefined) return { parts, sample: siteSamples[parts.id] };
  const near = nearestName(provider, providerNames);
  throw new GlobalctlError('USAGE', {
    message: `${provider} is not a provider that globalctl can write a site for`,
    expected: providerNames.join(', '),
    found: provider,
    hint: near === undefined ? undefined : `Did you mean ${near}?`,
  });
}

/** What a question offers as its answer. */
export function offeredAnswer(provider: string, question: Question): string {
  return String(valueAt(partsOf(provider).sample, question.path));
}

/** Why an answer cannot stand in the site file, or undefined when it can. */
export function answerFault(provider: string, question: Question, answer: string): string | undefined {
  const field = schemaAt(siteSchemaOf(partsOf(provider).parts), question.path);
  if (field === undefined) return undefined;
  return (field as z.ZodType).safeParse(answer).success ? undefined : `expected ${describeType(field)}`;
}

/**
 * The commented site file for these answers. Throws USAGE for an answer that its field does not take. The network of the
 * nodes stays that of the sample unless the VIP lies elsewhere; then it becomes the VIP's /24, for the person to correct.
 */
export function newSite(answers: SiteAnswers): string {
  const { parts, sample } = partsOf(answers.provider);
  let values = sample;
  for (const question of siteQuestions) {
    const answer = answers[question.key];
    if (answer === undefined) continue;
    const fault = answerFault(answers.provider, question, answer);
    if (fault !== undefined)
      throw new GlobalctlError('USAGE', {
        message: `${question.text}: ${answer} will not do`,
        subject: question.path.join('.'),
        expected: fault.replace(/^expected /, ''),
        found: answer,
      });
    values = withValue(values, question.path, answer);
  }
  return writeSite({
    schema: siteSchemaOf(parts),
    sample: moveNetwork(sample, values),
    detail: 'full',
    header: [
      `A site for globalctl (provider ${answers.provider}). Replace the sample values by your own, then: globalctl validate -f FILE`,
      'Lines that begin with # are optional fields with their defaults. What stands behind a value is its variable in the guide.',
      'Secrets are kept outside: env:NAME or file:PATH, relative to this file.',
    ],
  });
}

function withValue(values: SampleSite, path: readonly string[], value: string): SampleSite {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return { ...values, [key]: value };
  return { ...values, [key]: withValue(values[key] as SampleSite, rest, value) };
}

/** Puts every address of the sample's network into the network of the VIP that was given. */
function moveNetwork(sample: SampleSite, values: SampleSite): SampleSite {
  const prefixOf = (site: SampleSite): string =>
    String(valueAt(site, ['network', 'controlPlaneVIP']))
      .split('.')
      .slice(0, 3)
      .join('.');
  const from = prefixOf(sample);
  const to = prefixOf(values);
  if (from === to) return values;
  const moved = JSON.stringify(values).replaceAll(`"${from}.`, `"${to}.`);
  const movedValues = JSON.parse(moved) as SampleSite;
  const vip = String(valueAt(values, ['network', 'controlPlaneVIP']));
  return withValue(giveWay(movedValues, vip), ['network', 'controlPlaneVIP'], vip);
}

/** The sample's nodes leave the address that the VIP now has. */
function giveWay(values: SampleSite, vip: string): SampleSite {
  const free = `${vip.split('.').slice(0, 3).join('.')}.250`;
  const text = JSON.stringify(values).replaceAll(`"${vip}"`, `"${free}"`);
  return JSON.parse(text) as SampleSite;
}

/** The secret files that the site refers to: placeholders, but a real random key where the field is an encryption key. */
export function secretFiles(provider: string): NewFile[] {
  const found: NewFile[] = [];
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string' && value.startsWith('file:'))
      found.push({
        path: join(value.slice('file:'.length)),
        content: `${key === 'encryptionKey' ? randomBytes(32).toString('base64') : secretPlaceholder}\n`,
      });
    else if (typeof value === 'object' && value !== null)
      for (const [name, child] of Object.entries(value)) walk(child, name);
  };
  walk(partsOf(provider).sample, '');
  return found;
}
