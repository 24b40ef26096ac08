// The files of the repository that are generated from code, so that they cannot disagree with it: the JSON Schema, the field
// reference, the lists of errors, rules and commands, and the example sites. scripts/generate-reference.mjs writes them; a test compares them.
import { siteParts, siteSchema } from '../../providers/site-parts.ts';
import { siteSamples } from '../../providers/site-samples.ts';
import { siteSchemaOf, writeSite } from '../../site/index.ts';
import { commandsPage } from './commands-page.ts';
import { errorsPage } from './errors-page.ts';
import { examplePairs } from './example-pairs.ts';
import { rulesPage } from './rules-page.ts';
import { siteJsonSchema } from './json-schema.ts';
import { sitePage } from './site-page.ts';

/** Path from the root of the repository to content. */
export function referenceFiles(): ReadonlyMap<string, string> {
  const sites = new Map(siteParts.map((part) => [`examples/${part.id}/site.yaml`, exampleSite(part.id)]));
  return new Map([
    ['schemas/site.schema.json', siteJsonSchema(siteSchema)],
    ['docs/reference/site.md', sitePage(siteParts)],
    ['docs/errors.md', errorsPage()],
    ['docs/rules.md', rulesPage()],
    ['docs/commands.md', commandsPage()],
    ...sites,
    ...examplePairs(sites),
  ]);
}

function exampleSite(id: (typeof siteParts)[number]['id']): string {
  const parts = siteParts.find((part) => part.id === id) ?? siteParts[0];
  return writeSite({
    schema: siteSchemaOf(parts),
    sample: siteSamples[id],
    detail: 'brief',
    header: [
      'yaml-language-server: $schema=../../schemas/site.schema.json',
      '',
      'An example; the secrets beside it are no secrets. Every field: docs/reference/site.md.',
      'What stands behind a value is its variable in the installation guide.',
    ],
  });
}
